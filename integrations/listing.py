"""Reading the operators' own lists of calls, for the webhooks that were lost and the results they had wrong."""

import logging
import time
from datetime import datetime, timedelta

from django.utils import timezone

from calls.services import apply_event
from integrations import http, providers
from integrations.events import Account
from integrations.models import ListMark
from integrations.provider import Provider, ProviderError
from integrations.services import account_of
from sips.encryption import DecryptionError
from sips.models import Voip

logger = logging.getLogger(__name__)

OVERLAP = timedelta(hours=2)
"""A call enters the operator's list when it ends, under the time it began: each reading looks back this far, longer than nearly all calls."""

FIRST_LOOK = timedelta(hours=24)
LONGEST_SPAN = timedelta(hours=6)
"""Time read in one go; what is later is read next time."""

MOST_PAGES = 200
PAUSE = 1.0
"""Seconds between two pages: several operators allow one request a second."""


def reconcile(voip: Voip) -> int:
    """Merge what the operator lists since the last reading into Calls. Returns how many calls the list told of.

    Reading a call twice changes nothing. The mark moves only once everything before it is merged, so nothing is left out when this dies.
    """
    adapter = providers.find(voip.provider)
    now = timezone.now()
    mark, _ = ListMark.objects.get_or_create(voip=voip, defaults={"read_until": now - FIRST_LOOK})
    until = min(now, mark.read_until + LONGEST_SPAN)
    try:
        told = _read_list(adapter, account_of(voip, with_key=True), voip, since=mark.read_until - OVERLAP, until=until)
    except (ProviderError, http.NotSent, http.Unanswered, DecryptionError) as problem:
        logger.warning("list_unreadable", extra={"voip_id": voip.pk, "problem": str(problem)})
        ListMark.objects.filter(pk=mark.pk).update(read_at=now, error=str(problem))
        return 0
    ListMark.objects.filter(pk=mark.pk).update(read_until=until, read_at=now, error="")
    return told


def _read_list(adapter: Provider, account: Account, voip: Voip, *, since: datetime, until: datetime) -> int:
    told = 0
    request = adapter.list_calls(since, until, account)
    if request is None:
        return 0
    for _ in range(MOST_PAGES):
        page = adapter.read_calls(http.send(request), account)
        # Each in its own transaction: webhooks of the same calls take the same locks in another order.
        for event in page.events:
            apply_event(event, voip=voip, received_at=event.ended_at or event.started_at or until)
        told += len(page.events)
        if page.next is None:
            return told
        request = page.next
        time.sleep(PAUSE)
    raise ProviderError(f"The list has more than {MOST_PAGES} pages for {LONGEST_SPAN}; it was not read to its end.")
