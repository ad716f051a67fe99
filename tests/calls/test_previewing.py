"""A preview is what would come of it in earnest, and leaves nothing behind."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import make
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from calls.events import CallEvent
from calls.models import Call, Report
from calls.previewing import Preview, ReceivedEvent, preview_calls
from calls.reports import CallChange, Reading, read_again, report
from calls.sentences import translate
from calls.statuses import Kind, Status
from sips.models import Voip

OURS, ANNA, JAN = "+48221234567", "+48501502503", "+48601602603"
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=20)
RINGS = CallEvent(
    provider_call_id="17",
    status=Status.RINGING,
    kind=Kind.INCOMING,
    number_from=ANNA,
    number_to=OURS,
    started_at=NOON,
)
ENDS = CallEvent(provider_call_id="17", status=Status.ANSWERED, talk_seconds=42, ended_at=NOON + timedelta(minutes=2))
IS_BUSY = replace(RINGS, status=Status.BUSY)
OF_JAN = replace(RINGS, number_from=JAN, started_at=LATER)


@pytest.fixture
def office(db: None) -> Voip:
    return make.voip(number=OURS)


def preview(
    office: Voip, *said: tuple[CallEvent, datetime], deliveries: list[int] | None = None, seconds: float = 60
) -> Preview:
    """Of deliveries 1, 2 and so on, one event each."""
    told = [ReceivedEvent(event, at, number) for number, (event, at) in enumerate(said, start=1)]
    return preview_calls(told, voip=office, deliveries=deliveries or [*range(1, len(said) + 1)], seconds=seconds)


def shown(change: CallChange) -> tuple[str, Any, Any]:
    after = change.after or {}
    return change.provider_call_id, after.get("customer_number"), after.get("status")


def in_earnest(office: Voip, *said: tuple[CallEvent, datetime]) -> set[tuple[str, str, str]]:
    for number, (event, at) in enumerate(said, start=1):
        before = list(Report.objects.filter(delivery_id=number))
        read_again([Reading([event], received_at=at, delivery_id=number, replaces=before)], voip=office)
    return set(Call.objects.values_list("provider_call_id", "customer_number", "status"))


def test_reports_of_one_call_make_one_call_and_nothing_is_stored(office: Voip) -> None:
    found = preview(office, (RINGS, NOON), (ENDS, NOON))

    assert [shown(call) for call in found.calls] == [("17", ANNA, "ANSWERED")]
    assert (found.calls[0].before, found.left_out) == (None, 0)
    assert not Call.everything.exists()
    assert not Report.objects.exists()


def test_former_events_of_the_deliveries_do_not_count_but_other_reports_do(office: Voip) -> None:
    report(RINGS, voip=office, received_at=NOON, delivery_id=1)
    report(replace(RINGS, number_from="", recording_url="https://example.com/a"), voip=office, received_at=NOON)

    [change] = preview(office, (replace(RINGS, number_from=JAN), NOON)).calls

    assert change.facts["customer_number"] == (ANNA, JAN)
    assert (change.after or {})["recording_url"] == "https://example.com/a"


@pytest.mark.parametrize("received", [(NOON, LATER), (LATER, NOON)], ids=["in order", "the later one first"])
def test_a_reused_id_is_previewed_as_two_calls(office: Voip, received: tuple[datetime, datetime]) -> None:
    of_both = {NOON: (IS_BUSY, NOON), LATER: (OF_JAN, LATER)}
    said = [of_both[at] for at in received]

    found = preview(office, *said)

    calls = {("17#2026-03-02T12:00:00Z", ANNA, "BUSY"), ("17", JAN, "RINGING")}
    assert {shown(call) for call in found.calls} == calls == in_earnest(office, *said)


def test_calls_of_a_reused_id_stay_apart_when_read_again(office: Voip) -> None:
    said = [(IS_BUSY, NOON), (OF_JAN, LATER)]
    in_earnest(office, *said)

    found = preview(office, *[(replace(event, status=Status.CANCELED), at) for event, at in said])

    assert {shown(call) for call in found.calls} == {
        ("17#2026-03-02T12:00:00Z", ANNA, "CANCELED"),
        ("17", JAN, "CANCELED"),
    }
    assert {change.facts["status"] for change in found.calls} == {("BUSY", "CANCELED"), ("RINGING", "CANCELED")}


def test_a_report_in_doubt_is_shown_with_its_doubt(office: Voip) -> None:
    report(IS_BUSY, voip=office, received_at=NOON)
    nobody = CallEvent(provider_call_id="17", status=Status.BUSY, started_at=LATER)

    [change] = preview(office, (nobody, LATER)).calls

    assert "A call with the id “17” began" in change.doubt
    assert change.facts == {}
    with translation.override("pl"):
        assert "Połączenie o identyfikatorze „17”" in translate(change.doubt)


def test_a_call_of_which_nothing_would_be_left_is_shown_as_gone(office: Voip) -> None:
    report(RINGS, voip=office, received_at=NOON, delivery_id=1)

    [new, gone] = preview(office, (replace(RINGS, provider_call_id="18"), NOON)).calls

    assert (new.provider_call_id, new.before, gone.provider_call_id, gone.after) == ("18", None, "17", None)


def test_a_deleted_call_does_not_come_back(office: Voip) -> None:
    report(RINGS, voip=office, received_at=NOON)
    Call.objects.update(deleted_at=NOON)

    assert preview(office, (ENDS, NOON)).calls == []


def test_a_call_the_database_refuses_is_left_out_alone(office: Voip) -> None:
    wrong = replace(RINGS, provider_call_id="18", provider_status="a\x00b")

    found = preview(office, (RINGS, NOON), (wrong, NOON), (replace(RINGS, provider_call_id="19"), NOON))

    assert {call.provider_call_id for call in found.calls} == {"17", "19"}
    assert found.left_out == 1


def test_calls_beyond_the_time_limit_are_left_out(office: Voip) -> None:
    found = preview(office, (RINGS, NOON), (replace(RINGS, provider_call_id="18"), NOON), seconds=-1)

    assert (list(found.calls), found.left_out) == ([], 2)


def test_many_calls_take_no_more_statements_than_one(office: Voip) -> None:
    taken = []
    for count in (1, 50):
        said = [(replace(event, provider_call_id=str(n)), NOON) for n in range(count) for event in (RINGS, ENDS)]
        with CaptureQueriesContext(connection) as queries:
            assert len(preview(office, *said).calls) == count
        taken.append(len(queries))

    assert taken[0] == taken[1]
