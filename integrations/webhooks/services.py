"""Receives webhooks: authenticate, store, report."""

import hashlib
import ipaddress
import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.db import DataError, IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from calls import merge
from calls.reporting_at_once import report_at_once, reporting_at_once
from calls.reports import report
from calls.sentences import Sentence, store
from calls.sql import Statement, fetch_one, may_be_repeated
from integrations import providers
from integrations.models import READABLE, WebhookDelivery
from integrations.providers.foundation.events import Account, CallEvent, Delivery
from integrations.providers.foundation.provider import Provider, Unreadable, Untrusted
from integrations.webhooks import addressee
from sips.models import Voip

logger = logging.getLogger(__name__)

HEADERS_KEPT = ("content-type", "user-agent", "i-twilio-idempotency-token")
"""Headers that are stored: those needed for a replay, no credentials."""


class UnknownAddress(Exception):
    """No active configuration has this webhook address."""


def account_of(voip: Voip, *, with_key: bool, provider: str | None = None) -> Account:
    """The adapter's view of a configuration. with_key: decrypt the API key. provider: a former provider, whose deliveries are read."""
    return Account(
        time_zone=ZoneInfo(voip.time_zone),
        country=voip.country,
        api_url=voip.api_url,
        api_login=voip.api_login,
        api_key=voip.api_key if with_key else "",
        settings=voip.settings if provider is None else voip.settings_of(provider),
    )


@dataclass(frozen=True, slots=True)
class Recipient:
    """The configuration of a webhook address, and the adapter of its provider."""

    voip: Voip
    adapter: Provider
    look_up: "Callable[[], Recipient] | None" = None
    """For a cached configuration: reads it anew. Raises what `admit` raises."""


def admit(provider: str, secret: str, *, address: str) -> Recipient:
    """The recipient of this webhook address, for a sender at `address`. Raises UnknownAddress and Untrusted."""
    try:
        adapter = providers.find(provider)
    except KeyError:
        raise UnknownAddress from None
    look_up = partial(_look_up, adapter, secret, address)
    remembered = addressee.recall(provider, secret)
    if remembered is not None and _is_allowed(address, remembered.webhook_ips):
        return Recipient(remembered, adapter, look_up)
    return look_up()


def _look_up(adapter: Provider, secret: str, address: str) -> Recipient:
    voip = addressee.find(adapter.slug, secret, with_key=adapter.signed)
    if voip is None:
        raise UnknownAddress
    if not _is_allowed(address, voip.webhook_ips):
        raise Untrusted(f"{address} is not among the allowed addresses of this configuration.")
    return Recipient(voip, adapter)


def take_in(delivery: Delivery, recipient: Recipient) -> str | None:
    """Store a webhook and report its events. Once this returns, the delivery is durable and counted once.

    Returns the text the provider expects when it only verifies the address, else None. A delivery that cannot be read is stored with the reason.
    Raises UnknownAddress, Untrusted, and Django's database errors when nothing could be stored.
    """
    try:
        return _take_in(delivery, recipient)
    except (OperationalError, InterfaceError) as problem:
        if connection.in_atomic_block or not may_be_repeated(problem):
            raise
        logger.warning("delivery_repeated", extra={"voip_id": recipient.voip.pk})
        connection.close()
        return _take_in(delivery, recipient)  # if it was stored after all, the retry is a redelivery


def _take_in(delivery: Delivery, recipient: Recipient) -> str | None:
    if recipient.look_up is not None:
        if _take_in_at_once(delivery, recipient):
            return None
        recipient = recipient.look_up()
    voip, adapter = recipient.voip, recipient.adapter
    account = account_of(voip, with_key=adapter.signed, provider=adapter.slug)
    if (answer := adapter.answer_handshake(delivery)) is not None:
        return answer
    adapter.verify(delivery, account)
    events, error = read(adapter, delivery, account)
    try:
        _store(delivery, voip=voip, provider=adapter.slug, events=events, error=error)
    except (DataError, IntegrityError) as problem:
        if not Voip.objects.filter(pk=voip.pk).exists():  # deleted meanwhile
            raise UnknownAddress from problem
        logger.exception("delivery_not_applied", extra={"voip_id": voip.pk})
        _store(delivery, voip=voip, provider=adapter.slug, events=[], error=f"{type(problem).__name__}: {problem}")
    return None


def _take_in_at_once(delivery: Delivery, recipient: Recipient) -> bool:
    """The fast path of nearly all deliveries: one statement, without a look-up or a transaction.

    False where nothing was stored: the cached configuration is outdated, the delivery is known or refused, or it needs more than the statement
    does. Then the slow path decides.
    """
    voip, adapter = recipient.voip, recipient.adapter
    account = account_of(voip, with_key=adapter.signed)
    try:
        if adapter.answer_handshake(delivery) is not None:
            return False
        adapter.verify(delivery, account)
        (event,) = adapter.parse(delivery, account)
        row = _row(delivery, voip=voip, provider=adapter.slug, events=[event], error="")
        row |= {"version": voip.version, "recent": addressee.dialed_since(row["now"])}
        return report_at_once(event, voip=voip, received_at=delivery.received_at, within=AT_ONCE, gate=row)
    except (OperationalError, InterfaceError):
        raise
    except Exception:  # raised again on the slow path, which handles it
        return False


def receive(delivery: Delivery, *, provider: str, secret: str, address: str) -> str | None:
    """`admit` and `take_in`."""
    return take_in(delivery, admit(provider, secret, address=address))


