"""Digits that are a national number as well as one of another country stay as given, and find the client where only one can be meant."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import make
import pytest
from django.utils import timezone

from calls.erasure import erase_number
from calls.events import CallEvent
from calls.models import Call
from calls.services import apply_event, record_call
from calls.statuses import Kind, Status
from integrations.providers.foundation.events import Delivery
from integrations.webhooks.services import receive
from sips.models import Voip
from sips.number_search import SoughtNumber

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OURS = "+48221234567"
GIVEN, TORSHAVN, OSTROLEKA = "298201234", "+298201234", "+48298201234"


@pytest.fixture
def voip() -> Voip:
    return make.voip(number=OURS)


def known(number: str, client_id: int | None, *, at: datetime = NOON - timedelta(days=1), is_set: bool = True) -> None:
    make.call(
        kind=Kind.INCOMING,
        number_from=number,
        customer_number=number,
        client_id=client_id,
        identity_set=is_set,
        start_time=at,
    )


def ring(voip: Voip, caller: str = GIVEN, **more: Any) -> Call:
    told = {"number_to": OURS, "kind": Kind.INCOMING} | more
    event = CallEvent(provider_call_id="op-1", status=Status.RINGING, number_from=caller, numbers_are_read=True, **told)
    apply_event(event, voip=voip, received_at=NOON)
    call: Call = Call.objects.get(voip=voip, provider_call_id="op-1")
    return call


@pytest.mark.parametrize("number", [TORSHAVN, OSTROLEKA, GIVEN])
def test_an_ambiguous_number_finds_the_client_of_either_reading(voip: Voip, number: str) -> None:
    known(number, 7)

    call = ring(voip)

    assert (call.number_from, call.customer_number, call.client_id) == (GIVEN, GIVEN, 7)


@pytest.mark.parametrize("other", [8, None])
@pytest.mark.parametrize("numbers", [(TORSHAVN, OSTROLEKA), (OSTROLEKA, TORSHAVN), (GIVEN, TORSHAVN)])
def test_with_two_known_clients_none_is_guessed(voip: Voip, numbers: tuple[str, str], other: int | None) -> None:
    known(numbers[0], 7)
    known(numbers[1], other, at=NOON - timedelta(hours=1))

    call = ring(voip)

    assert (call.customer_number, call.client_id) == (GIVEN, None)


def test_a_client_all_readings_agree_on_is_used(voip: Voip) -> None:
    for number in (TORSHAVN, OSTROLEKA, GIVEN):
        known(number, 7)

    assert ring(voip).client_id == 7


def test_the_latest_client_of_a_reading_counts_and_earlier_conclusions_do_not(voip: Voip) -> None:
    known(OSTROLEKA, 7, at=NOON - timedelta(days=3))
    known(GIVEN, 7, at=NOON - timedelta(days=2), is_set=False)
    known(OSTROLEKA, 8)

    assert ring(voip).client_id == 8


@pytest.mark.parametrize("caller", [TORSHAVN, OSTROLEKA])
def test_a_full_number_is_not_ambiguous(voip: Voip, caller: str) -> None:
    known(GIVEN, 7)

    assert ring(voip, caller).client_id is None


@pytest.mark.parametrize("own", [TORSHAVN, OSTROLEKA])
def test_an_ambiguous_number_is_our_own_in_either_reading(voip: Voip, own: str) -> None:
    make.sip(voip=voip, sip="100", number=own)
    known(own, 7)

    call = ring(voip, "+48501502503", number_to=GIVEN, kind=None)

    assert (call.kind, call.customer_number, call.client_id) == ("incoming", "+48501502503", None)
    assert ring(make.voip(), GIVEN, number_to="").customer_number == ""


@pytest.mark.parametrize("caller", ["100", "anonymous", "Anna", "1234567890123456"])
def test_a_text_without_readings_identifies_nobody(voip: Voip, caller: str) -> None:
    assert ring(voip, caller).customer_number == ""


def test_a_number_in_full_that_another_report_tells_is_the_customer(voip: Voip) -> None:
    known(TORSHAVN, 7)

    ring(voip, number_to="")
    call = ring(voip, OSTROLEKA)

    assert (call.number_from, call.customer_number, call.client_id) == (OSTROLEKA, OSTROLEKA, None)


def test_a_call_entered_by_hand_follows_the_same_rule(voip: Voip) -> None:
    known(TORSHAVN, 7)

    call = record_call({"voip": voip, "kind": Kind.INCOMING, "number_from": GIVEN, "number_to": OURS})

    assert (call.customer_number, call.client_id) == (GIVEN, 7)


@pytest.mark.parametrize("caller", [GIVEN, "298 20-12-34"])
def test_a_webhook_of_it_finds_the_client(caller: str) -> None:
    voip = make.voip(number=OURS, settings={"numbers": "international"})
    known(TORSHAVN, 7)
    body = json.dumps({"event": "call_start", "call_id": "7", "from": caller, "direction": "in"}).encode()
    delivery = Delivery(method="POST", body=body, received_at=timezone.now())

    receive(delivery, provider="telecube", secret=voip.webhook_secret, address="127.0.0.1")

    call = Call.objects.get(provider_call_id="7")
    assert (call.number_from, call.customer_number, call.client_id) == (GIVEN, GIVEN, 7)


@pytest.mark.parametrize("sought", [TORSHAVN, OSTROLEKA])
def test_erasing_either_reading_erases_it(voip: Voip, sought: str) -> None:
    known(TORSHAVN, 7)
    ring(voip)

    erase_number(SoughtNumber(sought))

    call = Call.objects.get(provider_call_id="op-1")
    assert (call.number_from, call.customer_number, call.client_id) == ("", "", None)
