"""Twilio Voice: calls (https://www.twilio.com/docs/voice/api/call-resource) and their status callbacks, of a call and of the
`<Number>`, `<Sip>` or `<Client>` that its `<Dial>` rings. How the legs make one call: docs/providers/twilio.md."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import quote, urlencode
from xml.sax.saxutils import escape, quoteattr

from calls.statuses import RESULTS, Kind, Source, Status
from integrations.decoding import decode
from integrations.events import Account, CallEvent, CallPage, Delivery, DialOrder, OutboundRequest, OutboundResponse
from integrations.field_map import check_call_id
from integrations.field_values import read_kind, read_link, read_number, read_reference, read_seconds, read_time
from integrations.operator_api import (
    FORM,
    address,
    answer_fields,
    answer_json,
    basic_authorization,
    credential,
    form,
    refusal,
    required,
    rows,
    text,
)
from integrations.provider import Provider, Unreadable, Untrusted, provider_word
from integrations.signatures import is_signed_by_address_and_form

_OPERATOR_REASONS = {Status.BUSY: "operator_busy", Status.NO_ANSWER: "operator_no_answer", Status.FAILED: "operator_unreachable"}  # fmt: skip
_API = "https://api.twilio.com"
_EVENTS = ("initiated", "ringing", "answered", "completed")
_PAGE_ROWS = 200
_LEG = (
    *(("callsid", "sid"), ("parentcallsid", "parent_call_sid"), ("callstatus", "status"), ("callduration", "duration")),
    *((name, name) for name in ("from", "to", "direction")),
)
"""The fields of a callback, and those of a leg in the list."""


class Twilio(Provider):
    slug = "twilio"
    name = "Twilio"
    evidence = "documented"
    signed = True
    can_dial = True
    can_list = True
    statuses: ClassVar[Mapping[str, Status]] = {
        "QUEUED": Status.QUEUED,
        "INITIATED": Status.DIALING,
        "RINGING": Status.RINGING,
        "IN PROGRESS": Status.IN_PROGRESS,
        "COMPLETED": Status.ANSWERED,
        "BUSY": Status.BUSY,
        "NO ANSWER": Status.NO_ANSWER,
        "FAILED": Status.FAILED,
        "CANCELED": Status.CANCELED,
    }

    def verify(self, delivery: Delivery, account: Account) -> None:
        if not account.api_key:
            raise Untrusted("Twilio signs with the Auth Token: put it into the configuration's api_key.")
        signature = delivery.headers.get("x-twilio-signature", "")
        if not is_signed_by_address_and_form(delivery, signature, account.api_key):
            raise Untrusted("The signature is missing, or not made with the api_key for an address under PUBLIC_URL.")

    def parse(self, delivery: Delivery, account: Account) -> Iterable[CallEvent]:
        fields = decode(delivery)
        if not fields.get("callstatus") and "recordingsid" in fields:
            return []
        return [_at(self._read(fields), read_time(fields.get("timestamp", ""), account.time_zone))]

    def _read(self, fields: Mapping[str, str]) -> CallEvent:
        status = self.statuses.get(provider_word(fields.get("callstatus", "")))
        if status is None and "callduration" not in fields:
            raise Unreadable("CallStatus is missing or unknown, and without CallDuration it is not known to be an end.")
        parent = fields.get("parentcallsid", "")
        event = CallEvent(
            provider_call_id=check_call_id(parent or fields.get("callsid", ""), missing="The callback has no CallSid."),
            status=status,
            provider_status=fields.get("callstatus", ""),
            reference=read_reference(fields.get("ref", "")),
            recording_url=read_link(fields.get("recordingurl", "")),
        )
        return _child(event, fields) if parent else _parent(event, fields)

    def dial(self, order: DialOrder, account: Account) -> OutboundRequest:
        """The first leg is called by the API, the second by its TwiML; both report to our address, which says whom they rang."""
        line = _telephone(order)
        caller_id = required(order.caller_id, "Give the configuration a main number: one of Twilio's, to present.")
        first, second = (order.number, line) if order.customer_first else (line, order.number)
        callback = order.callback_url + "&kind=outgoing" + ("&first=customer" if order.customer_first else "")
        twiml = _twiml(second, caller_id, callback)
        fields = [("To", first), ("From", caller_id), ("Twiml", twiml), ("StatusCallback", callback)]
        fields += [("StatusCallbackEvent", event) for event in _EVENTS]
        return OutboundRequest(
            method="POST",
            url=address(account, _API, f"{_calls_path(account)}.json"),
            headers={**_headers(account), "Content-Type": FORM},
            body=form(fields),
        )

    def read_dialed(self, response: OutboundResponse, account: Account) -> str:
        """The first leg's id, which is the call's."""
        if response.status not in (200, 201):
            raise refusal(response, account, self.name)
        return check_call_id(answer_fields(response).get("sid", ""), missing="Twilio answered without the call's sid.")

    def list_calls(self, since: datetime, until: datetime, account: Account) -> OutboundRequest:
        first, last = (f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" for moment in (since, until))
        query = urlencode({"StartTime>": first, "StartTime<": last, "PageSize": str(_PAGE_ROWS)})
        return _get(f"{_calls_path(account)}.json?{query}", account)

    def read_calls(self, response: OutboundResponse, account: Account) -> CallPage:
        """Legs that have ended. What rang a leg is known from its first leg, where that is on the same page."""
        if response.status != 200:
            raise refusal(response, account, self.name)
        content = answer_json(response, self.name)
        legs = rows(content, "calls")
        firsts = {text(leg, "sid"): leg for leg in legs if not text(leg, "parent_call_sid")}
        events = [self._listed(leg, firsts.get(text(leg, "parent_call_sid")), account) for leg in legs]
        path = text(content, "next_page_uri")
        if path and not path.startswith(_calls_path(account)):  # the key goes nowhere else
            raise Unreadable("Twilio's list continues at another place.")
        ended = [event for event in events if event and event.is_end]
        return CallPage(events=ended, next=_get(path, account) if path else None)

    def _listed(self, leg: Mapping[str, Any], first: Mapping[str, Any] | None, account: Account) -> CallEvent | None:
        fields = {ours: text(leg, theirs) for ours, theirs in _LEG if text(leg, theirs)} | {"kind": _kind_of(first)}
        try:
            event = self._read(fields)
        except Unreadable:
            return None  # other directions, such as of a trunk, are none of ours
        is_placed = first is None or text(first, "direction") == "outbound-api"
        if fields.get("parentcallsid") and is_placed:  # which of the two it rang, the list does not say
            event = replace(event, number_from="", number_to="", line="")
        moments = {name: read_time(text(leg, f"{name}_time"), account.time_zone) for name in ("start", "end")}
        source = Source.LIST if event.source is Source.EVENT else event.source
        return replace(event, source=source, started_at=moments["start"], ended_at=moments["end"])


def _child(event: CallEvent, fields: Mapping[str, str]) -> CallEvent:
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
    is_staff = after_customer or kind is Kind.INCOMING or (kind is None and _is_softphone(fields, "to"))
    reasons = _OPERATOR_REASONS if after_customer else {Status.FAILED: "unreachable"}
    return replace(
        event,
        status=status,
        source=source,
        reason=reasons.get(status, "") if status else "",
        kind=kind,
        number_from=read_number(fields.get("from", "")),
        number_to="" if is_staff else rung,
        line=rung if is_staff else "",
        talk_seconds=talk if status is Status.ANSWERED else None,
    )


def _parent(event: CallEvent, fields: Mapping[str, str]) -> CallEvent:
    """The first leg: a caller whom TwiML picked up, or whoever is rung first. None of it is an answer, so its results are only derived;
    but a customer who was rung first and could not be had decides the call."""
    caller, called = read_number(fields.get("from", "")), read_number(fields.get("to", ""))
    status, is_customer = event.status, fields.get("first") == "customer"
    match fields.get("direction"):
        case "outbound-api" if is_customer:
            reason = "unreachable" if status is Status.FAILED else ""
            event = replace(event, kind=Kind.OUTGOING, number_from=caller, number_to=called, reason=reason)
        case "outbound-api":
            reason = _OPERATOR_REASONS.get(status, "") if status else ""
            event = replace(event, kind=Kind.OUTGOING, number_from=caller, line=called, reason=reason)
        case "inbound" if _is_softphone(fields, "from"):
            event = replace(event, kind=Kind.OUTGOING, number_to=called, line=caller)
        case "inbound":
            event = replace(event, kind=Kind.INCOMING, number_from=caller, number_to=called)
        case _:
            raise Unreadable("A call without ParentCallSid must have the Direction inbound or outbound-api.")
    if status in RESULTS:
        if is_customer and status is not Status.ANSWERED:
            return event
        return replace(event, status=Status.NO_ANSWER if status is Status.ANSWERED else status, source=Source.DERIVED)
    if status is None:
        return event
    if event.kind is Kind.OUTGOING and not (is_customer and status in (Status.RINGING, Status.IN_PROGRESS)):
        return replace(event, status=Status.DIALING)
    return replace(event, status=Status.QUEUED if status is Status.QUEUED else Status.RINGING)


def _at(event: CallEvent, moment: datetime | None) -> CallEvent:
    """The event with its own time where that belongs."""
    if event.is_end:
        return replace(event, ended_at=moment)
    if event.status is Status.IN_PROGRESS:
        return replace(event, answered_at=moment)
    return replace(event, started_at=moment)


def _is_softphone(fields: Mapping[str, str], side: str) -> bool:
    return fields.get(side, "").startswith(("client:", "sip:", "sips:"))


def _telephone(order: DialOrder) -> str:
    """Where Twilio finds the line: a number, or an address of `sip:` or `client:`."""
    if order.line_login.startswith(("sip:", "sips:", "client:")):
        return order.line_login
    return required(
        order.line_number,
        "Twilio cannot ring this line: give it a telephone number, or a SIP login such as sip:anna@example.sip.twilio.com.",
    )


def _twiml(telephone: str, caller_id: str, callback: str) -> str:
    noun = {"sip": "Sip", "sips": "Sip", "client": "Client"}.get(telephone.partition(":")[0], "Number")
    shown = telephone.removeprefix("client:")
    marks = f"statusCallback={quoteattr(callback)} statusCallbackEvent={quoteattr(' '.join(_EVENTS))}"
    return f"<Response><Dial callerId={quoteattr(caller_id)}><{noun} {marks}>{escape(shown)}</{noun}></Dial></Response>"


def _kind_of(first: Mapping[str, Any] | None) -> str:
    """Of a second leg by its first one: `kind` as in our callbacks' addresses."""
    if first is None:
        return ""
    is_ours = text(first, "direction") == "outbound-api" or _is_softphone({"from": text(first, "from")}, "from")
    return Kind.OUTGOING.value if is_ours else Kind.INCOMING.value


def _calls_path(account: Account) -> str:
    sid = required(account.api_login, "Put the Account SID into the configuration's api_login.")
    return f"/2010-04-01/Accounts/{quote(sid, safe='')}/Calls"


def _get(path: str, account: Account) -> OutboundRequest:
    return OutboundRequest(method="GET", url=address(account, _API, path), headers=_headers(account))


def _headers(account: Account) -> dict[str, str]:
    key = credential(account.api_key, "Put the Auth Token into the configuration's api_key.")
    return {"Authorization": basic_authorization(account.api_login, key), "Accept": "application/json"}
