"""Twilio Voice status callbacks (https://www.twilio.com/docs/voice/api/call-resource#statuscallback), of a call and of the
`<Number>`, `<Sip>` or `<Client>` that its `<Dial>` rings. How the legs make one call: docs/providers/twilio.md."""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import ClassVar
from urllib.parse import parse_qs, parse_qsl, urlsplit

from calls.statuses import RESULTS, Kind, Source, Status
from integrations.decoding import decode
from integrations.events import Account, CallEvent, Delivery
from integrations.field_map import check_call_id
from integrations.field_values import read_kind, read_link, read_number, read_seconds, read_time
from integrations.provider import Provider, Unreadable, Untrusted, provider_word

_OPERATOR_REASONS = {Status.BUSY: "operator_busy", Status.NO_ANSWER: "operator_no_answer", Status.FAILED: "unreachable"}
_PORTS = {"https": 443, "http": 80}


class Twilio(Provider):
    slug = "twilio"
    name = "Twilio"
    evidence = "documented"
    signed = True
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
        given = delivery.headers.get("x-twilio-signature", "").encode()
        signed = _signed_fields(delivery)
        for url in delivery.urls:
            for candidate in _with_and_without_port(url):
                if hmac.compare_digest(_sign(candidate + signed, account.api_key), given):
                    return
        raise Untrusted("The signature is missing, or not made with the api_key for an address under PUBLIC_URL.")

    def parse(self, delivery: Delivery, account: Account) -> Iterable[CallEvent]:
        fields = decode(delivery)
        word = provider_word(fields.get("callstatus", ""))
        if not word and "recordingsid" in fields:
            return []
        status = self.statuses.get(word)
        if status is None and "callduration" not in fields:
            raise Unreadable("CallStatus is missing or unknown, and without CallDuration it is not known to be an end.")
        parent = fields.get("parentcallsid", "")
        event = CallEvent(
            provider_call_id=check_call_id(parent or fields.get("callsid", ""), missing="The callback has no CallSid."),
            status=status,
            provider_status=fields.get("callstatus", ""),
            recording_url=read_link(fields.get("recordingurl", "")),
        )
        event = _child(event, fields) if parent else _parent(event, fields)
        return [_at(event, read_time(fields.get("timestamp", ""), account.time_zone))]


def _child(event: CallEvent, fields: Mapping[str, str]) -> CallEvent:
    """The second leg, which decides. `completed` is an answer only when there was talk; else the callback `answered` may still prove it.
    Whether it rings staff or a customer is not said; the address we gave may say it, as `?kind=incoming`."""
    status, source = event.status, Source.EVENT
    talk = read_seconds(fields.get("callduration", ""))
    if status is Status.QUEUED:
        status = Status.DIALING
    if status is Status.ANSWERED and not talk:
        status, source = Status.NO_ANSWER, Source.DERIVED
    kind = read_kind(fields.get("kind", ""))
    rung = read_number(fields.get("to", ""))
    is_staff = kind is Kind.INCOMING or (kind is None and _is_softphone(fields, "to"))
    return replace(
        event,
        status=status,
        source=source,
        reason="unreachable" if status is Status.FAILED else "",
        kind=kind,
        number_from=read_number(fields.get("from", "")),
        number_to="" if is_staff else rung,
        line=rung if is_staff else "",
        talk_seconds=talk if status is Status.ANSWERED else None,
    )


def _parent(event: CallEvent, fields: Mapping[str, str]) -> CallEvent:
    """The first leg: a caller whom TwiML picked up, or an operator who is rung first. Neither is an answer, so its results are only derived."""
    caller, called = read_number(fields.get("from", "")), read_number(fields.get("to", ""))
    status = event.status
    match fields.get("direction"):
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
        return replace(event, status=Status.NO_ANSWER if status is Status.ANSWERED else status, source=Source.DERIVED)
    if status is None:
        return event
    if event.kind is Kind.OUTGOING:
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


def _signed_fields(delivery: Delivery) -> str:
    """What is signed after the address: the form's fields. Another body is signed by its digest, which is part of the address."""
    digest = parse_qs(delivery.query).get("bodySHA256", [""])[0]
    if hmac.compare_digest(hashlib.sha256(delivery.body).hexdigest().encode(), digest.encode()):
        return ""
    pairs = parse_qsl(delivery.body.decode("utf-8", "replace"), keep_blank_values=True)
    return "".join(name + value for name, value in sorted(set(pairs)))


def _with_and_without_port(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    bare = parts.netloc.removesuffix(f":{parts.port}")
    other = bare if parts.port else f"{bare}:{_PORTS.get(parts.scheme, '')}"
    return url, parts._replace(netloc=other).geturl()


def _sign(text: str, token: str) -> bytes:
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest())
