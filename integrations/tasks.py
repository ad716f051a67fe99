"""What happens by the clock at the border."""

from datetime import timedelta

from django.utils import timezone
from procrastinate.contrib.django import app

from calls.services import fail_call
from integrations import services

GRACE = timedelta(seconds=30)
"""A delivery this young may still be in the hands of the process that received it."""


@app.periodic(cron="* * * * *")
@app.task(name="integrations.process_waiting_deliveries", queueing_lock="integrations.process_waiting_deliveries")
def process_waiting_deliveries(timestamp: int) -> int:
    """Heals what a crash left between store and process, and carries out large replays."""
    return services.process_waiting(older_than=timezone.now() - GRACE)


@app.task(name="integrations.dial_call")
def dial_call(call_id: int) -> bool:
    """Settle a requested call. This release has no dialer yet, and a call that nobody will place must say so at once."""
    return fail_call(call_id, reason="refused", words="This release cannot place calls yet.")
