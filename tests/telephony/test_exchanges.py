"""What a PBX makes of what its telephones say: as a real Asterisk 22 answers, and others by their documents."""

from collections.abc import Iterator

import pytest
from telephony.conftest import Dialer
from telephony.switchboard import Switchboard, rings, says

from calls.statuses import Status

OPERATOR, NUMBER = "100", "48225555501"


@pytest.fixture
def board() -> Iterator[Switchboard]:
    board = Switchboard()
    yield board
    board.stop()


@pytest.mark.parametrize(
    ("answer", "cause", "status", "reason"),
    [
        ("403 Forbidden", 21, Status.BUSY, "rejected"),
        ("603 Decline", 21, Status.BUSY, "rejected"),
        ("603 Decline", 16, Status.NO_ANSWER, ""),
        ("603 Decline", 102, Status.FAILED, "unreachable"),
        ("603 Decline", 0, Status.FAILED, "dial_failed"),
        ("603 Decline", 58, Status.FAILED, "incompatible"),
        ("603 Decline", 88, Status.FAILED, "incompatible"),
        ("404 Not Found", 1, Status.FAILED, "no_such_number"),
        ("404 Not Found", 3, Status.FAILED, "no_route"),
        ("480 Temporarily Unavailable", 47, Status.FAILED, "congestion"),  # FreeSWITCH, its issue 732
    ],
)
def test_the_cause_behind_the_numbers_answer_decides(
    board: Switchboard, dialer: Dialer, answer: str, cause: int, status: Status, reason: str
) -> None:
    board.answers["INVITE", NUMBER] = says(answer, headers=[f"Reason: Q.850;cause={cause}"])

    end = dialer.end_of(dialer.place(board.port, NUMBER))

    assert (end.status, end.reason, end.provider_status) == (status, reason, f"{answer} (Q.850 cause {cause})")


@pytest.mark.parametrize(
    ("answer", "cause", "status", "reason"),
    [
        ("403 Forbidden", 21, Status.BUSY, "operator_rejected"),
        ("603 Decline", 16, Status.FAILED, "operator_unreachable"),  # it never rang
        ("603 Decline", 58, Status.FAILED, "operator_incompatible"),
        ("404 Not Found", 3, Status.FAILED, "operator_unreachable"),
        ("504 Server Time-out", 102, Status.FAILED, "operator_unreachable"),
    ],
)
def test_the_cause_behind_the_operators_answer_decides(
    board: Switchboard, dialer: Dialer, answer: str, cause: int, status: Status, reason: str
) -> None:
    board.answers["INVITE", OPERATOR] = says(answer, headers=[f"Reason: Q.850;cause={cause}"])

    end = dialer.end_of(dialer.place(board.port, NUMBER))

    assert (end.status, end.reason) == (status, reason)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("302 Moved Temporarily", "operator_unreachable"),
        ("488 Not Acceptable Here", "operator_incompatible"),
        ("504 Server Time-out", "operator_unreachable"),
    ],
)
def test_an_unreachable_operator_is_reported(board: Switchboard, dialer: Dialer, answer: str, reason: str) -> None:
    board.answers["INVITE", OPERATOR] = says(answer)

    end = dialer.end_of(dialer.place(board.port, NUMBER))

    assert (end.status, end.reason, end.provider_status) == (Status.FAILED, reason, answer)
    assert not board.all("INVITE", NUMBER)


def test_a_visitor_rung_first_who_declines_is_reported(board: Switchboard, dialer: Dialer) -> None:
    board.answers["INVITE", NUMBER] = says("403 Forbidden", headers=["Reason: Q.850;cause=21"])

    end = dialer.end_of(dialer.place(board.port, NUMBER, customer_first=True))

    assert (end.status, end.reason) == (Status.BUSY, "rejected")
    assert not board.all("INVITE", OPERATOR)


def test_a_challenge_to_the_second_leg_is_not_about_our_password(board: Switchboard, dialer: Dialer) -> None:
    board.answers["INVITE", NUMBER] = says("407 Proxy Authentication Required")

    end = dialer.end_of(dialer.place(board.port, NUMBER))

    assert (end.status, end.reason) == (Status.FAILED, "forbidden")


def test_sound_that_was_missed_while_the_number_rang_is_no_hang_up(board: Switchboard, dialer: Dialer) -> None:
    board.answers["INVITE", NUMBER] = rings
    reference = dialer.place(board.port, NUMBER)
    dialer.wait_for(reference, Status.RINGING)

    board.request("BYE", board.all("INVITE", OPERATOR)[0], cseq=1, headers=["Reason: Q.850;cause=44"])

    end = dialer.end_of(reference)
    assert (end.status, end.reason, end.provider_status) == (Status.FAILED, "no_sound", "BYE (Q.850 cause 44)")
    board.wait_for("CANCEL", NUMBER)


@pytest.mark.parametrize(("cause", "reason"), [(16, "number_hung_up"), (17, "number_hung_up"), (44, "no_sound")])
def test_the_result_says_who_ended_the_call(board: Switchboard, dialer: Dialer, cause: int, reason: str) -> None:
    reference = dialer.place(board.port, NUMBER)
    dialer.wait_for(reference, Status.IN_PROGRESS)

    board.request("BYE", board.all("INVITE", NUMBER)[0], cseq=1, headers=[f"Reason: Q.850;cause={cause}"])

    end = dialer.end_of(reference)
    assert (end.status, end.reason) == (Status.ANSWERED, reason)


@pytest.mark.parametrize(
    "said", ["Q.850", ";;;", 'SIP;cause=x,"', "Q.850;cause=999999999999", "Q.850;cause=21;unknown"]
)
def test_a_reason_that_cannot_be_read_ends_no_call_wrongly(board: Switchboard, dialer: Dialer, said: str) -> None:
    """The last can: what sippy's own parser refuses of it is none of the cause's."""
    board.answers["INVITE", NUMBER] = says("486 Busy Here", headers=[f"Reason: {said}"])

    end = dialer.end_of(dialer.place(board.port, NUMBER))

    assert (end.status, end.reason) == (Status.BUSY, "rejected" if "=21" in said else "")
