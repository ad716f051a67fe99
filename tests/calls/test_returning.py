from datetime import UTC, datetime, timedelta
from typing import Any

import make
import pytest

from calls.models import Call
from calls.services import delete_call

pytestmark = pytest.mark.django_db
ANNA, BEN = "+48501502503", "+48601602603"
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


def missed(**fields: Any) -> Call:
    return make.call(
        **{"kind": "incoming", "status": "NO ANSWER", "customer_number": ANNA, "start_time": NINE} | fields
    )


def talked(**fields: Any) -> Call:
    return make.call(
        **{"kind": "outgoing", "status": "ANSWERED", "customer_number": ANNA, "start_time": NINE + timedelta(hours=1)}
        | fields
    )


def unreturned() -> list[Call]:
    return list(Call.objects.unreturned())


@pytest.mark.parametrize("status", ["NO ANSWER", "BUSY", "FAILED", "CANCELED"])
def test_a_missed_call_is_to_be_returned(status: str) -> None:
    call = missed(status=status)

    assert unreturned() == [call]
    assert not Call.objects.returned().exists()


@pytest.mark.parametrize("kind", ["incoming", "outgoing", ""])
def test_any_later_talk_with_the_number_returns_it(kind: str) -> None:
    call = missed()
    talked(kind=kind, voip=make.voip())

    assert unreturned() == []
    assert list(Call.objects.returned()) == [call]


def test_talk_at_the_same_moment_returns_it() -> None:
    """As of a queue that reports each telephone it rings as a call of its own."""
    missed()
    talked(kind="incoming", start_time=NINE)

    assert unreturned() == []


@pytest.mark.parametrize(
    "later",
    [
        {"status": "NO ANSWER"},
        {"status": "IN PROGRESS"},
        {"start_time": NINE - timedelta(seconds=1)},
        {"customer_number": BEN},
    ],
    ids=["nobody answered", "not over yet", "talked before", "somebody else"],
)
def test_a_missed_call_stays_until_somebody_talked(later: dict[str, Any]) -> None:
    call = missed()
    talked(**later)

    assert unreturned() == [call]


def test_a_deleted_talk_returns_nothing() -> None:
    call = missed()
    delete_call(talked())

    assert unreturned() == [call]


def test_all_misses_of_a_number_are_returned_by_one_talk() -> None:
    for minutes in range(3):
        missed(start_time=NINE + timedelta(minutes=minutes))
    later = missed(start_time=NINE + timedelta(hours=2))
    talked()

    assert unreturned() == [later]


def test_nobody_can_return_a_call_without_a_number() -> None:
    missed(customer_number="")
    talked(customer_number="")

    assert unreturned() == []
    assert not Call.objects.returned().exists()


def test_only_incoming_calls_are_missed() -> None:
    missed(kind="outgoing")

    assert unreturned() == []


def test_since_leaves_out_only_older_calls() -> None:
    old, new = missed(start_time=NINE - timedelta(days=1)), missed()

    assert list(Call.objects.unreturned(since=NINE)) == [new]
    assert set(Call.objects.unreturned(since=old.start_time)) == {old, new}


def test_returned_within_counts_from_the_missed_call() -> None:
    call = missed()
    talked(start_time=NINE + timedelta(minutes=15))

    assert list(Call.objects.returned(within=timedelta(minutes=15))) == [call]
    assert not Call.objects.returned(within=timedelta(minutes=14, seconds=59)).exists()


def test_a_missed_call_is_returned_by_a_call_the_user_cannot_see() -> None:
    """A line's own misses leave its list when a colleague on another line has talked with the caller."""
    line = make.sip()
    missed(sip=line)
    talked(sip=make.sip(sip="101", voip=line.voip))

    assert not Call.objects.filter(sip=line).unreturned().exists()
