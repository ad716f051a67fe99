"""Zadarma. Fields, results and signatures are those of the operator's own SDKs, github.com/zadarma/user-api-v1 (lib/Webhook, lib/Api) and
user-api-py-v1. A webhook's signature does not cover event, result and length (docs/providers/zadarma.md)."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

from calls.statuses import RESULTS, Kind, Source, Status
from integrations.decoding import decode
from integrations.events import Account, CallEvent, CallPage, Delivery, DialOrder, OutboundRequest, OutboundResponse
from integrations.field_map import check_call_id
from integrations.field_values import read_number, read_seconds, read_time
from integrations.operator_api import (
    address,
    answer_fields,
    answer_json,
    credential,
    digits,
    refusal,
    required,
    rows,
    text,
    wall_clock,
)
from integrations.provider import Provider, Unreadable, Untrusted, provider_word

_INCOMING = ("caller_id", "called_did", "call_start")
_OUTGOING = ("internal", "destination", "call_start")
_RESULT = ("result",)
_SIGNED_FIELDS = {
    "NOTIFY START": _INCOMING,
    "NOTIFY IVR": _INCOMING,
    "NOTIFY INTERNAL": _INCOMING,
    "NOTIFY ANSWER": ("caller_id", "destination", "call_start"),
    "NOTIFY END": _INCOMING,
    "NOTIFY OUT START": _OUTGOING,
    "NOTIFY OUT END": _OUTGOING,
    "NOTIFY RECORD": ("pbx_call_id", "call_id_with_rec"),
    "SPEECH RECOGNITION": _RESULT,
    "SMS": _RESULT,
}
_SILENT = frozenset({"NOTIFY RECORD", "SPEECH RECOGNITION", "SMS"})
"""Tell of no call's progress. A recording's link is made on demand and dies, so there is none to keep."""
_REASONS = {
    "NO MONEY": "refused",
    "NO MONEY, NO LIMIT": "refused",
    "UNALLOCATED NUMBER": "unreachable",
    "NO LIMIT": "congestion",
    "NO DAY LIMIT": "congestion",
    "LINE LIMIT": "congestion",
}
_LONGEST_ECHO = 256
_SHORTEST_INTERNATIONAL = 11
_LONGEST_EXTENSION = 6
_API = "https://api.zadarma.com"
_PAGE_ROWS = 1000
_KINDS = {"in_": Kind.INCOMING, "out": Kind.OUTGOING}
"""How a `pbx_call_id` begins, seen in public integrations."""


class Zadarma(Provider):
    slug = "zadarma"
    name = "Zadarma"
    evidence = "documented"
    signed = True
    can_dial = True
    can_list = True
    statuses: ClassVar[Mapping[str, Status]] = {
        "NOTIFY START": Status.QUEUED,
        "NOTIFY IVR": Status.QUEUED,
        "NOTIFY OUT START": Status.DIALING,
        "NOTIFY INTERNAL": Status.RINGING,
        "NOTIFY ANSWER": Status.IN_PROGRESS,
        "ANSWERED": Status.ANSWERED,
        "BUSY": Status.BUSY,
        "CANCEL": Status.CANCELED,
        "NO ANSWER": Status.NO_ANSWER,
        "FAILED": Status.FAILED,
        **dict.fromkeys(_REASONS, Status.FAILED),
    }

    def answer_handshake(self, delivery: Delivery) -> str | None:
        """The address is checked by GET ?zd_echo=…, unsigned, and must answer just that text."""
        echo = parse_qs(delivery.query).get("zd_echo", [""])[0]
        plain = echo.isascii() and echo.isprintable() and len(echo) <= _LONGEST_ECHO
        return echo if delivery.method == "GET" and echo and plain else None

    def verify(self, delivery: Delivery, account: Account) -> None:
        if not account.api_key:
            raise Untrusted("Zadarma signs with the API secret: put it into the configuration's api_key.")
        try:
            fields = decode(delivery)
        except Unreadable as problem:
            raise Untrusted("What cannot be read carries no signature.") from problem
        names = _SIGNED_FIELDS.get(provider_word(fields.get("event", "")))
        if names is None:
            raise Untrusted("It is not known how Zadarma signs this event; switch its notification off.")
        signed = "".join(fields.get(name, "") for name in names)
        if not hmac.compare_digest(_sign(signed, account.api_key), delivery.headers.get("signature", "").encode()):
            raise Untrusted("The signature is missing or not made with the configuration's api_key.")

    def parse(self, delivery: Delivery, account: Account) -> Iterable[CallEvent]:
        fields = decode(delivery)
        word = provider_word(fields.get("event", ""))
        if word in _SILENT:
            return []
        if word not in _SIGNED_FIELDS:
            raise Unreadable("The event is not a notification of a call that we know.")
        if word in ("NOTIFY END", "NOTIFY OUT END"):
            return [self._ended(word, fields, account)]
        return [self._event(word, fields, account, status=self.statuses[word], provider_status=fields["event"])]

    def dial(self, order: DialOrder, account: Account) -> OutboundRequest:
        """`request/callback` rings `from`, then `to`; `predicted` turns that round."""
        line = required(order.line, "The line has no SIP number: put the extension of Zadarma's PBX there.")
        predicted = {"predicted": "1"} if order.customer_first else {}
        return _signed_request(
            "/v1/request/callback/", {"from": line, "to": digits(order.number), **predicted}, account
        )

    def read_dialed(self, response: OutboundResponse, account: Account) -> str:
        """No id is told: the call is recognised by NOTIFY_OUT_START."""
        _check_success(response, account)
        return ""

    def list_calls(self, since: datetime, until: datetime, account: Account) -> OutboundRequest:
        start, end = wall_clock(since, until, account)
        return _statistics(start, end, 0, account)

    def read_calls(self, response: OutboundResponse, account: Account) -> CallPage:
        _check_success(response, account)
        found = rows(answer_json(response, self.name), "stats")
        asked = {name: values[0] for name, values in parse_qs(urlsplit(response.url).query).items()}
        is_last = len(found) < _PAGE_ROWS
        following = (
            _statistics(asked["start"], asked["end"], int(asked["skip"]) + len(found), account) if not is_last else None
        )
        return CallPage(events=[self._listed(row, account) for row in found], next=following)

    def _listed(self, row: Mapping[str, Any], account: Account) -> CallEvent:
        """One leg. An incoming one that was answered by no extension was picked up by the exchange, which is no answer."""
        call_id = check_call_id(text(row, "pbx_call_id"), missing="A row of the list has no pbx_call_id.")
        word, rung = text(row, "disposition"), read_number(text(row, "destination"))
        is_extension = rung.isdecimal() and rung != "0" and len(rung) <= _LONGEST_EXTENSION
        kind = _KINDS.get(call_id[:3])
        status, source = self.statuses.get(provider_word(word)), Source.LIST
        if status is Status.ANSWERED and kind is not Kind.OUTGOING and not is_extension:
            status, source = Status.NO_ANSWER, Source.DERIVED
        seconds = read_seconds(text(row, "seconds"))
        started_at = read_time(text(row, "callstart"), account.time_zone)
        return CallEvent(
            provider_call_id=call_id,
            status=status if status in RESULTS else None,
            source=source,
            provider_status=word,
            reason=_REASONS.get(provider_word(word), ""),
            kind=kind,
            number_from=_international(text(row, "clid")) if kind is Kind.INCOMING else "",
            number_to="" if is_extension and kind is not Kind.OUTGOING else _international(rung),
            line=read_number(text(row, "sip")) if kind is Kind.OUTGOING else rung if is_extension else "",
            started_at=started_at,
            ended_at=started_at + timedelta(seconds=seconds or 0) if started_at else None,
            talk_seconds=seconds if status is Status.ANSWERED else None,
        )

    def _ended(self, word: str, fields: Mapping[str, str], account: Account) -> CallEvent:
        disposition = fields.get("disposition", "")
        status = self.statuses.get(provider_word(disposition))
        result = status if status in RESULTS else None
        return self._event(word, fields, account, status=result, provider_status=disposition or fields["event"])

    def _event(
        self, word: str, fields: Mapping[str, str], account: Account, *, status: Status | None, provider_status: str
    ) -> CallEvent:
        return CallEvent(
            provider_call_id=check_call_id(
                fields.get("pbx_call_id", ""), missing="The notification has no pbx_call_id."
            ),
            status=status,
            provider_status=provider_status,
            reason=_REASONS.get(provider_word(provider_status), ""),
            kind=_kind(word),
            number_from=_international(fields.get("caller_id", "")),
            number_to=_international(fields.get("destination" if "OUT" in word else "called_did", "")),
            line=read_number(fields.get("internal", "")),
            started_at=read_time(fields.get("call_start", ""), account.time_zone),
            talk_seconds=read_seconds(fields.get("duration", "")) if status is Status.ANSWERED else None,
        )


def _kind(word: str) -> Kind | None:
    """An answer may belong to either; its `destination` too may be the caller's or ours, so it is not read."""
    if word == "NOTIFY ANSWER":
        return None
    return Kind.OUTGOING if "OUT" in word else Kind.INCOMING


