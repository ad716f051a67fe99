"""Whose call it is: the line, the other party, and the CRM client last known under their number."""

from datetime import UTC, datetime, timedelta
from typing import Any

import make
import pytest

from calls.events import CallEvent
from calls.models import Call
from calls.services import apply_event, edit_call
from calls.statuses import Kind, Status
from sips.models import Voip

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
OURS, ANNA = "+48221234567", "+48501502503"


@pytest.fixture
def office() -> Voip:
    return make.voip(number=OURS)


def told(office: Voip, provider_call_id: str = "call-1", **said: Any) -> Call:
    event = CallEvent(**{"provider_call_id": provider_call_id, "status": Status.RINGING} | said)
    apply_event(event, voip=office, received_at=NOON)
    call: Call = Call.objects.get(voip=office, provider_call_id=provider_call_id)
    return call


def from_anna(office: Voip, **said: Any) -> Call:
    return told(office, **{"kind": Kind.INCOMING, "number_from": ANNA, "number_to": OURS} | said)


def known(client_id: int, *, at: datetime, **fields: Any) -> Call:
    return make.call(customer_number=ANNA, client_id=client_id, start_time=at, **fields)


@pytest.mark.parametrize("line", ["101", "desk-1", "+48221234568"], ids=["extension", "login", "number"])
def test_a_line_is_found_by_each_of_its_names(office: Voip, line: str) -> None:
    anna = make.sip(voip=office, sip="101", username="desk-1", number="+48221234568")
    make.sip(voip=office, sip="102", username="desk-2", number="+48221234569")

    assert told(office, line=line).sip == anna


def test_a_line_of_another_configuration_is_not_taken(office: Voip) -> None:
    make.sip(voip=make.voip(), sip="101", username="desk-1")

    assert told(office, line="desk-1").sip is None


def test_our_own_number_calling_us_is_no_customer(office: Voip) -> None:
    make.voip(number="+48327654300")
    make.call(customer_number="+48327654300", client_id=7)

    call = told(office, kind=Kind.INCOMING, number_from="+48327654300", number_to=OURS)

    assert (call.number_from, call.customer_number, call.client_id) == ("+48327654300", "", None)


@pytest.mark.parametrize("newest_first", [True, False])
def test_the_client_of_the_newest_call_is_taken_whichever_was_stored_first(office: Voip, *, newest_first: bool) -> None:
    ages = {7: timedelta(days=2), 8: timedelta(days=1)}
    for client_id in sorted(ages, reverse=newest_first):
        known(client_id, at=NOON - ages[client_id])

    assert from_anna(office).client_id == 8


def test_of_two_calls_of_one_moment_the_one_stored_last_is_the_newest(office: Voip) -> None:
    known(7, at=NOON)
    known(8, at=NOON)

    assert from_anna(office).client_id == 8


def test_a_deleted_call_identifies_nobody(office: Voip) -> None:
    known(7, at=NOON - timedelta(days=1))
    known(8, at=NOON, deleted_at=NOON)

    assert from_anna(office).client_id == 7


def test_a_known_client_is_not_looked_up_again(office: Voip) -> None:
    known(7, at=NOON - timedelta(days=1))
    call = from_anna(office, kind=None)
    known(8, at=NOON)

    from_anna(office, status=Status.BUSY)

    call.refresh_from_db()
    assert (call.status, call.client_id) == (Status.BUSY, 7)


@pytest.mark.parametrize("client_id", [9, None])
def test_a_client_set_by_people_survives_later_numbers(office: Voip, client_id: int | None) -> None:
    known(7, at=NOON - timedelta(days=1))
    call = edit_call(told(office, kind=None, number_from="+48600700800", number_to=OURS), {"client_id": 5})
    edit_call(call, {"client_id": client_id})

    from_anna(office)

    call.refresh_from_db()
    assert (call.customer_number, call.client_id) == (ANNA, client_id)