def _is_allowed(address: str, networks: list[str]) -> bool:
    """No networks: any address."""
    if not networks:
        return True
    sender = ipaddress.ip_address(address)
    return any(sender in ipaddress.ip_network(network, strict=False) for network in networks)


def read(adapter: Provider, delivery: Delivery, account: Account) -> tuple[list[CallEvent], str]:
    """The delivery's events, or why there are none. An exception of the adapter is logged, and the delivery stored all the same."""
    try:
        return list(adapter.parse(delivery, account)), ""
    except Unreadable as problem:
        logger.warning("delivery_unreadable", extra={"provider": adapter.slug, "problem": str(problem)})
        return [], problem.sentence
    except Exception as problem:
        logger.exception("adapter_failed", extra={"provider": adapter.slug})
        said = _("%(error)s in the adapter of %(name)s")
        return [], Sentence(said, error=type(problem).__name__, name=adapter.name)


# Of a call from which a person was erased a late delivery counts, but what it says of the person is not stored again. The rows of all calls that it
# tells of are locked before that is asked, as `calls.merge` does: where somebody is being erased just now, this waits and sees it.
def _storing(condition: str) -> str:
    return f"""
WITH locked AS MATERIALIZED (
    SELECT erased_at, start_time, ended_at FROM calls_call
    WHERE voip_id = %(voip)s AND provider_call_id = ANY (%(call_ids)s::text[]) AND provider_call_id <> ''
    ORDER BY id FOR NO KEY UPDATE
), erased AS (SELECT FROM locked WHERE erased_at IS NOT NULL LIMIT 1)
INSERT INTO integrations_webhookdelivery
    (voip_id, provider, fingerprint, event, method, headers, query, body, received_at, processed_at, error, notes, provider_call_id, erased_at)
SELECT %(voip)s, %(provider)s, %(fingerprint)s, %(event)s, %(method)s, %(headers)s::jsonb,
    CASE WHEN EXISTS (SELECT FROM erased) THEN '' ELSE %(query)s::text END,
    CASE WHEN EXISTS (SELECT FROM erased) THEN '' ELSE %(body)s::bytea END,
    %(received_at)s::timestamptz, %(processed_at)s, CASE WHEN EXISTS (SELECT FROM erased) THEN '' ELSE %(error)s::text END,
    CASE WHEN EXISTS (SELECT FROM erased) THEN '' ELSE %(notes)s::text END, %(provider_call_id)s::text, (SELECT %(now)s::timestamptz FROM erased)
WHERE {condition}
ON CONFLICT (voip_id, fingerprint) DO NOTHING RETURNING id"""


_OF_CALL_WITH_ITS_ID = f"NOT EXISTS (SELECT FROM locked c WHERE NOT ({merge.near('%(started_at)s::timestamptz')}))"
STORE = Statement(_storing("true"))
STORE_AND_REPORT = merge.reporting(_storing("true"))
AT_ONCE = reporting_at_once(
    _storing(f"{addressee.IS_AS_REMEMBERED} AND NOT {addressee.awaits_id('%(voip)s')} AND {_OF_CALL_WITH_ITS_ID}")
)


def _store(delivery: Delivery, *, voip: Voip, provider: str, events: list[CallEvent], error: str) -> None:
    """Store the delivery and report its events in one transaction; a redelivery does neither.

    The first event goes into the same statement as the delivery itself: one round trip for nearly all deliveries, which have one event.
    """
    row = _row(delivery, voip=voip, provider=provider, events=events, error=error)
    if not events:
        fetch_one(STORE, row)
        return
    with transaction.atomic():
        first = report(events[0], voip=voip, received_at=delivery.received_at, after=(STORE_AND_REPORT, row))
        if first is None:
            return
        doubts = [first.doubt]
        for event in events[1:]:
            stored = report(event, voip=voip, received_at=delivery.received_at, delivery_id=first.delivery_id)
            doubts += [stored.doubt] if stored else []
        if any(doubts):
            notes = notes_of(events, *doubts)
            WebhookDelivery.objects.filter(READABLE, fingerprint=row["fingerprint"], voip=voip).update(notes=notes)


def _row(delivery: Delivery, *, voip: Voip, provider: str, events: list[CallEvent], error: str) -> dict[str, Any]:
    """The parameters of `_STORE`."""
    now = timezone.now()
    return {
        "voip": voip.pk,
        "provider": provider,
        "fingerprint": fingerprint(delivery),
        "event": delivery.event,
        "method": delivery.method,
        "headers": json.dumps({name: delivery.headers[name] for name in HEADERS_KEPT if name in delivery.headers}),
        "query": delivery.query,
        "body": delivery.body,
        "received_at": delivery.received_at,
        "processed_at": None if error else now,
        "error": store(error),
        "notes": notes_of(events),
        "provider_call_id": events[0].provider_call_id if events else "",
        "call_ids": list(dict.fromkeys(event.provider_call_id for event in events)),
        "now": now,
    }


def notes_of(events: Iterable[CallEvent], *doubts: str) -> str:
    """What could not be read, and why an event was not merged, as stored (`calls.sentences`)."""
    return store(*(note for event in events for note in event.notes), *doubts)


def fingerprint(delivery: Delivery) -> str:
    """A digest of everything the provider sent: an equal one is a redelivery."""
    parts = (delivery.event.encode(), delivery.query.encode(), delivery.body)
    return hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).hexdigest()