def _international(text: str) -> str:
    """Zadarma writes numbers with their country code but without a plus; without one they would be read as national."""
    number = read_number(text)
    complete = number.isascii() and number.isdigit() and len(number) >= _SHORTEST_INTERNATIONAL and number[0] != "0"
    return f"+{number}" if complete else number


def _statistics(start: str, end: str, skip: int, account: Account) -> OutboundRequest:
    query = {"start": start, "end": end, "version": "2", "skip": str(skip), "limit": str(_PAGE_ROWS)}
    return _signed_request("/v1/statistics/pbx/", query, account)


def _signed_request(method: str, query: Mapping[str, str], account: Account) -> OutboundRequest:
    """GET of a method, such as `/v1/sip/`, signed over it, its sorted query and the query's MD5."""
    key = credential(account.api_login, "Put the key of Zadarma's API into the configuration's api_login.")
    secret = required(account.api_key, "Put the secret of Zadarma's API into the configuration's api_key.")
    line = urlencode(sorted({**query, "format": "json"}.items()))
    signature = _sign(method + line + hashlib.md5(line.encode(), usedforsecurity=False).hexdigest(), secret).decode()
    headers = {"Authorization": f"{key}:{signature}", "Accept": "application/json"}
    return OutboundRequest(method="GET", url=address(account, _API, f"{method}?{line}"), headers=headers)


def _check_success(response: OutboundResponse, account: Account) -> None:
    if response.status != 200 or answer_fields(response).get("status") != "success":
        raise refusal(response, account, Zadarma.name)


def _sign(text: str, secret: str) -> bytes:
    """Base64 of the hexadecimal digest, not of the raw one."""
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha1).hexdigest()
    return base64.b64encode(digest.encode())
