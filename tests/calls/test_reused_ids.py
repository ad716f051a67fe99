"""Two persons never share a row, also where an exchange uses an id again."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import make
import pytest

from calls.events import CallEvent
from calls.models import Call, Report
from calls.rebuilding import rebuild
from calls.reports import report
from calls.statuses import Kind, Source, Status
from sips.models import Voip

OURS, ANNA, JAN = "+48221234567", "+48501502503", "+48601602603"
YESTERDAY = datetime(2026, 3, 2, 12, tzinfo=UTC)
TODAY = YESTERDAY + timedelta(hours=20)
OF_ANNA = CallEvent(
    provider_call_id="17",
    status=Status.BUSY,
    kind=Kind.INCOMING,
    number_from=ANNA,
    number_to=OURS,
    started_at=YESTERDAY,
)
OF_JAN = replace(OF_ANNA, status=Status.RINGING, number_from=JAN, started_at=None)
END = CallEvent(provider_call_id="17", status=Status.ANSWERED, talk_seconds=42)


@pytest.fixture
def office(db: None) -> Voip:
    return make.voip(number=OURS)


def tell(office: Voip, event: CallEvent, at: datetime) -> str:
    stored = report(event, voip=office, received_at=at)
    return stored.doubt if stored else ""


def calls() -> set[tuple[str, str, str]]:
    return set(Call.objects.values_list("provider_call_id", "customer_number", "status"))


def test_another_customer_long_after_the_end_is_another_call(office: Voip) -> None:
    tell(office, OF_ANNA, YESTERDAY)
    tell(office, OF_JAN, TODAY)
    tell(office, END, TODAY + timedelta(minutes=1))

    assert calls() == {("17#2026-03-02T12:00:00Z", ANNA, "BUSY"), ("17", JAN, "ANSWERED")}
    assert not any(rebuild(call) for call in Call.objects.all())


def test_a_row_of_the_list_finds_the_call_that_had_the_id_before(office: Voip) -> None:
    tell(office, OF_ANNA, YESTERDAY)
    tell(office, OF_JAN, TODAY)

    tell(office, replace(OF_ANNA, source=Source.LIST, status=Status.NO_ANSWER), TODAY)

    assert calls() == {("17#2026-03-02T12:00:00Z", ANNA, "NO ANSWER"), ("17", JAN, "RINGING")}


def test_a_row_of_the_list_is_no_other_call_of_its_customer(office: Voip) -> None:
    tell(office, replace(OF_ANNA, provider_call_id="16"), YESTERDAY)
    tell(office, OF_JAN, TODAY)

    tell(office, OF_ANNA, TODAY)

    assert calls() == {("16", ANNA, "BUSY"), ("17", JAN, "RINGING"), ("17#2026-03-02T12:00:00Z", ANNA, "BUSY")}


def test_the_former_id_names_the_moment_in_utc(office: Voip) -> None:
    tell(office, OF_JAN, TODAY)

    tell(office, replace(OF_ANNA, started_at=YESTERDAY.astimezone(ZoneInfo("Asia/Tokyo"))), TODAY)

    assert Call.objects.get(customer_number=ANNA).provider_call_id == "17#2026-03-02T12:00:00Z"


def test_another_customer_within_the_call_is_the_same_call(office: Voip) -> None:
    tell(office, OF_ANNA, YESTERDAY)
    tell(office, OF_JAN, YESTERDAY + timedelta(minutes=20))

    assert Call.objects.count() == 1


def test_a_late_report_with_the_same_customer_is_the_same_call(office: Voip) -> None:
    tell(office, OF_ANNA, YESTERDAY)
    tell(office, replace(OF_ANNA, started_at=None, recording_url="https://example.com/a"), TODAY)

    assert Call.objects.get().recording_url == "https://example.com/a"


GIVEN, TORSHAVN, OSTROLEKA = "298201234", "+298201234", "+48298201234"
"""Digits whose country cannot be told, and the two numbers that they can be."""


@pytest.mark.parametrize(
    ("before", "after"), [(GIVEN, TORSHAVN), (GIVEN, OSTROLEKA), (TORSHAVN, GIVEN), (OSTROLEKA, GIVEN), (GIVEN, GIVEN)]
)
def test_a_number_whose_country_cannot_be_told_is_no_other_person_than_those_it_can_be(
    office: Voip, before: str, after: str
) -> None:
    tell(office, replace(OF_ANNA, number_from=before, numbers_are_read=True), YESTERDAY)
    late = replace(
        OF_ANNA, number_from=after, numbers_are_read=True, started_at=None, talk_seconds=7, status=Status.ANSWERED
    )

    assert tell(office, late, TODAY) == ""
    assert Call.objects.get().duration == 7


def test_a_number_whose_country_cannot_be_told_finds_the_call_that_had_the_id_before(office: Voip) -> None:
    tell(office, replace(OF_ANNA, number_from=OSTROLEKA), YESTERDAY)
    tell(office, OF_JAN, TODAY)

    tell(office, replace(OF_ANNA, number_from=GIVEN, numbers_are_read=True, status=Status.NO_ANSWER), TODAY)

    assert calls() == {("17#2026-03-02T12:00:00Z", OSTROLEKA, "NO ANSWER"), ("17", JAN, "RINGING")}


def test_another_number_than_both_that_it_can_be_is_another_person(office: Voip) -> None:
    tell(office, replace(OF_ANNA, number_from=GIVEN, numbers_are_read=True), YESTERDAY)
    tell(office, OF_JAN, TODAY)

    assert calls() == {("17#2026-03-02T12:00:00Z", GIVEN, "BUSY"), ("17", JAN, "RINGING")}


def test_a_distant_report_without_a_customer_is_in_doubt_and_not_merged(office: Voip) -> None:
    tell(office, OF_ANNA, YESTERDAY)
    before = Call.objects.values().get()

    doubt = tell(office, END, TODAY)

    assert "it may be another call under the same id" in doubt
    assert (Call.objects.values().get(), Report.objects.count()) == (before, 1)


def test_a_deleted_call_keeps_its_id(office: Voip) -> None:
    tell(office, OF_ANNA, YESTERDAY)
    Call.objects.update(deleted_at=TODAY)

    tell(office, OF_JAN, TODAY)

    assert Call.everything.count() == 1


def test_of_an_unknown_customer_some_hours_after_the_end_it_is_the_same_call_told_late(office: Voip) -> None:
    tell(office, OF_ANNA, YESTERDAY)

    assert tell(office, END, YESTERDAY + timedelta(hours=10)) == ""

    assert calls() == {("17", ANNA, "ANSWERED")}


def test_a_call_of_which_no_end_is_known_may_have_lasted_a_day(office: Voip) -> None:
    tell(office, replace(OF_ANNA, status=Status.RINGING), YESTERDAY)

    assert tell(office, END, YESTERDAY + timedelta(hours=26)) == ""

    assert calls() == {("17", ANNA, "ANSWERED")}


def test_what_is_told_later_of_the_former_call_is_its_own_although_it_names_another_moment(office: Voip) -> None:
    tell(office, OF_ANNA, YESTERDAY)
    tell(office, OF_JAN, TODAY)

    late = replace(OF_ANNA, status=Status.NO_ANSWER, started_at=YESTERDAY + timedelta(seconds=30))
    tell(office, late, TODAY)

    assert calls() == {("17#2026-03-02T12:00:00Z", ANNA, "NO ANSWER"), ("17", JAN, "RINGING")}
