"""Webhooks: receive, store, read, replay, erase, delete."""
