"""Erasing people from call-backs. A finished call-back stays without its person: widget, time and result."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from autocalls.models import OPEN, Autocall, Refusal, Standing, Status
from sips import mentions
from sips.countries import DEFAULT_COUNTRY
from sips.number_search import SoughtNumber

PERSONAL: Mapping[str, object] = {
    "number": "", "name": "", "note": "", "page_url": "", "address": "", "network": "", "client_id": None, "contact_id": None,
}  # fmt: skip
"""Personal columns, and their erased value. Time and version of a consent stay, because they identify nobody."""


TEXTS = ("name", "note", "page_url")
"""Columns in which visitors may have written a number too."""


def erase_number(sought: SoughtNumber, *, dry_run: bool = False) -> Counter[str]:
    """Cancel the open call-backs of that number, erase the person from all of them, one transaction each, and delete its refusals.

    Returns counts by kind. It can be repeated, also after it was interrupted.
    """
    counts: Counter[str] = Counter()
    own = _naming(sought, Autocall, ("number",))
    for pk in own:
        with transaction.atomic():
            counts += _erase(pk, timezone.now())
            transaction.set_rollback(dry_run)
    others = Autocall.objects.exclude(pk__in=own)
    counts += Counter({"mentions in other call-backs": mentions.erase(others, TEXTS, sought, dry_run=dry_run)})
    refused = Refusal.objects.filter(pk__in=_naming(sought, Refusal, ("number", *TEXTS)))
    counts["refused requests"] = refused.count() if dry_run else refused.delete()[0]
    return counts


def _naming(sought: SoughtNumber, model: type[Autocall | Refusal], fields: Sequence[str]) -> list[int]:
    """Ids of the rows with the number in one of these columns."""
    maybe = Q(number=sought.number) | mentions.may_name(sought, *fields)
    rows = model._default_manager.filter(maybe).values_list("pk", "widget__voip__country", *fields)
    return [
        pk
        for pk, country, *texts in rows
        if any(sought.is_named_by(text, country or DEFAULT_COUNTRY) for text in texts)
    ]


def _erase(pk: int, now: datetime) -> Counter[str]:
    row = Autocall.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        return Counter()
    canceled = {"status": Status.CANCELED, "reason": Standing.ERASED, "finished_at": now, "hunting": False}
    over = canceled if row.is_open else {}
    Autocall.objects.filter(pk=pk).update(**PERSONAL, **over, updated_at=now)
    return Counter(
        {
            "call-backs": 1,
            "call-backs canceled": row.status in OPEN,
            "call-backs that were being called": row.status == Status.CALLING,
        }
    )
