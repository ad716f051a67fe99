"""Listens to what happens to calls."""

from typing import Any

from django.dispatch import receiver
from procrastinate.contrib.django import app as jobs

from calls.signals import call_changed
from calls.sql import fetch_one
from calls.statuses import RESULTS

# Every event of every call passes here while its operator waits: one look-up, prepared, for the few that end a call-back's attempt.
_ENDED_ATTEMPT = """
SELECT attempt.id FROM autocalls_attempt attempt JOIN calls_call call ON call.id = attempt.call_id
WHERE attempt.call_id = %(call)s AND call.status = ANY(%(results)s::text[])"""
_RESULTS = [str(status.value) for status in RESULTS]


@receiver(call_changed)
def settle_attempt(call_id: int, **_kwargs: Any) -> None:
    """Have the attempt settled whose call has ended, in the same transaction."""
    ended = fetch_one(_ENDED_ATTEMPT, {"call": call_id, "results": _RESULTS})
    if ended is not None:
        jobs.configure_task("autocalls.settle").defer(attempt_id=ended[0])
