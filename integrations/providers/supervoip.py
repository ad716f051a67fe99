"""SuperVoIP. The webhook's field names are known from a customer's public code, its wire format and most result words are not; the REST API
is documented in part (docs/providers/supervoip.md)."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlencode

from calls.statuses import RESULTS, Kind, Source, Status
from integrations.events import Account, CallEvent, CallPage, Delivery, DialOrder, OutboundRequest, OutboundResponse
from integrations.exchange import (
    digits,
    query_of,
    read_object,
    read_settings,
    refusal,
    rows_at,
    text_at,
    with_query,
    words_at,
)
from integrations.field_map import CANDIDATES, FieldMap, check_call_id
from integrations.field_values import read_number, read_reference, read_seconds, read_time
from integrations.provider import InvalidSettings, Provider, Refused, Unreadable, provider_word

_API = "https://restapi.supervoip.pl"
_FIELDS = {
    **CANDIDATES,
    "event": ("status",),
    "call_id": ("callid", "uniqueid"),
    "from": ("numbera",),
    "to": ("numberb",),
    "line": ("sipnumber",),
    "direction": ("direction",),
    "status": ("disposition",),
    "talk_seconds": ("billseconds",),
    "event_time": ("createdat",),
}
_REASONS = {"CHANUNAVAIL": "unreachable", "CONGESTION": "congestion"}
_SIP = re.compile(r"/api/sips/[0-9]+", re.ASCII)
_POLISH = re.compile(r"\+48([0-9]{9})", re.ASCII)
_HINTS = {
    400: "It does not understand the order; check settings.dial.sips and the number.",
    401: "It does not know the key in api_key.",
    403: "The key in api_key may not do this; the service SuperVoIP API must be paid for and switched on.",
    404: "It does not know the address; check api_url and settings.dial.sips.",
    429: "It takes one request a second; try again.",
}
_PAGE = 100


class SuperVoip(Provider):
    slug = "supervoip"
    name = "SuperVoIP"
    evidence = "observed"
    can_dial = True
    can_list = True
    seconds_between_dials = 1
    statuses: ClassVar[Mapping[str, Status]] = {
        "QUEUESTART": Status.QUEUED,
        "CALLSTART": Status.RINGING,
        "ANSWER": Status.ANSWERED,
        "ANSWERED": Status.ANSWERED,
        "NO ANSWER": Status.NO_ANSWER,
        "NOANSWER": Status.NO_ANSWER,
        "BUSY": Status.BUSY,
        "CANCEL": Status.CANCELED,
        "FAILED": Status.FAILED,
        "CHANUNAVAIL": Status.FAILED,
        "CONGESTION": Status.FAILED,
    }
    field_map = FieldMap(
        events={"QUEUESTART": "queuestart", "CALLSTART": "callstart", "CALLEND": "callend"},
        statuses=statuses,
        fields=_FIELDS,
        other_settings=("dial",),
    )

    def validate_settings(self, settings: Mapping[str, Any]) -> None:
        self.field_map.configured(settings)
        _sips(settings)

    def parse(self, delivery: Delivery, account: Account) -> Iterable[CallEvent]:
        reading = self.field_map.read(delivery, account)
        event = reading.tell(reading.event(delivery.event), reasons=_REASONS)
        return [replace(event, reference=_echoed(event.provider_call_id))]

    def dial(self, order: DialOrder, account: Account) -> OutboundRequest:
        sip = read_settings(_sips, account).get(order.line)
        if not sip:
            raise Refused(f"settings.dial.sips does not say which SIP account of {self.name} line “{order.line}” is.")
        number = _POLISH.fullmatch(order.number)
        body = {
            "sip": sip,
            "toNumber": number[1] if number else digits(order.number),
            "callId": order.reference,
        }
        return OutboundRequest(
            method="POST",
            url=f"{_base(account)}/api/asterisk/do_call",
            headers={**_headers(account), "Content-Type": "application/json"},
            body=json.dumps(body).encode(),
        )

    def read_dialed(self, response: OutboundResponse, account: Account) -> str:
        """What the answer holds is not documented, so no id is read from it; whether webhooks echo our reference is to be seen."""
        if not 200 <= response.status < 300:
            raise _refusal(response, account)
        return ""

    def list_calls(self, since: datetime, until: datetime, account: Account) -> OutboundRequest:
        names = read_settings(self.field_map.configured, account)
        if names.fields["call_id"][0] != "callid":
            raise Refused("The list has no other id than callId, but settings.fields.call_id takes another one.")
        query = {
            "callStart[after]": since.astimezone(account.time_zone).isoformat(timespec="seconds"),
            "callStart[before]": until.astimezone(account.time_zone).isoformat(timespec="seconds"),
            "order[callStart]": "asc",
            "itemsPerPage": str(_PAGE),
            "page": "1",
        }
        return self._page(f"{_base(account)}/api/incoming_calls?{urlencode(query)}", account)

    def read_calls(self, response: OutboundResponse, account: Account) -> CallPage:
        if response.status != 200:
            raise _refusal(response, account)
        document = read_object(response)
        rows = rows_at(document, "hydra:member", "member")
        statuses = read_settings(self.field_map.configured, account).statuses
        page = int(text if (text := query_of(response.url).get("page", "")).isdecimal() else "1")
        total = read_seconds(text_at(document, "hydra:totalItems") or text_at(document, "totalItems"))
        more = page * len(rows) < total if total is not None else len(rows) >= _PAGE
        following = self._page(with_query(response.url, page=str(page + 1)), account) if rows and more else None
        return CallPage(events=[_listed(row, statuses, account) for row in rows], next=following)

    def _page(self, url: str, account: Account) -> OutboundRequest:
        return OutboundRequest(method="GET", url=url, headers=_headers(account))


def _base(account: Account) -> str:
    return (account.api_url or _API).rstrip("/")


def _headers(account: Account) -> dict[str, str]:
    if not account.api_key:
        raise Refused("SuperVoIP needs a key of its REST API: put it into the configuration's api_key.")
    return {"Authorization": f"Bearer {account.api_key}", "Accept": "application/ld+json"}


def _refusal(response: OutboundResponse, account: Account) -> Refused:
    words = words_at(response, account, "detail", "hydra:description", "violations.0.message", "message")
    return refusal(SuperVoip.name, response, words=words, hint=_HINTS.get(response.status, ""))


def _sips(settings: Mapping[str, Any]) -> Mapping[str, str]:
    """From a line's SIP number to the operator's address of that account."""
    dial = settings.get("dial", {})
    if not isinstance(dial, Mapping) or set(dial) - {"sips"}:
        raise InvalidSettings("dial", 'must be an object such as {"sips": {"100": "/api/sips/1250000"}}.')
    sips = dial.get("sips", {})
    if not isinstance(sips, Mapping):
        raise InvalidSettings("dial.sips", 'must be an object such as {"100": "/api/sips/1250000"}.')
    for line, sip in sips.items():
        if not isinstance(sip, str) or not _SIP.fullmatch(sip):
            raise InvalidSettings(f"dial.sips.{line}", "must be the account's address, such as /api/sips/1250000.")
    return sips


def _echoed(call_id: str) -> str:
    """Our reference, should the operator make it the call's id, with or without the host that its own ids have."""
    return read_reference(call_id.partition("@")[0])


