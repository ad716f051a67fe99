"""Processes stored deliveries: those that a crash has left, and replays after an adapter or a field map was corrected.

A replay replaces the delivery's former reports, and its calls are computed anew (`calls.reports`).
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter

from django.db import DataError, IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_noop as _

from calls.events import CallEvent
from calls.models import Report
from calls.reports import CallChange, Reading, read_again
from calls.sentences import Sentence, store
from integrations import providers
from integrations.models import READABLE, WAITING, WebhookDelivery
from integrations.providers.foundation.events import Delivery
from integrations.webhooks.addressee import account_of
from integrations.webhooks.services import read
from integrations.webhooks.storing import notes_of
from sips.encryption import without_secrets

logger = logging.getLogger(__name__)


def process(row: WebhookDelivery) -> None:
    """Read a stored delivery. Idempotent."""
    _apply([row])


def process_waiting(*, older_than: datetime, most: int = 500) -> int:
    """Process deliveries that a crash has left or that wait for a replay. Returns how many."""
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


@dataclass(frozen=True, slots=True)
class ReadAgain:
    delivery_id: int
    provider_call_id: str
    error: str
    "Why it still cannot be read."
    notes: str
    "What of it could not be read."


@dataclass(frozen=True, slots=True)
class Replayed:
    """What replaying the deliveries of one call did, or would do."""

    deliveries: Sequence[ReadAgain]
    calls: Sequence[CallChange]
    "The calls concerned; more than one where a delivery turned out to belong to another call."


def replay(
    rows: QuerySet[WebhookDelivery],
    *,
    dry_run: bool = False,
    within: Callable[[Sequence[CallChange]], None] | None = None,
) -> Iterator[Replayed]:
    """Replay deliveries, those of one call in one transaction; with dry_run that is rolled back once the effect is known.

    within: called in the same transaction with the changed calls. Erased deliveries are left out.
    """
    chosen = rows.filter(READABLE).order_by("voip_id", "provider_call_id", "pk")
    ids = chosen.values_list("voip_id", "provider_call_id", "pk").iterator(chunk_size=500)
    for (_voip_id, call_id), group in groupby(ids, key=itemgetter(0, 1)):
        pks = [pk for _, _, pk in group]
        for some in [pks] if call_id else [[pk] for pk in pks]:
            with transaction.atomic():
                kept = _with_account(WebhookDelivery.objects.filter(READABLE, pk__in=some))
                deliveries = list(
                    kept.select_for_update(of=("self",)).order_by("pk")
                )  # some may have been erased since
                changes = _apply(deliveries)
                if within is not None:
                    within(changes)
                transaction.set_rollback(dry_run)
            if deliveries:
                again = [ReadAgain(row.pk, row.provider_call_id, row.error, row.notes) for row in deliveries]
                yield Replayed(again, changes)


def _apply(rows: Sequence[WebhookDelivery]) -> list[CallChange]:
    """Replay deliveries of one configuration. One that the database refuses is stored with the reason, so that it does not block the others."""
    if not rows:
        return []
    read = {row.pk: _read_again(row) for row in rows}
    changes: list[CallChange] = []
    try:
        with transaction.atomic():
            changes = read_again([_reading(row, read[row.pk]) for row in rows], voip=rows[0].voip, always=True)
    except (DataError, IntegrityError) as problem:
        logger.exception("delivery_not_applied", extra={"voip_id": rows[0].voip_id})
        read = dict.fromkeys(read, ([], f"{type(problem).__name__}: {problem}"))
    for row in rows:
        events, error = read[row.pk]
        row.processed_at, row.error = (None, store(error)) if error else (timezone.now(), "")
        doubts = [change.doubt for change in changes if change.doubt]
        row.notes = notes_of(events, *doubts)
        if events:
            row.provider_call_id = events[0].provider_call_id
        row.save(update_fields=["processed_at", "error", "notes", "provider_call_id"])
    return changes


def _reading(row: WebhookDelivery, read: tuple[list[CallEvent], str]) -> Reading:
    """What replaces the delivery's reports. Where it cannot be read any more, these stay."""
    events, error = read
    reports = list(Report.objects.filter(delivery_id=row.pk))
    if error:
        return Reading(
            events=[CallEvent.from_json(report.event) for report in reports],
            received_at=row.received_at,
            delivery_id=row.pk,
            replaces=reports,
        )
    return Reading(events=events, received_at=row.received_at, delivery_id=row.pk, replaces=reports)


def _read_again(row: WebhookDelivery) -> tuple[list[CallEvent], str]:
    provider = row.provider or row.voip.provider
    try:
        adapter = providers.find(provider)
    except KeyError:
        return [], Sentence(
            _("The provider's file that read it, “%(provider)s”, is not installed any more."), provider=provider
        )
    account = account_of(row.voip, with_key=False, provider=provider)  # the signature was verified on arrival
    return read(adapter, as_received(row), account)


def as_received(row: WebhookDelivery) -> Delivery:
    """The delivery as received, without credentials."""
    return Delivery(
        method=row.method,
        body=bytes(row.body),
        received_at=row.received_at,
        headers=row.headers,
        query=row.query,
        event=row.event,
    )


def _with_account(rows: QuerySet[WebhookDelivery]) -> QuerySet[WebhookDelivery]:
    """With their configurations, without secrets: the signature was verified on arrival."""
    return without_secrets(rows.select_related("voip"))
