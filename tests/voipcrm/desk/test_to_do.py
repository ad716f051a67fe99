"""What stands in the list of what is to be done, and what takes it out."""

from datetime import datetime, timedelta
from typing import Any

import make
import pytest
import time_machine
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from calls import follow_ups
from calls.models import Call
from voipcrm.desk.to_do import Entry, to_do

pytestmark = pytest.mark.django_db
NOW = datetime.fromisoformat("2026-11-26T09:00:00+00:00")
NUMBER, OTHER = "+48501502503", "+48501502504"


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as clock, timezone.override("Europe/Warsaw"):
        yield clock


@pytest.fixture
def anna() -> User:
    return User.objects.create_superuser("anna")


def missed(*, minutes: int = 10, number: str = NUMBER, **fields: Any) -> Call:
    """So many minutes ago."""
    made = {"kind": "incoming", "status": "NO ANSWER", "number_from": number, "customer_number": number}
    return make.call(**made | {"start_time": NOW - timedelta(minutes=minutes)} | fields)


def answered(*, minutes: int, number: str = NUMBER) -> Call:
    start = NOW - timedelta(minutes=minutes)
    return make.call(kind="outgoing", status="ANSWERED", number_to=number, customer_number=number, start_time=start)


def numbers(entries: list[Entry]) -> list[str]:
    return [entry.number for entry in entries]


def test_missed_calls_are_one_row_for_each_number(anna: User) -> None:
    for minutes in (64, 30, 4):
        missed(minutes=minutes)
    missed(minutes=10, number=OTHER)

    entries = to_do(anna)

    assert [(entry.number, entry.facts) for entry in entries] == [
        (NUMBER, ("missed 3×, last 09:56",)),
        (OTHER, ("missed call at 09:50",)),
    ]


@pytest.mark.parametrize(("minutes", "left"), [(5, 0), (15, 1)])
def test_a_later_talk_takes_a_missed_call_out_and_an_earlier_one_does_not(anna: User, minutes: int, left: int) -> None:
    missed(minutes=10)
    answered(minutes=minutes)

    assert len(to_do(anna)) == left


def test_what_is_a_week_old_or_without_a_number_is_left_out(anna: User) -> None:
    missed(minutes=8 * 24 * 60)
    missed(number="")

    assert to_do(anna) == []


def test_call_backs_come_first_with_why_they_wait(anna: User) -> None:
    missed(minutes=1)
    make.autocall(number=OTHER, call_at=NOW - timedelta(hours=1), reason="no_line")

    entries = to_do(anna)

    assert numbers(entries) == [OTHER, NUMBER]
    assert entries[0].facts == ("call-back overdue, promised for 09:00 (no line can dial)",)


def test_a_call_back_of_tomorrow_is_not_to_be_done_yet(anna: User) -> None:
    make.autocall(call_at=NOW + timedelta(days=1))

    assert to_do(anna) == []


def test_a_failed_call_back_is_listed_until_somebody_talks(anna: User) -> None:
    with time_machine.travel(NOW - timedelta(hours=2), tick=False):
        make.autocall(number=NUMBER, status="failed", reason="no_answer", finished_at=NOW - timedelta(hours=1))

    assert to_do(anna)[0].facts == ("call-back failed at 09:00 (no answer)",)
    answered(minutes=30)
    assert to_do(anna) == []


def test_of_failed_call_backs_the_latest_comes_first(anna: User) -> None:
    for number, minutes in ((NUMBER, 50), (OTHER, 20)):
        make.autocall(number=number, status="failed", finished_at=NOW - timedelta(minutes=minutes))

    assert numbers(to_do(anna)) == [OTHER, NUMBER]


def test_one_number_stands_in_one_row_whatever_is_to_be_done_about_it(anna: User) -> None:
    missed()
    make.autocall(number=NUMBER, call_at=NOW - timedelta(hours=1))
    make.autocall(number=NUMBER, status="expired", finished_at=NOW - timedelta(hours=3))
    follow_ups.take_number(NUMBER, voip=None, by=anna)

    [entry] = to_do(anna)

    assert len(entry.facts) == 4
    assert entry.is_mine


def test_what_is_done_or_put_off_returns_with_the_next_missed_call(anna: User, clock: Any) -> None:
    missed()
    follow_ups.finish(follow_ups.take_number(NUMBER, voip=None, by=anna), by=anna)
    missed(number=OTHER)
    follow_ups.postpone(follow_ups.take_number(OTHER, voip=None, by=anna), until=NOW + timedelta(hours=1), by=anna)
    assert to_do(anna) == []

    for number in (NUMBER, OTHER):
        missed(number=number, minutes=-1)

    assert {entry.facts for entry in to_do(anna)} == {("missed call at 10:01",)}


def test_what_was_done_last_about_a_number_counts_whatever_its_configuration(anna: User, clock: Any) -> None:
    for minutes, voip in ((30, make.voip()), (5, None)):
        clock.move_to(NOW - timedelta(minutes=minutes))
        follow_ups.finish(follow_ups.take_number(NUMBER, voip=voip, by=anna), by=anna)
    clock.move_to(NOW)

    missed(minutes=10)

    assert to_do(anna) == []


def test_what_was_put_off_is_listed_when_it_is_due(anna: User, clock: Any) -> None:
    follow_ups.add(NUMBER, voip=None, due_at=NOW + timedelta(hours=1))
    assert to_do(anna) == []

    clock.shift(timedelta(hours=1))

    assert to_do(anna)[0].facts == ("was put off until 11:00",)


def test_what_others_have_taken_is_last_and_names_them(anna: User) -> None:
    boss = User.objects.create_superuser("boss", first_name="Ewa", last_name="Lis")
    make.autocall(number=OTHER, status="taken", taken_by=boss, taken_at=NOW, call_at=NOW - timedelta(hours=1))
    missed(minutes=60)

    entries = to_do(anna)

    assert [(entry.number, entry.holder, entry.is_others) for entry in entries] == [
        (NUMBER, "", False),
        (OTHER, "Ewa Lis", True),
    ]
    assert to_do(boss)[0].is_mine


def test_a_number_that_a_colleague_has_too_is_theirs(anna: User) -> None:
    boss = User.objects.create_superuser("boss", first_name="Ewa", last_name="Lis")
    make.autocall(number=NUMBER, status="taken", taken_by=boss, taken_at=NOW, call_at=NOW - timedelta(hours=1))
    follow_ups.take_number(NUMBER, voip=None, by=anna)

    [entry] = to_do(anna)

    assert (entry.holder, entry.is_mine, entry.is_others) == ("Ewa Lis", False, True)


def test_a_desk_costs_the_same_reads_however_much_there_is(anna: User) -> None:
    missed()
    with CaptureQueriesContext(connection) as for_little:
        to_do(anna)
    for number in range(20):
        missed(number=f"+4850150260{number:02}"[:12])
        make.autocall(number=f"+4850150270{number:02}"[:12], call_at=NOW - timedelta(hours=1))
        follow_ups.take_number(f"+4850150280{number:02}"[:12], voip=None, by=anna)

    with CaptureQueriesContext(connection) as for_much:
        to_do(anna)

    assert len(for_much) == len(for_little) <= 6
