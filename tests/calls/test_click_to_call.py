"""Calling back and hanging up from a call's page."""

from typing import Any

import make
import pytest
from staff import staff, superuser, told

from calls.models import Call, Via
from calls.statuses import Status

pytestmark = pytest.mark.django_db


def missed() -> Call:
    return make.call(
        kind="incoming", status="NO ANSWER", number_from="+48501502503", number_to="+48221234567", client_id=7
    )


def submit(call: Call, action: str, *, by: Any = None, **fields: Any) -> str:
    client = by or superuser()
    client.post(f"/admin/calls/call/{call.pk}/{action}/", {"_form_submitted": "on"} | fields)
    return told(client.get("/admin/").content.decode())


def test_a_missed_call_is_called_back_from_a_chosen_line() -> None:
    line, call = make.sip(), missed()

    submit(call, "place_call", line=line.pk, via="sip")

    placed = Call.objects.get(via=Via.SIP)
    assert (placed.number_to, placed.sip_id, placed.client_id, placed.status) == ("+48501502503", line.pk, 7, "QUEUED")


def test_what_cannot_be_dialed_says_why() -> None:
    line = make.sip(password="")

    assert "password" in submit(missed(), "place_call", line=line.pk, via="sip")
    assert Call.objects.count() == 1


def test_the_dialog_offers_active_lines_of_active_configurations() -> None:
    make.sip(name="Anna")
    make.sip(name="Gone", sip="101", active=False)
    make.sip(name="Closed", sip="102", voip=make.voip(active=False))

    html = superuser().get(f"/admin/calls/call/{missed().pk}/place_call/").content.decode()

    assert ("100 Anna" in html, "Gone" in html, "Closed" in html) == (True, False, False)
    assert not Call.objects.exclude(via=Via.NOBODY).exists()


def test_a_waiting_call_is_canceled_by_hanging_up() -> None:
    call = make.call(via=Via.SIP, status=Status.QUEUED, precedence=10, reference="r", voip=make.voip())

    submit(call, "hang_up")

    call.refresh_from_db()
    assert call.status == Status.CANCELED


def test_hanging_up_what_nobody_holds_says_so() -> None:
    assert "not going on" in submit(missed(), "hang_up")


@pytest.mark.parametrize("action", ["place_call", "hang_up"])
def test_who_may_only_look_cannot_call(action: str) -> None:
    call = make.call(via=Via.SIP, status=Status.QUEUED, precedence=10, reference="r", voip=make.voip())

    submit(call, action, by=staff("calls.view_call"), line=make.sip().pk, via="sip")

    assert list(Call.objects.values_list("status", flat=True)) == ["QUEUED"]
