"""Erasing people from calls. A call stays as a fact without a person: when, how long, by which line, with what result.

Later reports are merged as before, except for what identifies the person (`calls.merge`). Therefore the row stays, as it does when a call is deleted.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from functools import reduce
from operator import or_
from typing import Any

from django.db import transaction
from django.db.models import Q, TextField
from django.db.models.functions import Cast, Reverse
from django.utils import timezone

from calls import dialing, follow_up_erasure
from calls.events import CallEvent
from calls.models import FIRST_REPORT_WITHIN, Call, Note, Report
from calls.reports import forget_person
from calls.statuses import PROGRESS, Kind
from sips import mentions
from sips.countries import DEFAULT_COUNTRY
from sips.encryption import without_secrets
from sips.mentions import may_name
from sips.number_search import SoughtNumber

SIDES = ("number_from", "number_to")
NUMBERS = (*SIDES, "customer_number")
PERSONAL: Mapping[str, object] = {"description": "", "recording_url": "", "client_id": None, "contact_id": None}
"""Personal columns besides the number, and their erased value."""

TEXTS = ("provider_status", "recording_url", "description")
"""Columns in which calls of other people may mention the number."""

KEPT, UNDER_WAY = "numbers kept for now", "calls under way"


def find(sought: SoughtNumber) -> list[int]:
    """Ids of the calls with that number in any format ever stored, deleted calls too.

    Uses the indexes of the numbers; the few numbers that are not E.164 are scanned.
    """
    ends = [end[::-1] for end in sought.endings()]
    maybe = reduce(or_, (Q(**{f"{side}__startswith": end}) for side in ("from_end", "to_end") for end in ends))
    known = Q(client_id__isnull=False) | Q(contact_id__isnull=False)
    rows = Call.everything.alias(from_end=Reverse("number_from"), to_end=Reverse("number_to"))
    unread = reduce(or_, (~Q(**{f"{side}__startswith": "+"}) & may_name(sought, side) for side in NUMBERS))
    candidates = rows.filter(maybe | unread | (Q(customer_number=sought.number) & known)).values_list(
        "pk", "voip__country", *NUMBERS
    )
    return [
        pk
        for pk, country, *numbers in candidates.iterator()
        if any(sought.is_named_by(number, country or DEFAULT_COUNTRY) for number in numbers)
    ]


def erase_number(sought: SoughtNumber, *, dry_run: bool = False) -> Counter[str]:
    """Erase the person with that number from all calls, one transaction each, and cancel requests that are not dialed yet.

    Returns counts by kind. Idempotent, also after an interruption.
    """
    counts: Counter[str] = Counter()
    own = find(sought)
    for pk in own:
        with transaction.atomic():
            counts += _erase(pk, sought)
            transaction.set_rollback(dry_run)
    others = Call.everything.exclude(pk__in=own)
    counts += Counter({"mentions in other calls": mentions.erase(others, TEXTS, sought, dry_run=dry_run)})
    notes = Note.objects.exclude(call__in=own)
    counts += Counter({"mentions in notes on other calls": mentions.erase(notes, ("text",), sought, dry_run=dry_run)})
    counts += follow_up_erasure.erase_number(sought, dry_run=dry_run)
    return counts + Counter({"reports of other calls": _erase_from_reports(sought, own, dry_run=dry_run)})


def _erase_from_reports(sought: SoughtNumber, own: list[int], *, dry_run: bool) -> int:
    """Remove the number from reports of calls that show another number by now. Returns from how many reports."""
    done = Call.everything.filter(pk__in=own).only("voip", "provider_call_id", "reference")
    keys = {(call.voip_id, key) for call in done for key in call.report_keys}
    rows = Report.objects.annotate(text=Cast("event", TextField())).filter(may_name(sought, "text"))
    erased = 0
    for row in without_secrets(rows.select_related("voip")).iterator():
        if (row.voip_id, row.provider_call_id) in keys:
            continue
        country = row.voip.country
        event = CallEvent.from_json(row.event)
        changes: dict[str, Any] = {side: "" for side in SIDES if sought.is_named_by(getattr(event, side), country)}
        changes |= {name: sought.without(getattr(event, name), country) for name in ("provider_status", "line")}
        if sought.is_in(event.recording_url, country):
            changes["recording_url"] = ""
        without = replace(event, **changes)
        if without != event:
            erased += (
                1 if dry_run else Report.objects.filter(pk=row.pk, event=row.event).update(event=without.as_json())
            )
    return erased


def _erase(pk: int, sought: SoughtNumber) -> Counter[str]:
    canceled = dialing.cancel(pk)
    row = without_secrets(Call.everything.select_related("voip")).select_for_update(of=("self",)).filter(pk=pk).first()
    if row is None:
        return Counter()
    now = timezone.now()
    awaited = row.awaits_first_report
    country = row.voip.country if row.voip else DEFAULT_COUNTRY
    changed = _personal(row, sought, country)
    notes, _deleted = Note.objects.filter(call=pk).delete()
    is_new = bool(changed) or row.erased_at is None
    if is_new:
        Call.everything.filter(pk=pk).update(**changed, erased_at=row.erased_at or now, updated_at=now)
        forget_person(row, lambda number: sought.is_named_by(number, country))
    return Counter(
        {
            "calls": is_new,
            "descriptions": "description" in changed,
            "notes": notes,
            "recording links": "recording_url" in changed,
            "client and contact ids": len({"client_id", "contact_id"} & set(changed)),
            "calls canceled": canceled,
            UNDER_WAY: is_new and row.status in PROGRESS and row.deleted_at is None,
            KEPT: awaited,
        }
    )


def _personal(row: Call, sought: SoughtNumber, country: str) -> dict[str, object]:
    """The row's personal values, emptied."""
    empty: dict[str, object] = {name: "" for name in NUMBERS if sought.is_named_by(getattr(row, name), country)}
    empty |= PERSONAL
    if sought.is_in(row.provider_status, country):
        empty["provider_status"] = ""
    if row.awaits_first_report:  # the webhook is correlated by it
        empty.pop("number_to", None)
    return {name: value for name, value in empty.items() if getattr(row, name) != value}


def erase_awaited_numbers() -> int:
    """Clear numbers that erased and deleted requests kept for correlation, once no first report can come any more. Returns how many."""
    now = timezone.now()
    kept = Call.everything.exclude(reference="").exclude(number_to="")
    too_late = Q(dialed_at__lt=now - FIRST_REPORT_WITHIN)
    erased = kept.filter(too_late, erased_at__isnull=False, kind=Kind.OUTGOING)
    deleted = kept.filter(too_late | Q(dialed_at=None), deleted_at__isnull=False)
    nothing = {"number_to": "", "customer_number": "", "updated_at": now}
    return deleted.update(**nothing, sip=None) + erased.update(**nothing)
