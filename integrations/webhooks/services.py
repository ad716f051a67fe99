"""Receives webhooks: authenticate, store, report."""

import ipaddress
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from django.db import DataError, IntegrityError, InterfaceError, OperationalError, connection, transaction
from django.utils.translation import gettext_noop as _

from calls.reports import report
from calls.sentences import Sentence
from calls.sql import fetch_one, may_be_repeated
from integrations import providers
from integrations.models import READABLE, WebhookDelivery
from integrations.providers.foundation.events import Account, CallEvent, Delivery
from integrations.providers.foundation.provider import Provider, Unreadable, Untrusted
from integrations.webhooks import addressee, at_once, storing
from integrations.webhooks.addressee import account_of
from sips.models import Voip

logger = logging.getLogger(__name__)


class UnknownAddress(Exception):
    """No active configuration has this webhook address."""


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
    return recall(adapter, secret, address=address) or _look_up(adapter, secret, address)


def recall(adapter: Provider, secret: str, *, address: str) -> Recipient | None:
    """The cached recipient, which asks nobody and needs `at_once`; None where the sender is not, or not yet, among its addresses."""
    remembered = addressee.recall(adapter.slug, secret)
    if remembered is None or not _is_allowed(address, remembered.webhook_ips):
        return None
    return Recipient(remembered, adapter, partial(_look_up, adapter, secret, address))


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
        if at_once.take_in(delivery, recipient.voip, recipient.adapter):
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


def receive(delivery: Delivery, *, provider: str, secret: str, address: str) -> str | None:
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
        template = _("%(error)s in the adapter of %(name)s")
        return [], Sentence(template, error=type(problem).__name__, name=adapter.name)


def _store(delivery: Delivery, *, voip: Voip, provider: str, events: list[CallEvent], error: str) -> None:
    """Store the delivery and report its events in one transaction; a redelivery does neither.

    The first event goes into the same statement as the delivery itself: one round trip for nearly all deliveries, which have one event.
    """
    row = storing.row(delivery, voip=voip, provider=provider, events=events, error=error)
    if not events:
        fetch_one(storing.STORE, row)
        return
    with transaction.atomic():
        first = report(events[0], voip=voip, received_at=delivery.received_at, after=(storing.STORE_AND_REPORT, row))
        if first is None:
            return
        doubts = [first.doubt]
        for event in events[1:]:
            stored = report(event, voip=voip, received_at=delivery.received_at, delivery_id=first.delivery_id)
            doubts += [stored.doubt] if stored else []
        if any(doubts):
            notes = storing.notes_of(events, *doubts)
            WebhookDelivery.objects.filter(READABLE, fingerprint=row["fingerprint"], voip=voip).update(notes=notes)
