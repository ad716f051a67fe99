"""Every outcome of a call, through a real PBX to real telephones. What the last two digits mean stands in telephones.xml."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from calls.statuses import Status
from telephony.desk import Desk, LoopThread
from telephony.pbx import FORK, Pbx, free_port, unfinished, wait_until

CITY = "482212340"


@dataclass(frozen=True)
class Case:
    name: str
    operator: int
    number: str
    status: Status
    reason: str = ""
    provider_status: str = ""
    hung_up_by: str = ""
    more: tuple[tuple[str, Any], ...] = ()

    def __str__(self) -> str:
        return self.name


CASES = [
    Case("the number hangs up", 101, "06", Status.ANSWERED, hung_up_by="number"),
    Case("the operator hangs up", 106, "01", Status.ANSWERED, hung_up_by="operator"),
    Case("with sound before the answer", 101, "10", Status.ANSWERED, hung_up_by="number"),
    Case("one of two telephones answers", FORK, "06", Status.ANSWERED, hung_up_by="number"),
    Case("busy", 101, "02", Status.BUSY, "", "486 Busy Here"),
    Case("declined", 101, "08", Status.NO_ANSWER, "rejected", "603 Decline"),
    Case("away", 101, "07", Status.NO_ANSWER, "", "480 Temporarily Unavailable"),
    Case("unknown", 101, "04", Status.FAILED, "unreachable", "404 Not Found"),
    Case("incomplete", 101, "12", Status.FAILED, "unreachable", "484 Address Incomplete"),
    Case("moved elsewhere", 101, "09", Status.FAILED, "unreachable", "302 Moved Temporarily"),
    Case("network down", 101, "05", Status.FAILED, "congestion", "500 Service Unavailable"),
    Case("not allowed", 101, "13", Status.FAILED, "refused", "403 Forbidden"),
    Case("rings out", 101, "03", Status.NO_ANSWER, more=(("number_ring_seconds", 1),)),
    Case("answers as we give up", 101, "15", Status.NO_ANSWER, more=(("number_ring_seconds", 1),)),
    Case("the operator hangs up while it rings", 106, "03", Status.CANCELED, hung_up_by="operator"),
    Case("the operator is busy", 102, "01", Status.BUSY, "operator_busy", "486 Busy Here"),
    Case("the operator declines", 108, "01", Status.NO_ANSWER, "operator_rejected", "603 Decline"),
    Case("the operator is away", 107, "01", Status.FAILED, "operator_unreachable", "480 Temporarily Unavailable"),
    Case("the operator is not registered", 199, "01", Status.FAILED, "operator_unreachable", "404 No such phone"),
    Case(
        "the operator does not answer",
        103,
        "01",
        Status.NO_ANSWER,
        "operator_no_answer",
        more=(("operator_ring_seconds", 1),),
    ),
    Case("the operator's telephone refuses", 111, "01", Status.FAILED, "not_joined", "488 Not Acceptable Here"),
    Case(
        "wrong password",
        101,
        "01",
        Status.FAILED,
        "refused",
        "407 Proxy Authentication Required",
        more=(("password", "guess"),),
    ),
]


@pytest.fixture(scope="module")
def ends(desk: Desk, pbx: Pbx) -> Iterator[dict[Case, str]]:
    """All of them at once."""
    yield {case: desk.place(pbx.port, case.operator, CITY[: 11 - len(case.number)] + case.number, **dict(case.more)) for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_end_is_read_as_what_it_is(desk: Desk, ends: dict[Case, str], case: Case) -> None:
    end = desk.end(ends[case])

    assert (end.status, end.reason, end.provider_status, end.hung_up_by) == (
        case.status,
        case.reason,
        case.provider_status,
        case.hung_up_by,
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_every_call_ends_once_and_last(desk: Desk, ends: dict[Case, str], case: Case) -> None:
    desk.end(ends[case])

    assert [report.is_end for report in desk.reports(ends[case])][:-1] == [False] * (len(desk.reports(ends[case])) - 1)
