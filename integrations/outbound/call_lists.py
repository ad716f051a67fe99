"""Reads the providers' lists of calls, to replace lost webhooks and correct results."""

import logging
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError
from django.utils import timezone

from calls.events import CallEvent
from calls.models import Report
from calls.reports import Reading, read_again
from calls.sentences import Sentence, _, store
from calls.statuses import Source
from integrations import providers
from integrations.models import SyncCursor
from integrations.outbound import http
from integrations.providers.foundation.events import Account, CallPage, OutboundRequest
from integrations.providers.foundation.provider import Provider, ProviderError
from integrations.webhooks.addressee import account_of
from sips.encryption import DecryptionError
from sips.models import Voip

logger = logging.getLogger(__name__)

OVERLAP = timedelta(hours=2)
"""A call enters the list when it ends, but is sorted by its start, so each reading looks back longer than nearly all calls last."""

FIRST_LOOK = timedelta(hours=24)
LONGEST_SPAN = timedelta(hours=6)
"""Per reading; the rest is read next time."""

CALLS_AT_ONCE = 500
MOST_PAGES = 200
PAUSE = 1.0
"""Seconds between two pages: several providers allow one request a second."""


def reconcile(voip: Voip) -> int:
    """Merge the provider's list since the last reading into Calls. Returns how many calls were listed.

    Idempotent. The sync cursor moves only after everything before it is merged. If the configuration is deleted meanwhile, reading stops and stores
    none of its calls.
    """
    try:
        return _reconcile(voip)
    except IntegrityError:
        if Voip.objects.filter(pk=voip.pk).exists():
            raise
        logger.info("list_of_deleted_configuration", extra={"voip_id": voip.pk})
        return 0


def _reconcile(voip: Voip) -> int:
    adapter = providers.find(voip.provider)
    now = timezone.now()
    mark, _is_new = SyncCursor.objects.get_or_create(voip=voip, defaults={"read_until": now - FIRST_LOOK})
    until = min(now, mark.read_until + LONGEST_SPAN)
    try:
        count = _read_list(adapter, account_of(voip, with_key=True), voip, since=mark.read_until - OVERLAP, until=until)
    except (ProviderError, http.NotSent, http.Unanswered, DecryptionError) as problem:
        logger.warning("list_unreadable", extra={"voip_id": voip.pk, "problem": str(problem)})
        error = store(problem.sentence if isinstance(problem, ProviderError) else str(problem))
        SyncCursor.objects.filter(pk=mark.pk).update(read_at=now, error=error)
        return 0
    SyncCursor.objects.filter(pk=mark.pk).update(read_until=until, read_at=now, error="")
    return count


def _read_list(adapter: Provider, account: Account, voip: Voip, *, since: datetime, until: datetime) -> int:
    """Read all pages before reporting, so that all rows of a call are known."""
    request = adapter.list_calls(since, until, account)
    if request is None:
        return 0
    events: list[CallEvent] = []
    is_whole = False
    try:
        for page in _pages(adapter, request, account):
            events += page.events
        is_whole = True
    finally:
        _report(events, voip, since=since, until=until, is_whole=is_whole)
    return len(events)


def _pages(adapter: Provider, request: OutboundRequest, account: Account) -> Iterator[CallPage]:
    for _page in range(MOST_PAGES):
        page = adapter.read_calls(http.send(request), account)
        yield page
        if page.next is None:
            return
        request = page.next
        time.sleep(PAUSE)
    template = _("The list has more than %(pages)s pages for %(hours)s h; it was not read to its end.")
    hours = f"{LONGEST_SPAN.total_seconds() / 3600:g}"
    raise ProviderError(Sentence(template, pages=str(MOST_PAGES), hours=hours))


def _report(events: Sequence[CallEvent], voip: Voip, *, since: datetime, until: datetime, is_whole: bool) -> None:
    """Replace the list's former reports of the period that was read; older reports stay, and all stay if the reading was interrupted.

    Each call in its own transaction, as webhooks of the same calls take the same locks in another order.
    """
    rows: dict[str, list[CallEvent]] = {}
    for event in events:
        rows.setdefault(event.provider_call_id, []).append(event)
    call_ids = list(rows)
    for start in range(0, len(call_ids), CALLS_AT_ONCE):
        some = call_ids[start : start + CALLS_AT_ONCE]
        listed = _listed_before(voip, some, since=since)
        for call_id in some:
            before = listed.get(call_id, [])
            kept = [] if is_whole else [CallEvent.from_json(report.event) for report in before]
            read_again(
                [_reading([*kept, *(event for event in rows[call_id] if event not in kept)], before, until)], voip=voip
            )


def _reading(events: list[CallEvent], replaces: list[Report], until: datetime) -> Reading:
    """Missing times of a row are derived from its other times, not from when it was read."""
    moments = [moment for event in events for moment in (event.ended_at, event.started_at) if moment]
    return Reading(events=events, received_at=min(moments, default=until), replaces=replaces)


def _listed_before(voip: Voip, call_ids: Sequence[str], *, since: datetime) -> dict[str, list[Report]]:
    """The stored list reports of these calls in this period."""
    found: dict[str, list[Report]] = {}
    stored = Report.objects.filter(voip=voip, provider_call_id__in=call_ids, event__source=Source.LIST.value)
    for report in stored:
        began = CallEvent.from_json(report.event).started_at
        if began is None or began >= since:
            found.setdefault(report.provider_call_id, []).append(report)
    return found
