"""Periods of whole days in a time zone; a day has 23 or 25 hours where the clocks change."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

LONGEST = timedelta(days=367)
"""A leap year, and an hour for the clocks."""


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    start: datetime
    end: datetime
    """Exclusive. The first and last day of a period begin and end with it."""

    def period(self, zone: ZoneInfo) -> "Period":
        return Period(self.start, self.end, zone)


@dataclass(frozen=True, slots=True)
class Period:
    """From `start` until just before `end`, both in UTC."""

    start: datetime
    end: datetime
    zone: ZoneInfo

    def days(self) -> Iterator[Day]:
        start = self.start
        while start < self.end:
            day = start.astimezone(self.zone).date()
            end = min(start_of(day + timedelta(days=1), self.zone), self.end)
            yield Day(day, start, end)
            start = end


def start_of(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of a day, in UTC, also where the clocks are changed at midnight."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def of_days(first: date, last: date, zone: ZoneInfo) -> Period:
    """Whole days, both included."""
    return Period(start_of(first, zone), start_of(last + timedelta(days=1), zone), zone)


def _last(days: int) -> Callable[[date], tuple[date, date]]:
    return lambda today: (today - timedelta(days=days - 1), today)


NAMED: Final[Mapping[str, Callable[[date], tuple[date, date]]]] = {
    "today": _last(1),
    "yesterday": lambda today: (today - timedelta(days=1),) * 2,
    "7_days": _last(7),
    "30_days": _last(30),
    "this_month": lambda today: (today.replace(day=1), today),
}
"""The first and the last day of each, by today's date. Today belongs to all of them but `yesterday`."""


def named(name: str, zone: ZoneInfo, now: datetime) -> Period:
    """Raises KeyError for a name that is none of NAMED."""
    return of_days(*NAMED[name](now.astimezone(zone).date()), zone)
