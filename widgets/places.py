"""The slots of a widget that still have a free place.

Bookings are kept upstairs, where this room cannot look; the room that keeps them says here what is taken.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple, Protocol

from widgets import slots
from widgets.models import Widget
from widgets.opening_hours import Interval, OpeningHours


class TakenPlaces(Protocol):
    def __call__(self, widget: Widget, *, begin: datetime, end: datetime) -> Sequence[datetime]:
        """The moments booked in [begin, end), ascending, one for each place that is taken."""
        ...


class FreeSlot(NamedTuple):
    slot: Interval
    free: int
    "Places, at least one."


_keepers: list[TakenPlaces] = []


def ask(keeper: TakenPlaces) -> None:
    """From now on this one is asked what is taken."""
    _keepers[:] = [keeper]


def taken_in(widget: Widget, slot: Interval) -> int:
    return sum(len(keeper(widget, begin=slot.begin, end=slot.end)) for keeper in _keepers)


def free_slots(widget: Widget, hours: OpeningHours, now: datetime) -> Iterator[FreeSlot]:
    """What a visitor can book now, ascending."""
    last = now + timedelta(days=widget.days_ahead + 2)
    taken = [moment for keeper in _keepers for moment in keeper(widget, begin=now, end=last)]
    for slot in islice(slots.bookable(hours, widget.slot_rules, now), slots.MOST_OFFERED):
        free = widget.slot_capacity - (bisect_left(taken, slot.end) - bisect_left(taken, slot.begin))
        if free > 0:
            yield FreeSlot(slot, free)
