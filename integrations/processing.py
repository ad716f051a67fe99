"""Reading stored deliveries again: those that a crash has left, and those that are replayed because an adapter or a field map was mended."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db import DataError, IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from calls.models import Call
from calls.services import apply_event
from integrations import providers
from integrations.events import CallEvent, Delivery
from integrations.models import READABLE, WAITING, WebhookDelivery
from integrations.services import account_of, read

logger = logging.getLogger(__name__)


def process(row: WebhookDelivery) -> None:
    """Read a stored delivery (again) and merge what it says. Doing it twice changes nothing."""
    _apply(row, *_read_again(row))


def _read_again(row: WebhookDelivery) -> tuple[list[CallEvent], str]:
    try:
        adapter = providers.find(row.voip.provider)
    except KeyError:
        return [], "The configuration has no provider any more: choose it again, then replay."
    return read(
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
