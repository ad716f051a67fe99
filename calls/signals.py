"""The one signal of the project."""

from django.dispatch import Signal

call_changed = Signal()
"""Sent with `call_id`, and whether it was `requested` here, after a Call is written, in the same transaction. Receivers only defer jobs.

For a webhook stored by one statement (`calls.reporting_at_once`) it is sent only at the end of a requested call, and later, by a job stored with
it."""
