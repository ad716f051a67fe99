"""Deliveries that a crash left unread, and those read again: each is read once, whoever else is at it."""

from datetime import timedelta
from typing import Any

import make
import pytest
from django.db import transaction
from django.utils import timezone
from meeting import COMMIT, meet

from calls.models import Call
from integrations import tasks
from integrations.models import WebhookDelivery
from integrations.webhooks import erasure
from integrations.webhooks.processing import process_waiting, replay
from sips.models import Voip
from sips.number_search import SoughtNumber

pytestmark = pytest.mark.django_db(transaction=True)
ENDED = "call_id={id}&caller=501502503&called=221234567&extension=101&status=ANSWERED&billsec=42"
READS = '^SELECT .*"integrations_webhookdelivery"."id" = '
LOCKS = "FOR UPDATE"
SETTLES = '^UPDATE "integrations_webhookdelivery" SET "processed_at"'


@pytest.fixture
def voip() -> Voip:
    return make.voip(number="+48221234567")


def left(voip: Voip, number: int, *, seconds_ago: float = 60, **fields: Any) -> WebhookDelivery:
    """Stored, and then left by whoever received it."""
    return WebhookDelivery.objects.create(
        voip=voip,
        fingerprint=str(number),
        event="call_end",
        method="POST",
        headers={"content-type": "application/x-www-form-urlencoded"},
        received_at=timezone.now() - timedelta(seconds=seconds_ago),
        **{"provider_call_id": str(number), "body": ENDED.format(id=number).encode()} | fields,
    )


def sweep() -> int:
    return process_waiting(older_than=timezone.now() - timedelta(seconds=30))


def erase() -> int:
    return sum(
        erasure.erase_number(SoughtNumber("+48501502503"), Call.everything.none(), progress=lambda *_: None).values()
    )


def read_ids() -> set[str]:
    return set(WebhookDelivery.objects.exclude(processed_at=None).values_list("fingerprint", flat=True))


def test_a_young_delivery_is_left_to_the_process_that_received_it(voip: Voip) -> None:
    left(voip, 1, seconds_ago=40)
    left(voip, 2, seconds_ago=15)

    assert tasks.process_waiting_deliveries(timestamp=0) == 1
    assert read_ids() == {"1"}
    assert Call.objects.get().duration == 42


def test_processed_and_unreadable_deliveries_are_not_swept(voip: Voip) -> None:
    left(voip, 1, processed_at=timezone.now())
    left(voip, 2, error="No call id.")
    left(voip, 3, erased_at=timezone.now(), processed_at=timezone.now(), body=b"")

    assert sweep() == 0
    assert not Call.objects.exists()


def test_no_more_are_swept_at_once_than_is_said_and_the_oldest_first(voip: Voip) -> None:
    for number, age in enumerate((60, 180, 120)):
        left(voip, number, seconds_ago=age)

    assert process_waiting(older_than=timezone.now(), most=2) == 2
    assert read_ids() == {"1", "2"}


def test_two_sweepers_do_not_wait_for_each_other_and_read_each_delivery_once(voip: Voip) -> None:
    left(voip, 1, seconds_ago=120)
    left(voip, 2)

    met = meet(sweep, sweep, at=SETTLES)

    assert (met.waited, met.first + met.second, met.second) == (False, 2, 1)
    assert read_ids() == {"1", "2"}


def test_a_delivery_erased_meanwhile_is_not_read(voip: Voip) -> None:
    left(voip, 1, provider_call_id="")

    met = meet(sweep, erase, at=LOCKS)

    assert (met.first, met.second) == (0, 1)
    assert not Call.objects.exists()


def test_a_delivery_being_erased_is_skipped(voip: Voip) -> None:
    left(voip, 1, provider_call_id="")

    met = meet(transaction.atomic(erase), sweep, at=COMMIT)

    assert (met.first, met.second, met.waited) == (1, 0, False)
    assert not Call.objects.exists()


def test_a_delivery_being_read_is_erased_afterwards(voip: Voip) -> None:
    left(voip, 1, provider_call_id="")

    met = meet(sweep, erase, at=SETTLES)

    row = WebhookDelivery.objects.get()
    assert (met.first, met.second, met.waited) == (1, 1, True)
    assert (bytes(row.body), row.erased_at is None) == (b"", False)


def test_a_replay_waits_for_another_reader_of_the_delivery(voip: Voip) -> None:
    left(voip, 1)

    met = meet(sweep, lambda: list(replay(WebhookDelivery.objects.all())), at=SETTLES)

    assert (met.first, len(met.second), met.waited) == (1, 1, True)
    assert Call.objects.get().duration == 42


def test_what_is_being_replayed_is_erased_when_it_has_been_read(voip: Voip) -> None:
    left(voip, 1, processed_at=timezone.now(), provider_call_id="")

    met = meet(lambda: list(replay(WebhookDelivery.objects.all())), erase, at=SETTLES)

    assert (len(met.first), met.second, met.waited) == (1, 1, True)
    assert bytes(WebhookDelivery.objects.get().body) == b""


def test_a_delivery_erased_before_its_replay_is_skipped(voip: Voip) -> None:
    left(voip, 1, processed_at=timezone.now(), provider_call_id="")

    met = meet(lambda: list(replay(WebhookDelivery.objects.all())), erase, at=LOCKS)

    assert (met.first, met.second) == ([], 1)
    assert WebhookDelivery.objects.get().error == ""
    assert not Call.objects.exists()
