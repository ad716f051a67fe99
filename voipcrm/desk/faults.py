"""Problems with providers that can be fixed here, shown among the tasks to users who may fix them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlencode

from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from calls.sentences import translate_stored
from integrations.models import SyncCursor
from integrations.webhooks.traffic import with_traffic
from sips.models import Voip
from sips.staff_lines import sees_all_lines
from voipcrm.desk.shared import Shared

FRESH = 15
"""Seconds."""
LOOKED_BACK = timedelta(days=1)
MOST_CONFIGURATIONS = 100
MEND_DELIVERIES, MEND_CONFIGURATIONS = "integrations.change_webhookdelivery", "sips.change_voip"


@dataclass(frozen=True, slots=True)
class Fault:
    voip: str
    text: str
    link: str


@dataclass(frozen=True, slots=True)
class _Found:
    unreadable: tuple[tuple[int, str, int], ...]
    lists: tuple[tuple[int, str, str], ...]
    since: datetime


def faults(user: User | AnonymousUser) -> list[Fault]:
    """Faults of the last day; none for users who cannot fix them."""
    if not may_mend(user):
        return []
    found = _shared.get()
    shown = list(_of_deliveries(found)) if user.has_perm(MEND_DELIVERIES) else []
    return shown + (list(_of_lists(found)) if user.has_perm(MEND_CONFIGURATIONS) else [])


def may_mend(user: User | AnonymousUser) -> bool:
    return sees_all_lines(user) and any(user.has_perm(right) for right in (MEND_DELIVERIES, MEND_CONFIGURATIONS))


def forget() -> None:
    _shared.forget()


def _read() -> _Found:
    since = timezone.now() - LOOKED_BACK
    named = Voip.objects.filter(active=True).only("name").order_by("name", "pk")
    counted = with_traffic(named, since=since)[:MOST_CONFIGURATIONS]
    unread = tuple((voip.pk, str(voip), voip.unreadable_count) for voip in counted if voip.unreadable_count)
    cursors = SyncCursor.objects.exclude(error="").filter(voip__active=True).order_by("voip__name", "pk")
    lists = tuple(cursors.values_list("voip_id", "voip__name", "error")[:MOST_CONFIGURATIONS])
    return _Found(unread, lists, since)


_shared = Shared(_read, seconds=FRESH)


def _of_deliveries(found: _Found) -> Iterator[Fault]:
    page = reverse("admin:integrations_webhookdelivery_changelist")
    day = timezone.localtime(found.since).date().isoformat()
    for pk, name, count in found.unreadable:
        text = ngettext("%(count)s delivery could not be read", "%(count)s deliveries could not be read", count)
        query = urlencode({"voip": pk, "state": "unreadable", "received_at_from": day})
        yield Fault(name, text % {"count": count}, f"{page}?{query}")


def _of_lists(found: _Found) -> Iterator[Fault]:
    for pk, name, error in found.lists:
        text = _("the list of calls could not be read: %(problem)s") % {"problem": translate_stored(error)}
        yield Fault(name or f"#{pk}", text, reverse("admin:sips_voip_change", args=[pk]))
