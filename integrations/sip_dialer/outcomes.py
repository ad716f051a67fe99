"""From the final answer of a telephone (RFC 3261, section 21) to the result of the call. A table, no rule hidden elsewhere."""

from typing import NamedTuple

from calls.statuses import Status


class Outcome(NamedTuple):
    status: Status
    reason: str = ""


_REFUSED = Outcome(Status.FAILED, "refused")
_CONGESTED = Outcome(Status.FAILED, "congestion")
_UNREACHABLE = Outcome(Status.FAILED, "unreachable")
_OPERATOR_UNREACHABLE = Outcome(Status.FAILED, "operator_unreachable")
_OPERATOR_NO_ANSWER = Outcome(Status.NO_ANSWER, "operator_no_answer")

_OF_BOTH = dict.fromkeys((401, 402, 403, 407), _REFUSED)
"The account may not make this call: wrong password, not allowed there, no money."

_OF_NUMBER = {
    **_OF_BOTH,
    **dict.fromkeys((486, 600), Outcome(Status.BUSY)),
    **dict.fromkeys((408, 480, 487), Outcome(Status.NO_ANSWER)),
    **dict.fromkeys((433, 603, 607, 608), Outcome(Status.NO_ANSWER, "rejected")),
    **dict.fromkeys((404, 410, 414, 416, 484, 485, 604), _UNREACHABLE),
}

_OF_OPERATOR = {
    **_OF_BOTH,
    **dict.fromkeys((486, 600), Outcome(Status.BUSY, "operator_busy")),
    **dict.fromkeys((408, 487), _OPERATOR_NO_ANSWER),
    **dict.fromkeys((433, 603, 607, 608), Outcome(Status.NO_ANSWER, "operator_rejected")),
    **dict.fromkeys((404, 410, 414, 416, 480, 484, 485, 604), _OPERATOR_UNREACHABLE),
}

OPERATOR_RANG_OUT = _OPERATOR_NO_ANSWER
NUMBER_RANG_OUT = Outcome(Status.NO_ANSWER)
SERVER_SILENT = _UNREACHABLE
NOT_JOINED = Outcome(Status.FAILED, "not_joined")
"Both answered, but one of them refused the other's sound."
LOST = Outcome(Status.FAILED, "lost")
"A telephone vanished before the two could talk."
CANCELED = Outcome(Status.CANCELED)
BROKEN = Outcome(Status.FAILED)


def of_number(code: int) -> Outcome:
    """What the final answer of the number's leg means. A redirection (3xx) is not followed: it could lead to any price."""
    return _OF_NUMBER.get(code) or _of_class(code, elsewhere=_UNREACHABLE)


def of_operator(code: int) -> Outcome:
    """What the final answer of the operator's leg means."""
    return _OF_OPERATOR.get(code) or _of_class(code, elsewhere=_OPERATOR_UNREACHABLE)


def _of_class(code: int, *, elsewhere: Outcome) -> Outcome:
    if 300 <= code < 400:
        return elsewhere
    if 500 <= code < 600:
        return _CONGESTED
    return BROKEN
