"""Receiver of `call_changed`."""

from django.dispatch import receiver
from procrastinate.contrib.django import app as jobs

from calls.signals import call_changed
from calls.sql import Statement, fetch_one
from calls.statuses import RESULTS

_ENDED_ATTEMPT = Statement("""
SELECT attempt.id FROM autocalls_attempt attempt JOIN calls_call call ON call.id = attempt.call_id
WHERE attempt.call_id = %(call)s AND call.status = ANY(%(results)s::text[])""")
_RESULTS = [str(status.value) for status in RESULTS]


@receiver(call_changed)
def settle_attempt(call_id: int, requested: bool, **_kwargs: object) -> None:
    """Enqueue the settling of the call's attempt, in the same transaction."""
    if not requested:  # nearly all calls; the provider's webhook waits for this
        return
    ended = fetch_one(_ENDED_ATTEMPT, {"call": call_id, "results": _RESULTS})
    if ended is not None:
        jobs.configure_task("autocalls.settle").defer(attempt_id=ended[0])
