"""The border's jobs, and what happens there by the clock."""

from contextlib import suppress
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from calls.jobs import AGAIN
from integrations import dialing, erasure, listing, processing, providers, retention
from integrations.sip_dialer import desk, presence
from sips.models import Voip

GRACE = timedelta(seconds=30)
"""A delivery this young may still be in the hands of the process that received it."""


@app.periodic(cron="* * * * *")
@app.task(name="integrations.process_waiting_deliveries", queueing_lock="integrations.process_waiting_deliveries")
def process_waiting_deliveries(timestamp: int) -> int:
    """Heals what a crash left between store and process, and carries out large replays."""
    return processing.process_waiting(older_than=timezone.now() - GRACE)


@app.task(name="integrations.dial_call", retry=AGAIN)
def dial_call(call_id: int) -> None:
    """Place a requested call through its operator's API, now or when the operator's rate limit allows it."""
    if not dialing.dial(call_id):
        dial_call.configure(schedule_in={"seconds": 3}).defer(call_id=call_id)


@app.task(name="integrations.dial_by_sip", retry=AGAIN)
def dial_by_sip(call_id: int) -> None:
    """Place a requested call by SIP. The queue "sip" is worked on by dialers alone."""
    desk.of_this_process().dial(call_id)


@app.periodic(cron="* * * * *")
@app.task(name="integrations.settle_dead_dialers", queueing_lock="integrations.settle_dead_dialers")
def settle_dead_dialers(timestamp: int) -> int:
    """What the living dialers do within seconds, for when there are none."""
    return presence.settle_dead(presence.DEAD_FOR_OTHERS)


@app.periodic(cron="*/5 * * * *")
@app.task(name="integrations.read_lists", queueing_lock="integrations.read_lists")
def read_lists(timestamp: int) -> None:
    """Have every operator's list of calls read that has one: one job each, so that a slow one holds up no other."""
    listed = [slug for slug in providers.slugs() if providers.find(slug).can_list]
    for voip_id in Voip.objects.filter(provider__in=listed, active=True).values_list("pk", flat=True):
        with suppress(AlreadyEnqueued), transaction.atomic():
            lock = f"integrations.read_list:{voip_id}"
            read_list.configure(lock=lock, queueing_lock=lock).defer(voip_id=voip_id)


@app.task(name="integrations.read_list")
def read_list(voip_id: int) -> int:
    voip = Voip.objects.filter(pk=voip_id, active=True).first()
    return listing.reconcile(voip) if voip is not None else 0


@app.periodic(cron="53 3 * * *")
@app.task(name="integrations.forget_deliveries", queueing_lock="integrations.forget_deliveries")
def forget_deliveries(timestamp: int) -> dict[str, int]:
    """Old ones, and what is left of calls from which a person was erased."""
    return {"old": retention.delete_old_deliveries(), "of_erased_calls": erasure.erase_of_erased_calls()}