def _listed(row: Mapping[str, Any], statuses: Mapping[str, Status], account: Account) -> CallEvent:
    """An incoming call. An answer that nobody picked up, as the list itself says, is no word we can read."""
    word = text_at(row, "disposition")
    status = statuses.get(provider_word(word))
    if status not in RESULTS or (status is Status.ANSWERED and text_at(row, "pickedUp") == "false"):
        status = None
    started_at = _start(row, account)
    seconds = read_seconds(text_at(row, "duration"))
    call_id = check_call_id(text_at(row, "callId"), missing="A call of the list has no callId.")
    return CallEvent(
        provider_call_id=call_id,
        status=status,
        source=Source.LIST,
        provider_status=word or "incoming_calls",
        reason="" if status is None else _REASONS.get(provider_word(word), ""),
        kind=Kind.INCOMING,
        number_from=read_number(text_at(row, "callerNumber")),
        number_to=read_number(text_at(row, "calledNumber")),
        started_at=started_at,
        ended_at=started_at + timedelta(seconds=seconds or 0),
        talk_seconds=seconds if status is Status.ANSWERED else None,
        reference=_echoed(call_id),
    )


def _start(row: Mapping[str, Any], account: Account) -> datetime:
    """The day and the time of day are apart; should each come as a whole timestamp, its other half is not meant."""
    day, clock = text_at(row, "date")[:10], text_at(row, "time")
    moment = read_time(f"{day} {(clock.partition('T')[2] or clock)[:8]}", account.time_zone)
    if moment is None:
        raise Unreadable("A call of the list has no date and time that can be read.")
    return moment
