"""Requests to providers: the HTTP client, dialing, lists of calls."""
