"""Asking providers: the one HTTP client, dialing, lists of calls."""
