"""Calls grow old: after some days they are facts without people."""

from collections import defaultdict
from collections.abc import Iterator, Set
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from calls.erasure import PERSONAL
from calls.models import Call
from sips.models import Sip, Voip
from sips.phone_numbers import MAX_EXTENSION_DIGITS

AT_ONCE = 1000
SIDES = ("number_from", "number_to")


def erase_old_calls() -> int:
    """Erase the people from calls that began longer ago than `CALL_NUMBERS_KEPT_DAYS`, some at a time. Returns how many."""
    if settings.CALL_NUMBERS_KEPT is None:
        return 0
    ours = _own_numbers()
    return sum(_erase(rows, ours) for rows in _older_than(timezone.now() - settings.CALL_NUMBERS_KEPT))


def _older_than(moment: datetime) -> Iterator[list[Call]]:
    """Calls with people, oldest first, through the list's own index once."""
    old = Call.everything.filter(start_time__lt=moment, erased_at=None)
    rows = list(old.order_by("start_time", "pk").only("start_time", *SIDES)[:AT_ONCE])
    while rows:
        yield rows
        last = rows[-1]
        later = old.filter(Q(start_time__gt=last.start_time) | Q(pk__gt=last.pk), start_time__gte=last.start_time)
        rows = list(later.order_by("start_time", "pk").only("start_time", *SIDES)[:AT_ONCE])


def _own_numbers() -> Set[str]:
    """Of configurations and lines: those are of the company, not of a person."""
    lines = Sip.objects.values_list("sip", "number")
    return {*Voip.objects.values_list("number", flat=True), *(number for line in lines for number in line)}


def _is_personal(number: str, ours: Set[str]) -> bool:
    """Whether it may be somebody's number: no extension or short number, no word for a withheld one."""
    return number not in ours and sum(character.isdecimal() for character in number) > MAX_EXTENSION_DIGITS


def _erase(rows: list[Call], ours: Set[str]) -> int:
    """Each row is written once: every index of the table pays for it."""
    now = timezone.now()
    alike: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for row in rows:
        alike[tuple(side for side in SIDES if _is_personal(getattr(row, side), ours))].append(row.pk)
    with transaction.atomic():
        return sum(
            Call.everything.filter(pk__in=pks).update(
                **PERSONAL, **dict.fromkeys(sides, ""), customer_number="", erased_at=now, updated_at=now
            )
            for sides, pks in alike.items()
        )
