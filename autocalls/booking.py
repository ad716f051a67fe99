"""The slots of a widget that still have a free place, and when a visitor is called."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple, TypedDict

from django.utils import timezone

from autocalls.guard import VisitorRefused
from autocalls.models import OPEN, Autocall
from widgets import slots
from widgets.models import Widget
from widgets.opening_hours import Interval, OpeningHours


class FreeSlot(NamedTuple):
    slot: Interval
    free: int
    "Places, at least one."


class Run(TypedDict):
    """Consecutive slots: the free places in each, 0 for a slot that cannot be booked."""

    call_at: datetime
    free: list[int]


LONGEST_GAP = 16
"""Full slots that are counted as zeros; after more of them, a new run is shorter."""


def has_place(widget: Widget, slot: Interval) -> bool:
    """A finished call-back takes none."""
    taken = Autocall.objects.filter(widget=widget, status__in=OPEN, slot_at__gte=slot.begin, slot_at__lt=slot.end)
    return taken.count() < widget.slot_capacity


def free_slots(widget: Widget, hours: OpeningHours, now: datetime, taken: Sequence[datetime]) -> Iterator[FreeSlot]:
    """The slots a visitor can book now, ascending. taken: the moments booked, ascending."""
    for slot in islice(slots.bookable(hours, widget.slot_rules, now), slots.MOST_OFFERED):
        free = widget.slot_capacity - (bisect_left(taken, slot.end) - bisect_left(taken, slot.begin))
        if free > 0:
            yield FreeSlot(slot, free)


def in_runs(slots: Iterable[FreeSlot], minutes: int) -> list[Run]:
    """The same, compact: an always open week takes 2 KB instead of 30. Every run begins and ends with a free slot."""
    length = timedelta(minutes=minutes)
    runs: list[Run] = []
    for slot, free in slots:
        if runs:
            counted = runs[-1]["free"]
            number, rest = divmod(slot.begin - runs[-1]["call_at"], length)
            if not rest and number <= len(counted) + LONGEST_GAP:
                counted += [0] * (number - len(counted)) + [free]
                continue
        runs.append({"call_at": slot.begin, "free": [free]})
    return runs


def choose_time(widget: Widget, asked: datetime | None) -> tuple[datetime, datetime | None]:
    """When to call, and a moment in the slot whose place it takes. Exact under `guard.hold`. Raises VisitorRefused."""
    now = timezone.now()
    hours = widget.hours()
    if asked is not None:
        slot = slots.find(hours, widget.slot_rules, asked, now) if widget.call_future else None
        if slot is None:
            raise VisitorRefused("not_bookable", "call_at")
        if not has_place(widget, slot):
            raise VisitorRefused("slot_taken", "call_at")
        return asked, asked
    if widget.call_now and hours.is_open(now):
        return now, None
    opening = hours.next_opening(now) if widget.call_future else None
    if opening is None:
        raise VisitorRefused("closed")
    return opening, opening
