"""What the end of a leg means for a call: one table of SIP code × Q.850 cause × side.

A PBX and a gateway map the result of the telephone or the network behind them to one of a few SIP codes; the `Reason` header (RFC 3326) then
holds the original cause (ITU-T Q.850), which is finer and decides where it is specific. Looked up in this order: the code with the
cause, the cause, the code, the code's class.

Sources: RFC 3261 section 21 (codes), RFC 3398 sections 7.2.4.1 and 8.2.6.1 with ITU-T Q.1912.5 (code ↔ cause at gateways), RFC 5057 (codes
within a dialog), RFC 8197 and 8688 (607, 608), `hangup_cause2sip` and `hangup_sip2cause` of Asterisk's PJSIP channel (also answers of a real
Asterisk 22), and for FreeSWITCH its public bug reports, such as 732.

A declined call is BUSY with the reason `rejected`, because that is what most providers' webhooks and call lists make of it: a call must not
change its result when the provider's own record of it arrives. No refusal by the number's side is ever the operator's (`calls.reasons.FOLLOWS`).
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple

from calls.reasons import Reason
from calls.statuses import Status

Side = Literal["operator", "number"]


class DialOutcome(NamedTuple):
    status: Status
    reason: Reason = Reason.NONE


class Row(NamedTuple):
    """By the side whose leg ended like this before the two were joined."""

    number: DialOutcome
    operator: DialOutcome


def _failed(number: Reason, operator: Reason) -> Row:
    return Row(DialOutcome(Status.FAILED, number), DialOutcome(Status.FAILED, operator))


BUSY: Final = Row(DialOutcome(Status.BUSY), DialOutcome(Status.BUSY, Reason.OPERATOR_BUSY))
DECLINED: Final = Row(DialOutcome(Status.BUSY, Reason.REJECTED), DialOutcome(Status.BUSY, Reason.OPERATOR_REJECTED))
NOT_ANSWERED: Final = Row(DialOutcome(Status.NO_ANSWER), DialOutcome(Status.NO_ANSWER, Reason.OPERATOR_NO_ANSWER))
NO_SUCH_NUMBER: Final = _failed(Reason.NO_SUCH_NUMBER, Reason.OPERATOR_UNREACHABLE)
ABSENT: Final = _failed(Reason.UNREACHABLE, Reason.OPERATOR_UNREACHABLE)
NO_ROUTE: Final = _failed(Reason.NO_ROUTE, Reason.OPERATOR_UNREACHABLE)
NOT_ALLOWED: Final = _failed(Reason.FORBIDDEN, Reason.REFUSED)
NO_CODEC: Final = _failed(Reason.INCOMPATIBLE, Reason.OPERATOR_INCOMPATIBLE)
NOT_PLACED: Final = _failed(Reason.DIAL_FAILED, Reason.OPERATOR_UNREACHABLE)
NOT_UNDERSTOOD: Final = _failed(Reason.DIAL_FAILED, Reason.REFUSED)
CONGESTED: Final = _failed(Reason.CONGESTION, Reason.CONGESTION)
NOT_LOGGED_IN: Final = _failed(Reason.REFUSED, Reason.REFUSED)

BY_CODE_AND_CAUSE: Final[Mapping[tuple[int, int], Row]] = {
    (408, 102): NOT_ANSWERED,  # what RFC 3398 makes of a 408
    (480, 102): NOT_ANSWERED,
    # Asterisk answers 603 for each cause that it has no code of its own for.
    (603, 0): NOT_PLACED,
    (603, 16): NOT_ANSWERED,  # the dialplan came to its end, as after a Dial() that timed out
    (603, 31): NOT_ANSWERED,
    (
        603,
        127,
    ): NOT_PLACED,  # "interworking": the far side's answer was none it knows, such as a 302 (Asterisk issue 1819)
    (500, 127): NOT_PLACED,
}

BY_CAUSE: Final[Mapping[int, Row]] = {
    1: NO_SUCH_NUMBER,  # unallocated number
    2: NO_ROUTE,  # no route to the transit network
    3: NO_ROUTE,  # no route to the destination: Asterisk's 404 where a trunk is down
    4: NOT_PLACED,  # send special information tone
    5: NOT_PLACED,  # misdialed trunk prefix
    17: BUSY,
    18: NOT_ANSWERED,  # no user responding
    19: NOT_ANSWERED,  # no answer from the user, who was alerted
    20: ABSENT,  # subscriber absent
    21: DECLINED,  # call rejected: a real Asterisk makes 403 with it of a 603
    22: NO_SUCH_NUMBER,  # number changed
    23: ABSENT,  # redirected to a new destination
    25: NO_ROUTE,  # exchange routing error
    27: ABSENT,  # destination out of order
    28: NO_SUCH_NUMBER,  # invalid number format
    29: NOT_ALLOWED,  # facility rejected
    34: CONGESTED,  # no circuit available
    38: CONGESTED,  # network out of order
    41: CONGESTED,  # temporary failure
    42: CONGESTED,  # switching equipment congestion
    44: CONGESTED,  # requested circuit not available
    47: CONGESTED,  # resource unavailable
    50: NOT_ALLOWED,  # facility not subscribed
    52: NOT_ALLOWED,  # outgoing calls barred
    53: NOT_ALLOWED,
    54: NOT_ALLOWED,  # incoming calls barred
    55: NOT_ALLOWED,
    57: NOT_ALLOWED,  # bearer capability not authorized
    58: NO_CODEC,  # bearer capability not available: Asterisk's for a 488 and a 606
    63: NOT_ALLOWED,  # service or option not available
    65: NO_CODEC,  # bearer capability not implemented
    66: NOT_PLACED,  # channel type not implemented
    69: NOT_ALLOWED,  # requested facility not implemented
    70: NO_CODEC,  # only restricted digital information
    79: NO_CODEC,  # service or option not implemented: gateways' for a 415
    87: NOT_ALLOWED,  # not a member of the closed user group
    88: NO_CODEC,  # incompatible destination
    102: ABSENT,  # recovery on timer expiry: Asterisk's for a 504 of its trunk, and for none of its telephones
}
"""Causes that say no more than the code (normal clearing, normal unspecified, protocol errors) are left out: then the code decides."""

BY_CODE: Final[Mapping[int, Row]] = {
    401: NOT_LOGGED_IN,
    402: NOT_ALLOWED,
    403: NOT_ALLOWED,
    404: NO_SUCH_NUMBER,
    406: NO_CODEC,
    407: NOT_LOGGED_IN,
    408: NOT_ANSWERED,
    410: NO_SUCH_NUMBER,
    415: NO_CODEC,
    480: NOT_ANSWERED,
    484: NO_SUCH_NUMBER,
    485: NO_SUCH_NUMBER,
    486: BUSY,
    487: NOT_ANSWERED,
    488: NO_CODEC,
    504: ABSENT,
    600: BUSY,
    603: DECLINED,
    604: NO_SUCH_NUMBER,
    606: NO_CODEC,
    607: DECLINED,  # unwanted: the user has said so
    608: NOT_ALLOWED,  # rejected by the network's analysis of callers, not by the user
}
BY_CLASS: Final[Mapping[int, Row]] = {
    3: ABSENT,  # a redirection, which the dialer does not follow
    4: NOT_UNDERSTOOD,
    5: CONGESTED,
    6: NOT_ALLOWED,
}

NO_SOUND_CAUSE: Final = 44
"""On a BYE: Asterisk's `rtp_timeout`."""
EARLY_ANSWER_CAUSES: Final = frozenset({1, 3, 17, 18, 19, 20, 21, 22, 28, 58, 88})
"""On a BYE before the two were joined: the PBX had answered before the telephone behind it did."""

