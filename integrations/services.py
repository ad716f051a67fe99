"""Receive, process and replay what operators tell us."""

import hashlib
import ipaddress
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db import DataError, IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from calls import merge
from calls.dialing import recognise
from calls.models import Call
from calls.services import apply_event
from calls.signals import call_changed
from calls.sql import Statement, fetch_one
from integrations import addressee, providers
from integrations.events import Account, CallEvent, Delivery
from integrations.models import READABLE, WAITING, WebhookDelivery
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
    events, error = _read(adapter, delivery, account)
    try:
        _store(delivery, voip=voip, events=events, error=error)
    except (DataError, IntegrityError) as problem:
        logger.exception("delivery_not_applied", extra={"voip_id": voip.pk})
        _store(delivery, voip=voip, events=[], error=f"{type(problem).__name__}: {problem}")
    return None


def _is_allowed(address: str, networks: list[str]) -> bool:
    sender = ipaddress.ip_address(address)
    return any(sender in ipaddress.ip_network(network, strict=False) for network in networks)


def _read(adapter: Provider, delivery: Delivery, account: Account) -> tuple[list[CallEvent], str]:
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
        CASE WHEN EXISTS (SELECT FROM erased) THEN '' ELSE %(query)s END, CASE WHEN EXISTS (SELECT FROM erased) THEN '' ELSE %(body)s END,
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


def process(row: WebhookDelivery) -> None:
    """Read a stored delivery (again) and merge what it says. Doing it twice changes nothing."""
    _apply(row, *_read_again(row))


def _read_again(row: WebhookDelivery) -> tuple[list[CallEvent], str]:
    try:
        adapter = providers.find(row.voip.provider)
    except KeyError:
        return [], "The configuration has no provider any more: choose it again, then replay."
    return _read(
        adapter, _as_received(row), account_of(row.voip, with_key=False)
    )  # the signature was verified on arrival


def _apply(row: WebhookDelivery, events: list[CallEvent], error: str) -> None:
    """Merge the events; what the database refuses is kept with the reason, so that it does not hold up the deliveries behind it."""
    try:
        with transaction.atomic():
            for event in events:
                apply_event(event, voip=row.voip, received_at=row.received_at)
    except (DataError, IntegrityError) as problem:
        logger.exception("delivery_not_applied", extra={"voip_id": row.voip_id})
        events, error = [], f"{type(problem).__name__}: {problem}"
    row.processed_at, row.error = (None, error) if error else (timezone.now(), "")
    row.provider_call_id = events[0].provider_call_id if events else ""
    row.save(update_fields=["processed_at", "error", "provider_call_id"])


def _as_received(row: WebhookDelivery) -> Delivery:
    return Delivery(
        method=row.method,
        body=bytes(row.body),
        received_at=row.received_at,
        headers=row.headers,
        query=row.query,
        event=row.event,
    )


def process_waiting(*, older_than: datetime, most: int = 500) -> int:
    """Process deliveries that were stored and then left, by a crash or for a replay. Returns how many."""
    done = 0
    waiting = (
        WebhookDelivery.objects.filter(WAITING, received_at__lt=older_than)
        .order_by("received_at")
        .values_list("pk", flat=True)[:most]
    )
    for pk in list(waiting):
        with transaction.atomic():
            row = (
                _with_account(WebhookDelivery.objects.filter(WAITING, pk=pk))
                .select_for_update(of=("self",), skip_locked=True)
                .first()
            )
            if row is not None:
                process(row)
                done += 1
    return done


FACTS = (
    "status", "kind", "number_from", "number_to", "start_time", "answered_at", "ended_at", "duration", "reason", "provider_status", "sip_id", "recording_url",  # noqa: E501
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """What replaying one delivery did, or would do, to its call."""

    delivery_id: int
    provider_call_id: str
    error: str
    facts: dict[str, tuple[object, object]]
    "Name of each changed fact: before and after; before is None for a call that did not exist."


def replay(rows: QuerySet[WebhookDelivery], *, dry_run: bool = False) -> Iterator[Change]:
    """Process deliveries again, oldest first, one transaction each; with dry_run each is rolled back once its effect is known.

    Erased ones are left out: there is nothing to read in them.
    """
    for pk in rows.filter(READABLE).order_by("pk").values_list("pk", flat=True).iterator(chunk_size=500):
        with transaction.atomic():
            kept = WebhookDelivery.objects.filter(READABLE, pk=pk)
            row = _with_account(kept).select_for_update(of=("self",)).first()
            if row is None:  # erased or deleted since
                continue
            events, error = _read_again(row)
            call_id = events[0].provider_call_id if events else ""
            before = _facts(row.voip_id, call_id)
            _apply(row, events, error)
            after = _facts(row.voip_id, call_id)
            changed = {name: (before.get(name), value) for name, value in after.items() if before.get(name) != value}
            transaction.set_rollback(dry_run)
        yield Change(pk, row.provider_call_id, row.error, changed)


def _with_account(rows: QuerySet[WebhookDelivery]) -> QuerySet[WebhookDelivery]:
    """With their configurations, whose secrets are not needed to read again what has been trusted once."""
    return rows.select_related("voip").defer("voip__api_key", "voip__webhook_secret")


def _facts(voip_id: int, call_id: str) -> dict[str, object]:
    if not call_id:
        return {}
    return Call.objects.filter(voip_id=voip_id, provider_call_id=call_id).values(*FACTS).first() or {}
