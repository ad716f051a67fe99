"""Calls in the back-office."""

from datetime import UTC, datetime
from typing import Any

import make
import pytest
from django.utils import timezone
from staff import cells, staff, superuser, told

from calls.events import CallEvent
from calls.models import Call, Via
from calls.reasons import Reason
from calls.reports import report
from calls.statuses import Status

pytestmark = pytest.mark.django_db
BY_HAND = {"start_time_0": "2026-03-10", "start_time_1": "12:00:00", "number_from": "501 502 503", "number_to": "100"}


def reported(**fields: Any) -> Call:
    facts = {"via": Via.PROVIDER, "provider_call_id": "p-1", "number_from": "+48501502503", "status": "BUSY"}
    return make.call(**{"voip": make.voip(), "kind": "incoming"} | facts | fields)


def page(call: Call) -> str:
    return f"/admin/calls/call/{call.pk}/change/"


def listed(**query: str) -> list[str]:
    return cells(superuser().get("/admin/calls/call/", query).content.decode(), "client")


def test_a_list_row_describes_the_call_in_plain_words() -> None:
    line = make.sip(name="Anna", sip="101", voip=make.voip(name="Warsaw"))
    make.call(
        voip=line.voip,
        sip=line,
        number_from="+48501502503",
        number_to="101",
        start_time=datetime(2026, 3, 10, 12, 5, tzinfo=UTC),
        duration=65,
        status="NO ANSWER",
        client_id=7,
    )

    html = superuser().get("/admin/calls/call/").content.decode()

    columns = ("start", "caller", "called", "result", "talk_time", "line", "configuration", "client")
    shown = ["10 Mar 2026, 13:05", "+48 501 502 503", "101", "no answer", "1:05", "101 Anna", "Warsaw", "7"]
    assert [cells(html, column)[0] for column in columns] == shown


@pytest.mark.parametrize(("seconds", "shown"), [(None, ""), (0, "0:00"), (9, "0:09"), (600, "10:00"), (3665, "61:05")])
def test_talk_time_is_minutes_and_seconds(seconds: int | None, shown: str) -> None:
    make.call(duration=seconds)

    assert cells(superuser().get("/admin/calls/call/").content.decode(), "talk_time") == [shown]


@pytest.mark.parametrize("status", ["QUEUED", "IN PROGRESS", "ANSWERED", "CANCELED", "FAILED"])
def test_every_status_is_shown_by_its_label(status: str) -> None:
    call = make.call(status=status)

    html = superuser(language="pl").get("/admin/calls/call/").content.decode()

    assert status not in cells(html, "result")[0]
    assert cells(html, "result")[0] != ""
    assert call.status == status


@pytest.mark.parametrize(
    "words", ["501 502 503", "+48501502503", "0048 501 502 503", "503", "urgent invoice", "invo", "+48 22 123 45 67"]
)
def test_a_call_is_found_by_any_writing_of_a_number_and_by_words(words: str) -> None:
    make.call(number_from="+48501502503", number_to="+48221234567", description="Invoice 17 is urgent", client_id=1)
    make.call(number_from="+48600100200", number_to="200", description="something else", client_id=2)

    assert listed(q=words) == ["1"]


@pytest.mark.parametrize("words", ["x" * 300, "& | !", "50", "nothing", "'; --"])
def test_words_that_match_nothing_find_nothing(words: str) -> None:
    make.call(number_from="+48501502503", description="Invoice")

    assert listed(q=words) == []


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"attention": "missed"}, ["1"]),
        ({"attention": "unfinished"}, ["2"]),
        ({"status__exact": "ANSWERED"}, ["3"]),
        ({"kind__exact": "outgoing"}, ["3"]),
    ],
)
def test_filters_narrow_the_list(query: dict[str, str], found: list[str]) -> None:
    make.call(client_id=1, kind="incoming", status="NO ANSWER")
    make.call(client_id=2, kind="incoming", status="RINGING", precedence=30)
    make.call(client_id=3, kind="outgoing", status="ANSWERED", precedence=84)

    assert listed(**query) == found


def test_a_configuration_and_a_line_choose_their_calls() -> None:
    line = make.sip()
    make.call(client_id=1, sip=line, voip=line.voip)
    make.call(client_id=2, voip=make.voip())

    assert listed(voip=str(line.voip_id)) == ["1"]


