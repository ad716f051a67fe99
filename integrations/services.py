"""Receive, process and replay what operators tell us."""

import hashlib
import ipaddress
import json
import logging
from zoneinfo import ZoneInfo

from django.db import DataError, IntegrityError, transaction
from django.utils import timezone

from calls import merge
from calls.dialing import recognise
from calls.models import Call
from calls.services import apply_event
from calls.signals import call_changed
from calls.sql import Statement, fetch_one
from integrations import addressee, providers
from integrations.events import Account, CallEvent, Delivery
from integrations.provider import Provider, Unreadable, Untrusted
from sips.models import Voip

logger = logging.getLogger(__name__)

HEADERS_KEPT = ("content-type", "user-agent", "i-twilio-idempotency-token")
"""What is stored of a delivery's headers: enough to read it again, nothing that authenticates."""


class UnknownAddress(Exception):
    """No active configuration has this webhook address."""


def account_of(voip: Voip, *, with_key: bool) -> Account:
    """What the adapter may know; the key is decrypted only where it is needed."""
    return Account(
        time_zone=ZoneInfo(voip.time_zone),
        country=voip.country,
        api_url=voip.api_url,
        api_login=voip.api_login,
        api_key=voip.api_key if with_key else "",
        settings=voip.settings,
    )


def receive(delivery: Delivery, *, provider: str, secret: str, address: str) -> str | None:
    """Take in a webhook. Once this returns, the delivery is durable and counted once.

    Returns the text the operator expects when it only checks the address, else None. A delivery that cannot be read is stored with the reason.
    Raises UnknownAddress, Untrusted, and Django's database errors when nothing could be stored.
    """
    try:
        adapter = providers.find(provider)
    except KeyError:
        raise UnknownAddress from None
    voip = addressee.find(provider, secret, with_key=adapter.signed)
    if voip is None:
        raise UnknownAddress
    if voip.webhook_ips and not _is_allowed(address, voip.webhook_ips):
        raise Untrusted(f"{address} is not among the allowed addresses of this configuration.")
    account = account_of(voip, with_key=adapter.signed)
    if (answer := adapter.answer_handshake(delivery)) is not None:
        return answer
    adapter.verify(delivery, account)
    events, error = read(adapter, delivery, account)
    try:
        _store(delivery, voip=voip, events=events, error=error)
    except (DataError, IntegrityError) as problem:
        logger.exception("delivery_not_applied", extra={"voip_id": voip.pk})
        _store(delivery, voip=voip, events=[], error=f"{type(problem).__name__}: {problem}")
    return None


def _is_allowed(address: str, networks: list[str]) -> bool:
    sender = ipaddress.ip_address(address)
    return any(sender in ipaddress.ip_network(network, strict=False) for network in networks)


def read(adapter: Provider, delivery: Delivery, account: Account) -> tuple[list[CallEvent], str]:
    """The delivery's events, or why there are none. An adapter's own fault must not cost the operator's delivery: it is logged and kept as well."""
    try:
        return list(adapter.parse(delivery, account)), ""
    except Unreadable as problem:
        logger.warning("delivery_unreadable", extra={"provider": adapter.slug, "problem": str(problem)})
        return [], str(problem)
    except Exception as problem:
        logger.exception("adapter_failed", extra={"provider": adapter.slug})
        return [], f"{type(problem).__name__} in the adapter of {adapter.name}"


# A late word of a call from which a person was erased counts, but what it says of the person is not stored again.
_STORE = """
erased AS (
    SELECT erased_at FROM calls_call WHERE voip_id = %(voip)s AND provider_call_id = %(provider_call_id)s AND provider_call_id <> ''
        AND erased_at IS NOT NULL
), gate AS (
    INSERT INTO integrations_webhookdelivery
        (voip_id, fingerprint, event, method, headers, query, body, received_at, processed_at, error, provider_call_id, erased_at)
    VALUES (%(voip)s, %(fingerprint)s, %(event)s, %(method)s, %(headers)s::jsonb,
        CASE WHEN EXISTS (SELECT FROM erased) THEN '' ELSE %(query)s::text END,
        CASE WHEN EXISTS (SELECT FROM erased) THEN '' ELSE %(body)s::bytea END,
        %(received_at)s, %(processed_at)s, %(error)s, %(provider_call_id)s, (SELECT %(now)s::timestamptz FROM erased))
    ON CONFLICT (voip_id, fingerprint) DO NOTHING RETURNING id
)"""
_STORE_ALONE = Statement("WITH " + _STORE + " SELECT id FROM gate")
_STORE_AND_MERGE = Statement(
    merge.statement(_STORE) + " SELECT call.id, call.requested FROM gate LEFT JOIN call ON true"
)


def _store(delivery: Delivery, *, voip: Voip, events: list[CallEvent], error: str) -> None:
    """Store the delivery and merge its events in one transaction; a redelivery does neither.

    The first event goes into the same statement as the delivery itself: one round trip for nearly all deliveries, which tell of one event.
    """
    now = timezone.now()
    parameters = {
        "voip": voip.pk,
        "fingerprint": fingerprint(delivery),
        "event": delivery.event,
        "method": delivery.method,
        "headers": json.dumps({name: delivery.headers[name] for name in HEADERS_KEPT if name in delivery.headers}),
        "query": delivery.query,
        "body": delivery.body,
        "received_at": delivery.received_at,
        "processed_at": None if error else now,
        "error": error,
        "provider_call_id": events[0].provider_call_id if events else "",
        "now": now,
    }
    with transaction.atomic():
        if not events:
            fetch_one(_STORE_ALONE, parameters)
            return
        merged = merge.parameters(
            events[0], voip_id=voip.pk, country=voip.country, received_at=delivery.received_at, now=now
        )
        if voip.awaits_id:
            recognise(events[0], voip=voip, received_at=delivery.received_at)
        row = fetch_one(_STORE_AND_MERGE, parameters | merged)
        if row is None:
            return
        if row[0] is not None:
            call_changed.send(Call, call_id=row[0], requested=row[1])
        for event in events[1:]:
            apply_event(event, voip=voip, received_at=delivery.received_at)


def fingerprint(delivery: Delivery) -> str:
    """What makes two deliveries the same: everything the operator sent. Repeated content is a redelivery, any difference is worth reading."""
    parts = (delivery.event.encode(), delivery.query.encode(), delivery.body)
    return hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).hexdigest()