REFUSED: Final = DialOutcome(Status.FAILED, Reason.REFUSED)
LOST: Final = DialOutcome(Status.FAILED, Reason.LOST)
SERVER_UNREACHABLE: Final = DialOutcome(Status.FAILED, Reason.SERVER_UNREACHABLE)
CANCELED: Final = DialOutcome(Status.CANCELED)


def of_hang_up(side: Side, cause: int | None = None) -> DialOutcome:
    """The call's result when that side ended it after it had answered and before the two were joined.

    The operator's side then never passes the call on to the next operator, as the number's telephone may have rung.
    """
    if cause == NO_SOUND_CAUSE:
        return DialOutcome(Status.FAILED, Reason.NO_SOUND)
    if side == "operator":
        return DialOutcome(Status.CANCELED, Reason.OPERATOR_HUNG_UP)
    if cause in EARLY_ANSWER_CAUSES:
        return BY_CAUSE[cause].number
    return DialOutcome(Status.CANCELED, Reason.NUMBER_HUNG_UP)


def of_refused_media(side: Side, code: int, *, both_answered: bool) -> DialOutcome:
    """The call's result when that side's telephone, which had answered, did not take the other one's media."""
    row = BY_CODE.get(code)
    if not both_answered:
        return NO_CODEC.operator if side == "operator" else NO_CODEC.number
    return NO_CODEC.number if row is NO_CODEC else NOT_PLACED.number


def of_number(code: int, cause: int | None = None, *, logged_in: bool = False) -> DialOutcome:
    """The call's result when the number's leg ended like this before it was answered.

    logged_in: whether the server has taken the account's credentials for the leg before, so that a challenge is not about them.
    """
    row = _row(code, cause)
    return NOT_ALLOWED.number if logged_in and row is NOT_LOGGED_IN else row.number


def of_operator(code: int, cause: int | None = None, *, rang: bool) -> DialOutcome:
    """The call's result when the operator's own leg ended like this.

    rang: whether the telephone had rung. A 480 or 408 without ringing is what servers answer for a telephone that is not registered.
    """
    row = _row(code, cause)
    return ABSENT.operator if row is NOT_ANSWERED and not rang else row.operator


def _row(code: int, cause: int | None) -> Row:
    if cause is not None:
        known = BY_CODE_AND_CAUSE.get((code, cause)) or BY_CAUSE.get(cause)
        if known is not None:
            return known
    return BY_CODE.get(code) or BY_CLASS[min(max(code // 100, 3), 6)]
