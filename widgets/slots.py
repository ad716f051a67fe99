"""The times a visitor can book: the opening hours cut into equal slots.

Pure: knows no widget, no booking and no present. The grid of a day begins anew with each opening of that day, or where an opening goes on from the
day before, with the day; so a slot is the same one whenever it is looked at. A slot lies wholly within an opening; what is left over at the end is
nobody's. Slots last real minutes: on the night the clock goes back there are an hour's more of them, on the other night an hour's fewer.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from widgets.opening_hours import Interval, OpeningHours

MOST_OFFERED = 2000
"""Slots; more choice helps nobody, and every visitor would have to load it."""


@dataclass(frozen=True, slots=True)
class SlotRules:
    """`minutes` of a slot; `lead`, the least time between asking and the slot; `days_ahead`, the last bookable day, counted from today (0)."""

    minutes: int
    lead: timedelta
    days_ahead: int


def bookable(hours: OpeningHours, rules: SlotRules, now: datetime) -> Iterator[Interval]:
    """The slots that may be booked now, ascending and apart, in UTC; whether a place in them is free is not known here."""
    today = now.astimezone(hours.zone).date()
    earliest = now + rules.lead
    for slot in _grid(hours, rules, today, days=rules.days_ahead + 1):
        if slot.begin >= earliest:
            yield slot


def find(hours: OpeningHours, rules: SlotRules, moment: datetime, now: datetime) -> Interval | None:
    """The bookable slot that holds this moment, or None. Raises ValueError for a moment outside of the calendar."""
    today = now.astimezone(hours.zone).date()
    try:
        day = moment.astimezone(hours.zone).date()
    except OverflowError as error:
        raise ValueError("the moment lies outside the calendar") from error
    if not today <= day <= today + timedelta(days=rules.days_ahead):
        return None
    earliest = now + rules.lead
    slots = _grid(hours, rules, day, days=1)
    return next((slot for slot in slots if slot.begin <= moment < slot.end and slot.begin >= earliest), None)


def _grid(hours: OpeningHours, rules: SlotRules, first: date, *, days: int) -> Iterator[Interval]:
    """Begins a day early, unseen: where the clock goes back over midnight, an evening reaches into the next day and its slots come first."""
    length = timedelta(minutes=rules.minutes)
    free_from: datetime | None = None
    for number in range(-1, days):
        for opening in hours.intervals(first + timedelta(days=number), days=1):
            begin = opening.begin if free_from is None else max(opening.begin, free_from)
            while begin + length <= opening.end:
                free_from = begin + length
                if number >= 0:
                    yield Interval(begin, free_from)
                begin = free_from
