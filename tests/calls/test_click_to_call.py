"""Calling back and hanging up from a call's page."""

from typing import Any

import make
import pytest
from page_forms import open_form
from staff import staff, superuser, told

from calls.models import Call, Via
from calls.statuses import Status

pytestmark = pytest.mark.django_db


def missed() -> Call:
    return make.call(
        kind="incoming",
        status="NO ANSWER",
        number_from="+48501502503",
        number_to="+48221234567",
        client_id=7,
        contact_id=8,
    )


def submit(call: Call, action: str, *, by: Any = None, **fields: Any) -> str:
    client = by or superuser()
    client.post(f"/admin/calls/call/{call.pk}/{action}/", {"_form_submitted": "on"} | fields)
    return told(client.get("/admin/").content.decode())


def test_a_missed_call_is_called_back_from_a_chosen_line() -> None:
    line, call = make.sip(), missed()

    submit(call, "place_call", line=line.pk, via="sip")

    placed = Call.objects.get(via=Via.SIP)
    assert (placed.number_to, placed.sip_id, placed.status) == ("+48501502503", line.pk, "QUEUED")
    assert (placed.client_id, placed.contact_id) == (7, 8)
    assert placed.placed_by is not None


def test_what_cannot_be_dialed_says_why() -> None:
    line, call = make.sip(password=""), missed()

    answer = superuser().post(
        f"/admin/calls/call/{call.pk}/place_call/", {"_form_submitted": "on", "line": line.pk, "via": "sip"}
    )

    assert "lacks password" in told(answer.content.decode())
    assert Call.objects.count() == 1


def test_a_number_whose_country_cannot_be_told_is_not_dialed_at_a_guess() -> None:
    line = make.sip()
    call = make.call(kind="incoming", status="NO ANSWER", number_from="298201234", voip=line.voip)

    said = submit(call, "place_call", line=line.pk, via="sip")

    assert "“298201234” can be +48 29 820 12 34 or +298 20 12 34" in said
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


def test_hanging_up_a_call_that_is_not_controllable_says_so() -> None:
    assert "not going on" in submit(missed(), "hang_up")


@pytest.mark.parametrize("action", ["place_call", "hang_up"])
def test_the_right_to_view_does_not_allow_to_call(action: str) -> None:
    call = make.call(via=Via.SIP, status=Status.QUEUED, precedence=10, reference="r", voip=make.voip())

    submit(call, action, by=staff("calls.view_call"), line=make.sip().pk, via="sip")

    assert list(Call.objects.values_list("status", flat=True)) == ["QUEUED"]


def dialog(call: Call) -> dict[str, Any]:
    return open_form(superuser(), f"/admin/calls/call/{call.pk}/place_call/")


def test_the_dialog_begins_with_a_line_and_a_way_that_can_dial() -> None:
    make.sip(sip="100", password="", voip=make.voip(provider=""))
    able = make.sip(sip="101", password="", voip=make.voip(provider="simulator"))

    form = dialog(missed())

    assert (form["line"], form["via"]) == ([str(able.pk)], ["provider"])


def test_the_dialog_begins_with_the_line_of_the_call_where_that_can_dial() -> None:
    make.sip(sip="100")
    own = make.sip(sip="101")

    form = dialog(make.call(kind="incoming", status="NO ANSWER", number_from="+48501502503", sip=own))

    assert (form["line"], form["via"]) == ([str(own.pk)], ["sip"])


def test_a_way_that_cannot_dial_is_refused_in_the_dialog() -> None:
    line, call = make.sip(voip=make.voip(provider="")), missed()

    answer = superuser().post(
        f"/admin/calls/call/{call.pk}/place_call/", {"_form_submitted": "on", "line": line.pk, "via": "provider"}
    )

    assert (answer.status_code, Call.objects.count()) == (200, 1)
    assert "has no provider" in told(answer.content.decode())


@pytest.mark.parametrize(
    ("fields", "offered"),
    [
        ({"status": "ANSWERED", "kind": "incoming", "number_from": "+48501502503"}, {"place_call"}),
        ({"status": "QUEUED", "reference": "r", "via": "sip", "number_to": "+48501502503"}, {"place_call", "hang_up"}),
        ({"status": "RINGING", "via": "provider", "number_to": "+48501502503"}, {"place_call"}),
        ({"status": "RINGING", "via": "sip", "held_by": "d", "number_to": "+48501502503"}, {"place_call", "hang_up"}),
        ({"status": "NO ANSWER", "kind": "incoming", "number_from": "anonymous"}, set()),
        ({"status": "NO ANSWER", "kind": "incoming"}, set()),
    ],
)
def test_what_cannot_be_done_is_not_offered(fields: dict[str, Any], offered: set[str]) -> None:
    call = make.call(**{"kind": "outgoing"} | fields)
    path = f"/admin/calls/call/{call.pk}/"

    html = superuser().get(f"{path}change/").content.decode()

    assert {name for name in ("place_call", "hang_up") if f'hx-get="{path}{name}/"' in html} == offered
