"""Erasing people from call-backs. A call-back that is over stays as a fact without a person: through which widget, when, with what result."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from autocalls.models import OPEN, Autocall, Refusal, Status
from sips.number_search import SoughtNumber

PERSONAL: Mapping[str, Any] = {
    "number": "", "name": "", "note": "", "page_url": "", "address": "", "network": "", "client_id": None, "contact_id": None,
}  # fmt: skip
"""What a call-back tells of a person, and what it is when erased. The time and the version of a consent stay: they tell nobody."""

ERASED = "erased"
"""The reason of a call-back that was canceled because of it."""


def erase_number(sought: SoughtNumber, *, dry_run: bool = False) -> Counter[str]:
    """Cancel what was promised to that number and erase the person from all its call-backs, one transaction each; delete what it was refused.

    Returns how many. Doing it again changes nothing; one that died is made good by doing it again.
    """
    counts: Counter[str] = Counter()
    for pk in _having(sought, Autocall):
        with transaction.atomic():
            counts += _erase(pk, timezone.now())
            transaction.set_rollback(dry_run)
    refused = Refusal.objects.filter(pk__in=_having(sought, Refusal))
    counts["refused requests"] = refused.count() if dry_run else refused.delete()[0]
    return counts


def _having(sought: SoughtNumber, model: type[Autocall | Refusal]) -> list[int]:
    """Ids of the rows with that number. Few are not in E.164, and those are read through."""
    unread = ~Q(number__startswith="+") & Q(number__regex=sought.pattern)
    rows = model._default_manager.filter(Q(number=sought.number) | unread).values_list("pk", "number")
    return [pk for pk, number in rows if sought.is_meant(number)]


def _erase(pk: int, now: datetime) -> Counter[str]:
    row = Autocall.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        return Counter()
    over = {"status": Status.CANCELED, "reason": ERASED, "finished_at": now, "passing_on": False} if row.is_open else {}
    Autocall.objects.filter(pk=pk).update(**PERSONAL, **over, updated_at=now)
    return Counter(
        {
            "call-backs": 1,
            "call-backs canceled": row.status in OPEN,
            "call-backs that were being called": row.status == Status.CALLING,
        }
    )
