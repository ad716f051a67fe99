"""The table of SIP code × Q.850 cause × side, each line of it, and the header that brings the cause."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autocalls import outcomes as callbacks
from autocalls.models import AttemptOutcome
from calls.models import Call
from calls.reasons import FOLLOWS, Follow, Reason
from calls.statuses import Status
from integrations.sip_dialer import outcomes
from integrations.sip_dialer.reason_header import Cause, read_cause

NUMBER = {
    "busy": (Status.BUSY, Reason.NONE),
    "declined": (Status.BUSY, Reason.REJECTED),
    "not answered": (Status.NO_ANSWER, Reason.NONE),
    "no such number": (Status.FAILED, Reason.NO_SUCH_NUMBER),
    "absent": (Status.FAILED, Reason.UNREACHABLE),
    "no route": (Status.FAILED, Reason.NO_ROUTE),
    "not allowed": (Status.FAILED, Reason.FORBIDDEN),
    "no codec": (Status.FAILED, Reason.INCOMPATIBLE),
    "not placed": (Status.FAILED, Reason.DIAL_FAILED),
    "not understood": (Status.FAILED, Reason.DIAL_FAILED),
    "congested": (Status.FAILED, Reason.CONGESTION),
    "not logged in": (Status.FAILED, Reason.REFUSED),
}
OPERATOR = {
    "busy": (Status.BUSY, Reason.OPERATOR_BUSY),
    "declined": (Status.BUSY, Reason.OPERATOR_REJECTED),
    "not answered": (Status.NO_ANSWER, Reason.OPERATOR_NO_ANSWER),
    "no such number": (Status.FAILED, Reason.OPERATOR_UNREACHABLE),
    "absent": (Status.FAILED, Reason.OPERATOR_UNREACHABLE),
    "no route": (Status.FAILED, Reason.OPERATOR_UNREACHABLE),
    "not allowed": (Status.FAILED, Reason.REFUSED),
    "no codec": (Status.FAILED, Reason.OPERATOR_INCOMPATIBLE),
    "not placed": (Status.FAILED, Reason.OPERATOR_UNREACHABLE),
    "not understood": (Status.FAILED, Reason.REFUSED),
    "congested": (Status.FAILED, Reason.CONGESTION),
    "not logged in": (Status.FAILED, Reason.REFUSED),
}

CAUSES = {
    "no such number": (1, 22, 28),
    "no route": (2, 3, 25),
    "not placed": (4, 5, 66),
    "busy": (17,),
    "not answered": (18, 19),
    "absent": (20, 23, 27, 102),
    "declined": (21,),
    "not allowed": (29, 50, 52, 53, 54, 55, 57, 63, 69, 87),
    "congested": (34, 38, 41, 42, 44, 47),
    "no codec": (58, 65, 70, 79, 88),
}
CODES = {
    "not logged in": (401, 407),
    "not allowed": (402, 403, 605, 608),
    "no such number": (404, 410, 484, 485, 604),
    "no codec": (406, 415, 488, 606),
    "not answered": (408, 480, 487),
    "busy": (486, 600),
    "declined": (603, 607),
    "absent": (300, 301, 302, 305, 380, 504),
    "congested": (500, 502, 503, 580),
    "not understood": (400, 416, 420, 421, 482, 483),
}
CODES_AND_CAUSES = {
    "not answered": ((408, 102), (480, 102), (603, 16), (603, 31)),
    "not placed": ((603, 0), (603, 127), (500, 127)),
}
EVERYTHING = list(product(range(300, 700), [None, *range(128)]))


def _lines(table: dict[str, tuple[int, ...]]) -> list[tuple[int, str]]:
    return [(key, meaning) for meaning, keys in table.items() for key in keys]


@pytest.mark.parametrize(("cause", "meaning"), _lines(CAUSES))
def test_a_cause_decides_whatever_the_code(cause: int, meaning: str) -> None:
    for code in (403, 404, 486, 500, 604):
        assert outcomes.of_number(code, cause) == NUMBER[meaning]
        assert outcomes.of_operator(code, cause, rang=True) == OPERATOR[meaning]


@pytest.mark.parametrize(("code", "meaning"), _lines(CODES))
@pytest.mark.parametrize("cause", [None, 16, 31, 111])
def test_without_a_cause_that_says_more_the_code_decides(code: int, meaning: str, cause: int | None) -> None:
    if code == 603 and cause in (16, 31):
        return  # a line of its own
    assert outcomes.of_number(code, cause) == NUMBER[meaning]
    assert outcomes.of_operator(code, cause, rang=True) == OPERATOR[meaning]


@pytest.mark.parametrize(
    ("code", "cause", "meaning"), [(*pair, meaning) for meaning, pairs in CODES_AND_CAUSES.items() for pair in pairs]
)
def test_some_causes_depend_on_their_code(code: int, cause: int, meaning: str) -> None:
    assert outcomes.of_number(code, cause) == NUMBER[meaning]
    assert outcomes.of_operator(code, cause, rang=True) == OPERATOR[meaning]


def test_every_line_of_the_table_is_tested() -> None:
    assert {cause for cause, _ in _lines(CAUSES)} == set(outcomes.BY_CAUSE)
    assert {code for code, _ in _lines(CODES)} >= set(outcomes.BY_CODE)
    assert {pair for pairs in CODES_AND_CAUSES.values() for pair in pairs} == set(outcomes.BY_CODE_AND_CAUSE)


@pytest.mark.parametrize(("code", "cause"), [(480, None), (408, None), (480, 19), (603, 16)])
def test_an_operators_telephone_that_did_not_ring_is_not_registered(code: int, cause: int | None) -> None:
    assert outcomes.of_operator(code, cause, rang=False) == (Status.FAILED, Reason.OPERATOR_UNREACHABLE)


def test_no_refusal_by_the_numbers_side_is_ever_the_operators() -> None:
    """Whatever the code: else the next operator is rung, and with them the visitor, at once."""
    for code, cause in EVERYTHING:
        outcome = outcomes.of_number(code, cause, logged_in=True)
        assert outcome.status in (Status.BUSY, Status.NO_ANSWER, Status.FAILED)
        assert FOLLOWS[outcome.reason] in (Follow.FINAL, Follow.AGAIN)
        assert callbacks.read(Call(status=outcome.status, reason=outcome.reason)) != AttemptOutcome.OPERATOR


def test_no_visitor_is_dropped_for_what_the_operators_side_does() -> None:
    for code, cause in EVERYTHING:
        for rang in (True, False):
            outcome = outcomes.of_operator(code, cause, rang=rang)
            assert outcome.status in (Status.BUSY, Status.NO_ANSWER, Status.FAILED)
            assert FOLLOWS[outcome.reason] in (Follow.NEXT_OPERATOR, Follow.AGAIN)


@pytest.mark.parametrize("code", [401, 407])
def test_a_challenge_to_the_first_leg_is_about_the_account(code: int) -> None:
    assert outcomes.of_number(code).reason == Reason.REFUSED
    assert outcomes.of_number(code, logged_in=True).reason == Reason.FORBIDDEN


@pytest.mark.parametrize(
    ("side", "cause", "outcome"),
    [
        ("operator", None, (Status.CANCELED, Reason.OPERATOR_HUNG_UP)),
        ("operator", 16, (Status.CANCELED, Reason.OPERATOR_HUNG_UP)),
        ("operator", 21, (Status.CANCELED, Reason.OPERATOR_HUNG_UP)),  # the number may have rung
        ("operator", 44, (Status.FAILED, Reason.NO_SOUND)),
        ("number", None, (Status.CANCELED, Reason.NUMBER_HUNG_UP)),
        ("number", 16, (Status.CANCELED, Reason.NUMBER_HUNG_UP)),
        ("number", 44, (Status.FAILED, Reason.NO_SOUND)),
        ("number", 1, NUMBER["no such number"]),
        ("number", 3, NUMBER["no route"]),
        ("number", 17, NUMBER["busy"]),
        ("number", 18, NUMBER["not answered"]),
        ("number", 19, NUMBER["not answered"]),
        ("number", 20, NUMBER["absent"]),
        ("number", 21, NUMBER["declined"]),
        ("number", 22, NUMBER["no such number"]),
        ("number", 28, NUMBER["no such number"]),
        ("number", 58, NUMBER["no codec"]),
        ("number", 88, NUMBER["no codec"]),
    ],
)
def test_a_bye_before_the_join_maps_to_its_outcome(
    side: outcomes.Side, cause: int | None, outcome: tuple[str, str]
) -> None:
    assert outcomes.of_hang_up(side, cause) == outcome


@pytest.mark.parametrize("reason", [reason for reason in Reason if reason in FOLLOWS])
def test_every_reason_of_an_end_leads_a_call_back_somewhere(reason: Reason) -> None:
    assert callbacks.read(Call(status=Status.FAILED, reason=reason)) in AttemptOutcome


def test_every_reason_that_is_no_progress_says_what_follows() -> None:
    progress = {Reason.OPERATOR_RINGING, Reason.OPERATOR_ANSWERED, Reason.NUMBER_ANSWERED}

    assert set(Reason) - progress == set(FOLLOWS)


@pytest.mark.parametrize(
    ("headers", "cause"),
    [
        (["Q.850;cause=21"], Cause(21)),
        (['Q.850 ; cause = 21 ; text = "Call Rejected"'], Cause(21)),
        (['q.850;text="no, really; cause=99";CAUSE=17'], Cause(17)),
        (['SIP;cause=603;text="Decline"'], Cause(None, 603)),
        (['SIP;cause=486;text="user busy",Q.850;cause=17'], Cause(17, 486)),
        (['SIP;cause=480;text="a\\"b, c"', "Q.850;cause=19"], Cause(19, 480)),
        (
            ["X.int;reasoncode=0x0000030A;add-info=068C.0001.0001", 'SIP;cause=200;text="Call completed elsewhere"'],
            Cause(),
        ),
        (['Q.850;cause=1;text="never closed'], Cause(1)),
        (["Q.850;cause=0"], Cause(0)),
        (["Q.850;cause=16", "Q.850;cause=17"], Cause(16)),
        (["Q.850"], Cause()),
        (["Q.850;cause=abc"], Cause()),
        (["Q.850;cause=99999999999999999999"], Cause()),
        (["Q.850;cause=²¹"], Cause()),
        ([';;;=,,"', "", ",", "Problem to parse"], Cause()),
        ([], Cause()),
    ],
)
def test_the_reason_header_is_read_in_all_its_variants(headers: list[str], cause: Cause) -> None:
    assert read_cause(headers) == cause


@pytest.mark.parametrize(
    ("said", "cause"), [("21", 21), (" 17 ", 17), ("", None), ("x", None), ("²", None), ("-1", None)]
)
def test_asterisks_older_channel_says_the_cause_in_a_header_of_its_own(said: str, cause: int | None) -> None:
    assert read_cause([], said).q850 == cause
    assert read_cause(["Q.850;cause=3"], said).q850 == 3


@given(st.lists(st.text(alphabet='Q.850SIP;,="\\ causetx0123456789²é', max_size=60), max_size=4), st.text(max_size=8))
def test_no_text_of_a_server_breaks_the_reading_of_a_cause(headers: list[str], said: str) -> None:
    cause = read_cause(headers, said)

    assert cause.q850 is None or 0 <= cause.q850 <= 9999
    assert cause.sip is None or 300 <= cause.sip <= 699
    assert outcomes.of_number(cause.sip or 480, cause.q850).status in Status
