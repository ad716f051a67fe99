"""Zadarma. Fields, results and signatures are those of the operator's own SDK, github.com/zadarma/user-api-v1, lib/Webhook.
A signature does not cover event, result and length (docs/providers/zadarma.md)."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import ClassVar
from urllib.parse import parse_qs

from calls.statuses import RESULTS, Kind, Status
from integrations.decoding import decode
from integrations.events import Account, CallEvent, Delivery
from integrations.field_map import check_call_id
from integrations.field_values import read_number, read_seconds, read_time
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


class Zadarma(Provider):
    slug = "zadarma"
    name = "Zadarma"
    evidence = "documented"
    signed = True
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


def _sign(text: str, secret: str) -> bytes:
    """Base64 of the hexadecimal digest, not of the raw one."""
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha1).hexdigest()
    return base64.b64encode(digest.encode())
