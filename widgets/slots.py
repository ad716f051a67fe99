"""The times a visitor can book: the opening hours cut into equal slots.

Reads no model, no setting and no clock. The grid of a day starts at each opening of that day, or at midnight for an opening that goes on from the day
before, so it does not depend on when it is computed. A slot lies wholly within an opening; a remainder shorter than a slot is not offered. Slots last
real minutes: when the clock is put back there is an hour more of them, when it is put forward an hour less.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from widgets.opening_hours import Interval, OpeningHours

MOST_OFFERED = 2000
"""Slots in widget_data, which every visitor loads."""


@dataclass(frozen=True, slots=True)
class SlotRules:
    """`minutes` of a slot; `minimum_notice` before it; `days_ahead`, the last bookable day, counted from today (0)."""

    minutes: int
    minimum_notice: timedelta
    days_ahead: int


def bookable(hours: OpeningHours, rules: SlotRules, now: datetime) -> Iterator[Interval]:
    """The slots that may be booked now, ascending, in UTC, whether or not a place is free."""
    today = now.astimezone(hours.zone).date()
    earliest = now + rules.minimum_notice
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
    earliest = now + rules.minimum_notice
    slots = _grid(hours, rules, day, days=1)
    return next((slot for slot in slots if slot.begin <= moment < slot.end and slot.begin >= earliest), None)


def _grid(hours: OpeningHours, rules: SlotRules, first: date, *, days: int) -> Iterator[Interval]:
    """Starts a day early: where the clock is put back at midnight, the evening before reaches into the next day, and its slots come first."""
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
