"""Periodic jobs of calls, and the job after a requested call."""

from django.db import transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from calls import erasure, expiry, follow_up_erasure, retention
from calls.models import Call
from calls.reporting_at_once import TELL_OF_END
from calls.signals import call_changed


@app.periodic(cron="* * * * *")
@app.task(name="calls.expire_stale_calls", queueing_lock="calls.expire_stale_calls", pass_context=False)
def expire_stale_calls(timestamp: int) -> int:
    return expiry.expire_stale_calls()


@app.task(name=TELL_OF_END, retry=RetryStrategy(max_attempts=60, wait=1))
def tell_of_end(call_id: int) -> None:
    """Enqueued by the statement that merges the end of a requested call (`calls.reporting_at_once`)."""
    with transaction.atomic():
        call_changed.send(Call, call_id=call_id, requested=True)


@app.periodic(cron="29 3 * * *")
@app.task(name="calls.erase_old_calls", queueing_lock="calls.erase_old_calls", pass_context=False)
def erase_old_calls(timestamp: int) -> dict[str, int]:
    """People whose calls were long ago, and numbers that could not be erased when they should have been."""
    return {
        "old": retention.erase_old_calls(),
        "awaited": erasure.erase_awaited_numbers(),
        "reports": retention.forget_old_reports(),
        "notes": retention.delete_old_notes(),
        "follow_ups": follow_up_erasure.erase_old_follow_ups(),
    }
