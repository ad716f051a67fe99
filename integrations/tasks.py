"""Jobs of integrations: dialing, processing, lists, retention."""

from contextlib import suppress
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.exceptions import AlreadyEnqueued

from integrations import providers
from integrations.jobs import AGAIN
from integrations.outbound import call_lists, dialing, key_tests
from integrations.sip_dialer import order_intake, presence
from integrations.webhooks import erasure, processing, rebuilding, retention
from sips.models import Voip

GRACE = timedelta(seconds=30)
"""A younger delivery may still be being processed."""


@app.periodic(cron="* * * * *")
@app.task(name="integrations.process_waiting_deliveries", queueing_lock="integrations.process_waiting_deliveries")
def process_waiting_deliveries(timestamp: int) -> int:
    """Process deliveries left by a crash, and large replays."""
    return processing.process_waiting(older_than=timezone.now() - GRACE)


@app.task(name="integrations.rebuild_configuration", retry=AGAIN)
def rebuild_configuration(voip_id: int) -> int:
    return rebuilding.carry_out(voip_id)


@app.task(name="integrations.dial_call", retry=AGAIN)
def dial_call(call_id: int) -> None:
    """Place a requested call through its provider's API, now or when the provider's rate limit allows it."""
    if not dialing.dial(call_id):
        dial_call.configure(schedule_in={"seconds": 3}).defer(call_id=call_id)


@app.task(name="integrations.dial_by_sip", retry=AGAIN)
def dial_by_sip(call_id: int) -> None:
    """Place a requested call by SIP. Only dialers take jobs of the queue "sip"."""
    order_intake.dial(call_id)


@app.task(name="integrations.test_line", retry=AGAIN)
def test_line(test_id: int, number: int) -> None:
    """Test a line's login at its registrar. Also in the queue "sip"."""
    from integrations.sip_dialer import line_tests  # and with it what asks name servers, which only a dialer does

    line_tests.test_line(test_id, number)


@app.task(name="integrations.test_key", retry=AGAIN)
def test_key(test_id: int, number: int) -> None:
    key_tests.test_key(test_id, number)


@app.periodic(cron="* * * * *")
@app.task(name="integrations.settle_dead_dialers", queueing_lock="integrations.settle_dead_dialers")
def settle_dead_dialers(timestamp: int) -> int:
    """Dialers do this for each other within seconds; this job does it when none is alive."""
    return presence.settle_dead(presence.DEAD_FOR_OTHERS)


@app.periodic(cron="*/5 * * * *")
@app.task(name="integrations.read_lists", queueing_lock="integrations.read_lists")
def read_lists(timestamp: int) -> None:
    """Defer one job per configuration whose provider has a list of calls, so that a slow provider does not delay the others."""
    listed = [slug for slug in providers.slugs() if providers.find(slug).can_list]
    for voip_id in Voip.objects.filter(provider__in=listed, active=True).values_list("pk", flat=True):
        with suppress(AlreadyEnqueued), transaction.atomic():
            lock = f"integrations.read_list:{voip_id}"
            read_list.configure(lock=lock, queueing_lock=lock).defer(voip_id=voip_id)


@app.task(name="integrations.read_list")
def read_list(voip_id: int) -> int:
    voip = Voip.objects.without_secrets().filter(pk=voip_id, active=True).first()  # staff are told of a lost key
    return call_lists.reconcile(voip) if voip is not None else 0


@app.periodic(cron="53 3 * * *")
@app.task(name="integrations.forget_deliveries", queueing_lock="integrations.forget_deliveries")
def forget_deliveries(timestamp: int) -> dict[str, int]:
    """Delete old deliveries, and erase those of erased calls."""
    return {"old": retention.delete_old_deliveries(), "of_erased_calls": erasure.erase_of_erased_calls()}
