"""The one signal of the project."""

from django.dispatch import Signal

call_changed = Signal()
"""Sent with `call_id`, and whether it was `requested` here, after a Call is written, in the same transaction. Receivers only defer jobs.

For a webhook that one statement stores (`calls.reporting_at_once`) it is sent at the end of a requested call alone, and later, by a job that is
stored with it."""
