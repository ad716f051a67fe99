"""The one signal of the project."""

from django.dispatch import Signal

call_changed = Signal()
"""Sent with `call_id`, and whether it was `requested` here, after a Call is written, in the same transaction. Receivers only defer jobs."""
