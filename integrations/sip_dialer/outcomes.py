"""What a final SIP response means for a call.

The second leg decides. A declined call (603) is BUSY with the reason `rejected`, because that is what Asterisk, and with it most operators'
webhooks and call lists, makes of it: a call must not change its result when the operator's own record of it arrives.
"""

from typing import NamedTuple

from calls.statuses import Status


class Outcome(NamedTuple):
    status: Status
    reason: str = ""


_BUSY, _DECLINED = frozenset({486, 600}), frozenset({603, 607})
_NO_ANSWER = frozenset({408, 480, 487})
_UNREACHABLE = frozenset({404, 410, 416, 484, 485, 604})

LOST = Outcome(Status.FAILED, "lost")
"""We do not know how it ended."""
SERVER_UNREACHABLE = Outcome(Status.FAILED, "server_unreachable")
"""The server's name has no address, or nothing answers there."""
REFUSED = Outcome(Status.FAILED, "refused")
CANCELED = Outcome(Status.CANCELED)


def of_number(code: int) -> Outcome:
    """The call's result when the number's leg ended with this code before it was answered."""
    if code in _BUSY:
        return Outcome(Status.BUSY)
    if code in _DECLINED:
        return Outcome(Status.BUSY, "rejected")
    if code in _NO_ANSWER:
        return Outcome(Status.NO_ANSWER)
    if code in _UNREACHABLE:
        return Outcome(Status.FAILED, "unreachable")
    if 500 <= code <= 599:
        return Outcome(Status.FAILED, "congestion")
    return REFUSED


def of_operator(code: int, *, rang: bool) -> Outcome:
    """The call's result when the operator's own telephone ended it with this code; the number was never dialed.

    rang: whether the telephone had rung. A 480 or 408 without ringing is what servers answer for a telephone that is not registered.
    """
    if code in _BUSY:
        return Outcome(Status.BUSY, "operator_busy")
    if code in _DECLINED:
        return Outcome(Status.BUSY, "operator_rejected")
    if code in _NO_ANSWER and rang:
        return Outcome(Status.NO_ANSWER, "operator_no_answer")
    if code in _NO_ANSWER | _UNREACHABLE:
        return Outcome(Status.FAILED, "operator_unreachable")
    return of_number(code)
