"""Zadarma. Fields, results and signatures are those of the provider's own SDKs, github.com/zadarma/user-api-v1 (lib/Webhook, lib/Api) and
user-api-py-v1. A webhook's signature does not cover event, result and length (docs/providers/zadarma.md).

Numbers are written with their country code and without a plus (`34627596999`), as in the API reference, zadarma.com/en/support/api; extensions of the
PBX are short numbers (three digits there). What is as well a national number of the configuration's country stays as given."""

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

from calls.reasons import Reason
from calls.sentences import _
from calls.statuses import RESULTS, Kind, Source, Status
from integrations.providers.foundation import provider_api as api
from integrations.providers.foundation.answers import unless_answered_by
from integrations.providers.foundation.call_ids import check_call_id
from integrations.providers.foundation.decoding import decode
from integrations.providers.foundation.events import (
    Account,
    CallEvent,
    CallPage,
    Delivery,
    DialOrder,
    OutboundRequest,
    OutboundResponse,
)
from integrations.providers.foundation.field_values import (
    is_extension,
    read_international,
    read_number,
    read_seconds,
    read_time,
)
from integrations.providers.foundation.provider import Provider, Unreadable, Untrusted, provider_word, unknown_result
from integrations.providers.foundation.signatures import sign_in_hexadecimal

