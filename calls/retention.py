"""Retention of calls: reports are deleted after some days, people erased later."""

from collections import defaultdict
from collections.abc import Iterator, Set
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from calls.erasure import PERSONAL
from calls.models import Call, ForgottenReports, Note, Report
from calls.reports import forget_person
from sips.models import Sip, Voip
from sips.phone_numbers import MAX_EXTENSION_DIGITS
from sips.portions import by_portions, delete_oldest

AT_ONCE = 1000
SIDES = ("number_from", "number_to")
KEYS = ("provider_call_id", "reference")


def erase_old_calls() -> int:
    """Erase the people from calls that began longer ago than `CALL_NUMBERS_KEPT_DAYS`, in portions. Returns how many."""
    if settings.CALL_NUMBERS_KEPT is None:
        return 0
    ours = _own_numbers()
    return sum(_erase(rows, ours) for rows in _older_than(timezone.now() - settings.CALL_NUMBERS_KEPT))


def _older_than(moment: datetime) -> Iterator[list[Call]]:
    """Calls with people, oldest first, read once through the list's index."""
    old = Call.everything.filter(start_time__lt=moment, erased_at=None)
    rows = list(
        old.order_by("start_time", "pk")
        .select_related("voip")
        .only("start_time", "voip", "voip__country", *KEYS, *SIDES)[:AT_ONCE]
    )
    while rows:
        yield rows
        last = rows[-1]
        later = old.filter(Q(start_time__gt=last.start_time) | Q(pk__gt=last.pk), start_time__gte=last.start_time)
        rows = list(
            later.order_by("start_time", "pk")
            .select_related("voip")
            .only("start_time", "voip", "voip__country", *KEYS, *SIDES)[:AT_ONCE]
        )


def _own_numbers() -> Set[str]:
    """Numbers of configurations and lines: they belong to the company, not to a person."""
    lines = Sip.objects.values_list("sip", "number")
    return {*Voip.objects.values_list("number", flat=True), *(number for line in lines for number in line)}


def _is_personal(number: str, ours: Set[str]) -> bool:
    """Whether it may be a person's number, not an extension, short number or withheld one."""
    return number not in ours and sum(character.isdecimal() for character in number) > MAX_EXTENSION_DIGITS


def _erase(rows: list[Call], ours: Set[str]) -> int:
    """Each row is written only once, because every index of the table is updated with it."""
    now = timezone.now()
    alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row in rows:
        alike[tuple(side for side in SIDES if _is_personal(getattr(row, side), ours))].append(row.pk)
    with transaction.atomic():
        for row in rows:
            forget_person(row, lambda number: _is_personal(number, ours))
        Note.objects.filter(call__in=[row.pk for row in rows]).delete()
        return sum(
            Call.everything.filter(pk__in=pks).update(
                **PERSONAL, **dict.fromkeys(sides, ""), customer_number="", erased_at=now, updated_at=now
            )
            for sides, pks in alike.items()
        )


def delete_old_notes() -> int:
    """Delete notes written longer ago than `CALL_NUMBERS_KEPT_DAYS`; those on older calls are deleted with the people. Returns how many."""
    if settings.CALL_NUMBERS_KEPT is None:
        return 0
    old = Note.objects.filter(created_at__lt=timezone.now() - settings.CALL_NUMBERS_KEPT)
    return by_portions(old, lambda rows: rows.delete()[0], at_once=AT_ONCE)


def forget_old_reports() -> int:
    """Delete the reports stored longer ago than deliveries are kept, in portions. Returns how many.

    `ForgottenReports` is written first, as older calls can no longer be computed from their reports.
    """
    if settings.DELIVERIES_KEPT is None:
        return 0
    until = timezone.now() - settings.DELIVERIES_KEPT
    old = Q(stored_at__lt=until)
    oldest = Report.objects.order_by("pk").first()
    if oldest is None or oldest.stored_at >= until:
        return 0
    if not ForgottenReports.objects.filter(until__gte=until).exists():
        ForgottenReports.objects.update_or_create(pk=1, defaults={"until": until})
    return delete_oldest(Report.objects.all(), old, at_once=AT_ONCE)