def test_the_facts_of_a_reported_call_are_not_in_its_form() -> None:
    answer = superuser().get(page(reported()))

    assert set(answer.context["adminform"].form.fields) == {"client_id", "contact_id", "description", "outcome"}
    assert "+48 501 502 503" in told(answer.content.decode())


def test_a_reported_call_keeps_its_facts_whatever_is_posted() -> None:
    call = reported()

    superuser().post(page(call), BY_HAND | {"status": "ANSWERED", "client_id": "7", "description": "called back"})

    call.refresh_from_db()
    assert (call.client_id, call.description) == (7, "called back")
    assert (call.status, call.number_from) == ("BUSY", "+48501502503")


def test_a_call_by_hand_is_stored_with_its_number_in_one_writing() -> None:
    superuser().post("/admin/calls/call/add/", BY_HAND | {"kind": "incoming"})

    call = Call.objects.get()
    assert (call.number_from, call.number_to, call.via) == ("+48501502503", "100", "")
    assert call.customer_number == "+48501502503"


def test_a_call_by_hand_brings_along_the_client_known_under_its_number() -> None:
    make.call(number_from="+48501502503", customer_number="+48501502503", client_id=7)

    superuser().post("/admin/calls/call/add/", BY_HAND | {"kind": "incoming"})

    assert Call.objects.latest("pk").client_id == 7


def test_a_call_by_hand_can_be_corrected() -> None:
    call = make.call(number_from="1")

    superuser().post(page(call), BY_HAND | {"status": "ANSWERED", "duration": "61"})

    call.refresh_from_db()
    assert (call.number_from, call.status, call.duration) == ("+48501502503", "ANSWERED", 61)


@pytest.mark.parametrize("day", ["0001-01-01", "1979-12-31", "2200-01-02", "9999-12-31"])
def test_a_start_outside_1980_to_2199_is_refused(day: str) -> None:
    answer = superuser().post("/admin/calls/call/add/", BY_HAND | {"start_time_0": day})

    assert "start_time" in answer.context["adminform"].form.errors
    assert not Call.objects.exists()


def test_deleting_a_reported_call_leaves_an_empty_row() -> None:
    call = reported(description="secret talk")

    superuser().post(f"/admin/calls/call/{call.pk}/delete/", {"post": "yes"})

    kept = Call.everything.get(pk=call.pk)
    assert not Call.objects.exists()
    assert (kept.provider_call_id, kept.number_from, kept.description) == ("p-1", "", "")


def test_deleting_several_calls_leaves_empty_rows() -> None:
    calls = [reported(), make.call()]
    chosen = {"action": "delete_selected", "_selected_action": [call.pk for call in calls], "post": "yes"}

    superuser().post("/admin/calls/call/", chosen)

    assert not Call.objects.exists()
    assert Call.everything.get().provider_call_id == "p-1"


def test_a_deleted_call_is_listed_no_more() -> None:
    call = reported()
    client = superuser()
    client.post(f"/admin/calls/call/{call.pk}/delete/", {"post": "yes"})

    assert cells(client.get("/admin/calls/call/").content.decode(), "start") == []
    assert client.get(page(call)).status_code == 302


def test_a_reported_call_leads_to_its_deliveries() -> None:
    call = reported()
    assert call.voip is not None
    event = CallEvent(provider_call_id="p-1", status=Status.BUSY)
    for delivery_id in (7, 8):
        report(event, voip=call.voip, received_at=timezone.now(), delivery_id=delivery_id)

    html = superuser().get(page(call)).content.decode()

    assert "/admin/integrations/webhookdelivery/?id__in=8%2C7" in html


def test_the_right_to_view_does_not_allow_to_change() -> None:
    call = make.call()
    client = staff("calls.view_call")

    assert client.get(page(call)).status_code == 200
    assert client.post(page(call), BY_HAND).status_code == 403
    assert client.get("/admin/calls/call/add/").status_code == 403


def test_the_admin_uses_the_browsers_language() -> None:
    make.call()

    text = told(superuser(language="pl").get("/admin/calls/call/").content.decode())

    assert "Połączenia" in text
    assert "Dzwoniący" in text


@pytest.mark.parametrize(
    ("language", "sentence"), [("en", "the other side declined"), ("pl", "druga strona odrzuciła połączenie")]
)
def test_the_reason_is_shown_as_a_sentence(language: str, sentence: str) -> None:
    answer = superuser(language=language).get(page(reported(reason=Reason.REJECTED)))

    assert sentence in told(answer.content.decode())