_INCOMING = ("caller_id", "called_did", "call_start")
_OUTGOING = ("internal", "destination", "call_start")
_SIGNED_FIELDS = {
    **dict.fromkeys(("NOTIFY START", "NOTIFY IVR", "NOTIFY INTERNAL", "NOTIFY END"), _INCOMING),
    **dict.fromkeys(("NOTIFY OUT START", "NOTIFY OUT END"), _OUTGOING),
    "NOTIFY ANSWER": ("caller_id", "destination", "call_start"),
    "NOTIFY RECORD": ("pbx_call_id", "call_id_with_rec"),
    **dict.fromkeys(("SPEECH RECOGNITION", "SMS"), ("result",)),
}
_SILENT = frozenset({"NOTIFY RECORD", "SPEECH RECOGNITION", "SMS"})
"""Not about a call's progress. A recording's link is made on demand and expires, so none is stored."""
_REASONS = {
    **dict.fromkeys(("NO MONEY", "NO MONEY, NO LIMIT"), Reason.REFUSED),
    "UNALLOCATED NUMBER": Reason.NO_SUCH_NUMBER,
    **dict.fromkeys(("NO LIMIT", "NO DAY LIMIT", "LINE LIMIT"), Reason.CONGESTION),
}
_LONGEST_ECHO = 256
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
    steps = (
        _("Paste the API's key as API login and its secret as API key; unsigned deliveries are refused."),
        _("In Zadarma's panel, under notifications of calls, enter the address below; it is checked at once."),
        _("Switch on START, INTERNAL, ANSWER, END, OUT_START and OUT_END; the time zone here is that of the PBX."),
    )
    statuses: ClassVar[Mapping[str, Status]] = {
        **dict.fromkeys(("NOTIFY START", "NOTIFY IVR"), Status.QUEUED),
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
        """The address is checked by GET ?zd_echo=…, unsigned; the response must be exactly that text."""
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
        signature = delivery.headers.get("signature", "").encode()
        if not hmac.compare_digest(sign_in_hexadecimal(signed, account.api_key), signature):
            raise Untrusted("The signature is missing or not made with the configuration's api_key.")

    def parse(self, delivery: Delivery, account: Account) -> Iterable[CallEvent]:
        fields = decode(delivery)
        word = provider_word(fields.get("event", ""))
        if word in _SILENT:
            return []
        if word not in _SIGNED_FIELDS:
            raise Unreadable(_("The event is not a notification of a call that we know."))
        if word in ("NOTIFY END", "NOTIFY OUT END"):
            return [self._ended(word, fields, account)]
        return [self._event(word, fields, account, status=self.statuses[word], provider_status=fields["event"])]

    def dial(self, order: DialOrder, account: Account) -> OutboundRequest:
        """`request/callback` rings `from`, then `to`; `predicted` reverses the order."""
        line = api.required(order.line, _("The line has no SIP number: put the extension of Zadarma's PBX there."))
        telephones = {"from": line, "to": api.digits(order.number)}
        asked = telephones | ({"predicted": "1"} if order.customer_first else {})
        return _signed_request("/v1/request/callback/", asked, account)

    def read_dialed(self, response: OutboundResponse, account: Account) -> str:
        """The answer has no id: the call is correlated by NOTIFY_OUT_START."""
        _check_success(response, account)
        return ""

    def list_calls(self, since: datetime, until: datetime, account: Account) -> OutboundRequest:
        start, end = api.wall_clock(since, until, account)
        return _statistics(start, end, 0, account)

    def read_calls(self, response: OutboundResponse, account: Account) -> CallPage:
        _check_success(response, account)
        found = api.rows(api.answer_json(response, self.name), "stats")
        asked = {name: values[0] for name, values in parse_qs(urlsplit(response.url).query).items()}
        is_last = len(found) < _PAGE_ROWS
        skip = int(asked["skip"]) + len(found)
        following = None if is_last else _statistics(asked["start"], asked["end"], skip, account)
        return CallPage(events=[self._listed(row, account) for row in found], next=following)

    def _listed(self, row: Mapping[str, object], account: Account) -> CallEvent:
        """One leg; `destination` is the telephone that rang, or the number of an outgoing call."""
        call_id = check_call_id(api.text(row, "pbx_call_id"), missing="A row of the list has no pbx_call_id.")
        word, sip, rung = (read_number(api.text(row, name)) for name in ("disposition", "sip", "destination"))
        kind = _KINDS.get(call_id[:3])
        if kind is Kind.OUTGOING and is_extension(sip) and is_extension(rung):
            kind = Kind.INTERNAL
        telephone = rung if is_extension(rung) else ""
        is_ours = kind in (Kind.OUTGOING, Kind.INTERNAL)
        status = self.statuses.get(provider_word(word))
        seconds = read_seconds(api.text(row, "seconds"))
        started_at = read_time(api.text(row, "callstart"), account.time_zone)
        event = CallEvent(
            provider_call_id=call_id,
            status=status if status in RESULTS else None,
            source=Source.LIST,
            provider_status=word,
            reason=_REASONS.get(provider_word(word), Reason.NONE),
            kind=kind,
            number_from=read_international(api.text(row, "clid"), account.country) if kind is Kind.INCOMING else "",
            number_to=read_international(rung, account.country) if is_ours or not telephone else "",
            numbers_are_read=True,
            line=sip if is_ours else telephone,
            started_at=started_at,
            ended_at=started_at + timedelta(seconds=seconds or 0) if started_at else None,
            talk_seconds=seconds if status is Status.ANSWERED else None,
        )
        return unless_answered_by(event, telephone)

    def _ended(self, word: str, fields: Mapping[str, str], account: Account) -> CallEvent:
        disposition = fields.get("disposition", "")
        status = self.statuses.get(provider_word(disposition))
        result = status if status in RESULTS else None
        return self._event(word, fields, account, status=result, provider_status=disposition or fields["event"])

    def _event(
        self, word: str, fields: Mapping[str, str], account: Account, *, status: Status | None, provider_status: str
    ) -> CallEvent:
        """The event of a notification; an incoming call is answered only if the notification names the extension that picked up."""
        call_id = check_call_id(fields.get("pbx_call_id", ""), missing="The notification has no pbx_call_id.")
        internal, caller, called = _sides(word, fields)
        kind = _kind(word, call_id, caller, called)
        by_us = kind in (Kind.OUTGOING, Kind.INTERNAL)
        event = CallEvent(
            provider_call_id=call_id,
            status=Status.DIALING if by_us and status is Status.QUEUED else status,
            provider_status=provider_status,
            reason=_REASONS.get(provider_word(provider_status), Reason.NONE),
            kind=kind,
            number_from=read_international(fields.get("caller_id", ""), account.country),
            number_to=read_international(called, account.country) if by_us or word != "NOTIFY ANSWER" else "",
            numbers_are_read=True,
            line=caller if by_us and is_extension(caller) else internal,
            started_at=read_time(fields.get("call_start", ""), account.time_zone),
            talk_seconds=read_seconds(fields.get("duration", "")) if status is Status.ANSWERED else None,
            notes=unknown_result(fields.get("disposition", "")) if status is None else (),
        )
        return unless_answered_by(event, internal)


def _sides(word: str, fields: Mapping[str, str]) -> tuple[str, str, str]:
    """The extension, the caller and the called number. In `NOTIFY_OUT_…` `caller_id` is what the other side sees, so the extension calls; an answer
    may name the extension as its `destination`."""
    internal = read_number(fields.get("internal", ""))
    caller, called = read_number(fields.get("caller_id", "")), read_number(fields.get("called_did", ""))
    if "OUT" in word:
        caller, called = internal or caller, read_number(fields.get("destination", ""))
    elif word == "NOTIFY ANSWER":
        called = read_number(fields.get("destination", ""))
        internal = internal if is_extension(internal) else called
    return internal if is_extension(internal) else "", caller, called


def _kind(word: str, call_id: str, caller: str, called: str) -> Kind | None:
    """By caller and called number, then by the call's id, and last by the event's name: calls of extensions are also announced by NOTIFY_START."""
    if is_extension(caller) and is_extension(called):
        return Kind.INTERNAL
    if call_id[:3] in _KINDS:
        return _KINDS[call_id[:3]]
    if "OUT" in word or (is_extension(caller) and called):
        return Kind.OUTGOING
    return None if word == "NOTIFY ANSWER" else Kind.INCOMING


def _statistics(start: str, end: str, skip: int, account: Account) -> OutboundRequest:
    query = {"start": start, "end": end, "version": "2", "skip": str(skip), "limit": str(_PAGE_ROWS)}
    return _signed_request("/v1/statistics/pbx/", query, account)


def _signed_request(method: str, query: Mapping[str, str], account: Account) -> OutboundRequest:
    """GET of a method, such as `/v1/sip/`, signed over it, its sorted query and the query's MD5."""
    key = api.credential(account.api_login, _("Put the key of Zadarma's API into the configuration's api_login."))
    secret = api.required(account.api_key, _("Put the secret of Zadarma's API into the configuration's api_key."))
    line = urlencode(sorted({**query, "format": "json"}.items()))
    digest = hashlib.md5(line.encode(), usedforsecurity=False).hexdigest()
    signature = sign_in_hexadecimal(method + line + digest, secret).decode()
    headers = {"Authorization": f"{key}:{signature}", "Accept": "application/json"}
    return OutboundRequest(method="GET", url=api.address(account, _API, f"{method}?{line}"), headers=headers)


def _check_success(response: OutboundResponse, account: Account) -> None:
    if response.status != 200 or api.answer_fields(response).get("status") != "success":
        raise api.refusal(response, account, Zadarma.name)
