"""The legs of a call as Twilio's callbacks tell of them: the first one, whom TwiML picked up or who is rung first, and the second, which its
`<Dial>` rings. How they make one call: docs/providers/twilio.md."""

import re
from collections.abc import Mapping
from dataclasses import replace

from calls.events import CallEvent
from calls.reasons import Reason
from calls.sentences import _
from calls.statuses import RESULTS, Kind, Source, Status
from integrations.providers.foundation.field_values import read_caller, read_kind, read_number, read_seconds
from integrations.providers.foundation.provider import Unreadable
from sips.phone_numbers import is_withheld

_OPERATOR_REASONS = {
    Status.BUSY: Reason.OPERATOR_BUSY,
    Status.NO_ANSWER: Reason.OPERATOR_NO_ANSWER,
    Status.FAILED: Reason.OPERATOR_UNREACHABLE,
}
_NO_SUCH_NUMBER = frozenset({"404", "484", "604"})
"""SIP answers (`SipResponseCode`): not found, address incomplete, does not exist anywhere. `failed` by itself says no more than that the call could
not be placed: the telephone may be on again in ten minutes."""
SOFTPHONES = ("client:", "sip:", "sips:")
_NUMBERED = re.compile(r"sips?:(?:\+|%2b)?\d{7,15}[@;]", re.ASCII)
_OF_TWILIO = re.compile(r"@[^@:;?]+\.sip\.(?:[a-z0-9]+\.)?twilio\.com(?:[:;?]|$)", re.ASCII)


def second_leg(event: CallEvent, fields: Mapping[str, str]) -> CallEvent:
    """The second leg, which decides. `completed` is an answer only when there was talk; else the callback `answered` may still prove it.
    Whether it rings staff or a customer is not said; the address we gave may say it, as `?kind=incoming` or `?first=customer`."""
    status, source = event.status, Source.EVENT
    talk = read_seconds(fields.get("callduration", ""))
    if status is Status.QUEUED:
        status = Status.DIALING
    if status is Status.ANSWERED and not talk:
        status, source = Status.NO_ANSWER, Source.DERIVED
    kind = read_kind(fields.get("kind", ""))
    rung = read_number(fields.get("to", ""))
    after_customer = fields.get("first") == "customer"
    is_staff = after_customer or kind is Kind.INCOMING or (kind is None and is_softphone(fields.get("to", "")))
    reasons = _OPERATOR_REASONS if after_customer else {Status.FAILED: _why_failed(fields)}
    return replace(
        event,
        status=status,
        source=source,
        reason=reasons.get(status, Reason.NONE) if status else Reason.NONE,
        kind=kind,
        number_from=read_caller(fields.get("from", "")),
        number_to="" if is_staff else rung,
        line=rung if is_staff else "",
        talk_seconds=talk if status is Status.ANSWERED else None,
    )


def first_leg(event: CallEvent, fields: Mapping[str, str]) -> CallEvent:
    """The first leg: a caller whom TwiML picked up, or whoever is rung first. None of it is an answer, so its results are only derived;
    but a customer who was rung first and could not be had decides the call."""
    caller, called = read_caller(fields.get("from", "")), read_number(fields.get("to", ""))
    status, is_customer = event.status, fields.get("first") == "customer"
    match fields.get("direction"):
        case "outbound-api" if is_customer:
            reason = _why_failed(fields) if status is Status.FAILED else Reason.NONE
            event = replace(event, kind=Kind.OUTGOING, number_from=caller, number_to=called, reason=reason)
        case "outbound-api":
            reason = _OPERATOR_REASONS.get(status, Reason.NONE) if status else Reason.NONE
            event = replace(event, kind=Kind.OUTGOING, number_from=caller, line=called, reason=reason)
        case "inbound" if is_softphone(fields.get("from", "")):
            event = replace(event, kind=Kind.OUTGOING, number_to=called, line=caller)
        case "inbound":
            event = replace(event, kind=Kind.INCOMING, number_from=caller, number_to=called)
        case _:
            raise Unreadable(_("A call without ParentCallSid must have the Direction inbound or outbound-api."))
    if status in RESULTS:
        if is_customer and status is not Status.ANSWERED:
            return event
        return replace(event, status=Status.NO_ANSWER if status is Status.ANSWERED else status, source=Source.DERIVED)
    if status is None:
        return event
    if event.kind is Kind.OUTGOING and not (is_customer and status in (Status.RINGING, Status.IN_PROGRESS)):
        return replace(event, status=Status.DIALING)
    return replace(event, status=Status.QUEUED if status is Status.QUEUED else Status.RINGING)


def is_softphone(address: str) -> bool:
    """Whether it is a telephone of ours and not somebody behind a carrier's or an SBC's trunk (BYOC), whose address has a telephone number before
    the `@`, or a word for a withheld one. Telephones registered with Twilio have its own host."""
    address = address.lower()
    if not address.startswith(SOFTPHONES) or _OF_TWILIO.search(address):
        return address.startswith(SOFTPHONES)
    return address.startswith("client:") or not (_NUMBERED.match(address) or is_withheld(address))


def _why_failed(fields: Mapping[str, str]) -> Reason:
    return Reason.NO_SUCH_NUMBER if fields.get("sipresponsecode") in _NO_SUCH_NUMBER else Reason.UNREACHABLE
