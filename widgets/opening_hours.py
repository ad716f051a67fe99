"""When somebody answers: weekly periods, dated exceptions and public holidays on a wall clock.

Pure: knows no widget, no setting and no present. The written form is JSON::

    {"monday": [["09:00", "12:00"], ["13:00", "17:00"]], ...,
     "exceptions": {"2026-12-24": [["09:00", "12:00"]], "2026-12-25": []}}

* A missing weekday is closed. `{}` is open all day, every day. Any other object counts as written: one that holds
  nothing but "exceptions" is closed on every date they do not name.
* Times are `HH:MM` on the zone's wall clock, periods are half-open [begin, end), and "24:00" ends a day where the
  next one begins, so 18:00 to 24:00 and 00:00 to 02:00 the day after are one opening.
* An exception replaces its day wholly. A public holiday closes its day, one of `{}` too, unless an exception names it.
* A time that does not exist, as the clock leaps forward, is the moment of the leap. Of a time that comes twice, a
  period begins at the first and ends at the second.
* The first year of the calendar and the last three are closed, save for hours that never close.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MAX_PERIODS_A_DAY = 20
MAX_EXCEPTIONS = 1000
HORIZON = timedelta(days=366)
_MINUTES_A_DAY = 24 * 60
_TIME = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]|24:00")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_COUNTRY = re.compile(r"[A-Z]{2}")


class OpeningHoursError(ValueError):
    """The opening hours cannot be read; the message names the day and the period, counted from 1 as written."""


class Period(NamedTuple):
    """Part of a day in minutes of its wall clock: 0 <= begin < end <= 1440."""

    begin: int
    end: int

    def __str__(self) -> str:
        return "\N{EN DASH}".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in self)


class Interval(NamedTuple):
    """A stretch of real time, [begin, end), aware and in UTC."""

    begin: datetime
    end: datetime


Day = tuple[Period, ...]
_ALL_WEEK: tuple[Day, ...] = ((Period(0, _MINUTES_A_DAY),),) * len(WEEKDAYS)


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Sound opening hours, made by `parse`. `weekdays` are seven, Monday first; the periods of a day ascend."""

    zone: ZoneInfo
    weekdays: tuple[Day, ...]
    exceptions: Mapping[date, Day]
    holidays: str  # country code or ""

    def is_open(self, moment: datetime) -> bool:
        """Whether somebody answers at this moment. Raises ValueError for a naive one or one that UTC cannot express."""
        at = _to_utc(moment)
        return self._never_closes or any(begin <= at < end for begin, end in self._intervals_around(at, days=3))

    def next_opening(self, moment: datetime) -> datetime | None:
        """The first open moment from this one on, in UTC; None if 366 days have none. Raises as `is_open` does."""
        at = _to_utc(moment)
        if self.is_open(at):
            return at
        begins = (opening.begin for opening in self._intervals_around(at, days=HORIZON.days + 3))
        begin = next((begin for begin in begins if begin > at), None)
        return begin if begin is not None and begin - at <= HORIZON else None

    def intervals(self, first: date, *, days: int) -> Iterator[Interval]:
        """The openings of so many days from the first one on: ascending, and apart, as those that touch are joined."""
        opening: Interval | None = None
        for piece in self._pieces(first, days):
            if opening is not None and piece.begin <= opening.end:
                opening = Interval(opening.begin, max(opening.end, piece.end))
                continue
            if opening is not None:
                yield opening
            opening = piece
        if opening is not None:
            yield opening

    @property
    def _never_closes(self) -> bool:
        return self.weekdays == _ALL_WEEK and not self.exceptions and not self.holidays

    def _intervals_around(self, at: datetime, *, days: int) -> Iterator[Interval]:
        """Begins a day early: yesterday's last period may reach past midnight where the clock goes back over it."""
        if not MINYEAR < at.year < MAXYEAR - 2:  # a zone's offset would lead out of the calendar
            return iter(())
        return self.intervals(at.astimezone(self.zone).date() - timedelta(days=1), days=days)

    def _pieces(self, first: date, days: int) -> Iterator[Interval]:
        for day in (first + timedelta(days=number) for number in range(days)):
            for period in self._periods_on(day):
                begin = _instant(day, period.begin, zone=self.zone)
                # A day ends where the next begins, also where that midnight comes twice (the Azores in October).
                end = _instant(day, period.end, zone=self.zone, second=period.end < _MINUTES_A_DAY)
                if begin < end:  # a period wholly inside a skipped hour never comes
                    yield Interval(begin, end)

    def _periods_on(self, day: date) -> Day:
        if (exception := self.exceptions.get(day)) is not None:
            return exception
        periods = self.weekdays[day.weekday()]
        return () if self.holidays and day in _holiday_dates(self.holidays, day.year) else periods


def parse(opening_time: object, *, time_zone: str, holidays: str = "") -> OpeningHours:
    """Read opening hours as JSON gives them.

    `time_zone` is an IANA name such as "Europe/Warsaw", `holidays` an ISO 3166 country code such as "PL", or blank.
    Raises OpeningHoursError for anything that is not exactly the written form above.
    """
    if not isinstance(opening_time, dict):
        raise OpeningHoursError("opening hours: must be an object with a list of periods for each day")
    for key in opening_time:
        if key not in WEEKDAYS and key != "exceptions":
            raise OpeningHoursError(f"{key!r:.40}: unknown key; use {', '.join(WEEKDAYS)} or exceptions")
    week = tuple(_parse_day(name, opening_time.get(name, [])) for name in WEEKDAYS)
    return OpeningHours(
        zone=_find_zone(time_zone),
        weekdays=week if opening_time else _ALL_WEEK,
        exceptions=_parse_exceptions(opening_time.get("exceptions", {})),
        holidays=_check_country(holidays),
    )


def _parse_exceptions(exceptions: object) -> dict[date, Day]:
    if not isinstance(exceptions, dict):
        raise OpeningHoursError("exceptions: must be an object with a list of periods for each date")
    if len(exceptions) > MAX_EXCEPTIONS:
        raise OpeningHoursError(f"exceptions: {len(exceptions)} dates, at most {MAX_EXCEPTIONS} are allowed")
    return {_parse_date(written): _parse_day(written, periods) for written, periods in exceptions.items()}


def _parse_date(written: object) -> date:
    if isinstance(written, str) and _DATE.fullmatch(written):
        try:
            return date.fromisoformat(written)
        except ValueError as error:
            raise OpeningHoursError(f"exceptions: {written} is not in the calendar") from error
    raise OpeningHoursError(f"exceptions: {written!r:.40} is not a date of the form YYYY-MM-DD")


def _parse_day(name: str, periods: object) -> Day:
    if not isinstance(periods, list | tuple):
        raise OpeningHoursError(f'{name}: must be a list of periods such as ["09:00", "17:00"]')
    if len(periods) > MAX_PERIODS_A_DAY:
        raise OpeningHoursError(f"{name}: {len(periods)} periods, at most {MAX_PERIODS_A_DAY} are allowed")
    numbered = sorted((_parse_period(f"{name}, period {n}", period), n) for n, period in enumerate(periods, start=1))
    for (earlier, _), (later, number) in pairwise(numbered):
        if later.begin < earlier.end:
            raise OpeningHoursError(f"{name}, period {number}: {later} overlaps {earlier}")
    return tuple(period for period, _ in numbered)


def _parse_period(place: str, written: object) -> Period:
    match written:
        case [str(begin), str(end)]:
            period = Period(_parse_time(place, begin), _parse_time(place, end))
        case _:
            raise OpeningHoursError(f'{place}: must be two times such as ["09:00", "17:00"]')
    if period.begin >= period.end:
        fault = "has no length" if period.begin == period.end else "ends before it begins"
        raise OpeningHoursError(f"{place}: {period} {fault}")
    return period


def _parse_time(place: str, written: str) -> int:
    if not _TIME.fullmatch(written):
        raise OpeningHoursError(f"{place}: {written!r:.40} is not a time of the form HH:MM from 00:00 to 24:00")
    return int(written[:2]) * 60 + int(written[3:])


def _find_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: the name of a directory of zones
        raise OpeningHoursError(f"time zone: {name!r:.40} is unknown; use a name such as Europe/Warsaw") from error


def _check_country(code: str) -> str:
    if code and not (_COUNTRY.fullmatch(code) and _has_holidays(code)):
        raise OpeningHoursError(f"holidays: {code!r:.40} is not a known country; use a code such as PL, or blank")
    return code


# `holidays` takes some 100 ms and 10 MB to import, which only those who ask for public holidays should pay.
@cache  # at most 26 * 26 codes get here
def _has_holidays(country: str) -> bool:
    from holidays import country_holidays  # noqa: PLC0415 - see above

    try:
        country_holidays(country)
    except NotImplementedError:  # the package's word for a country it does not know
        return False
    return True


@lru_cache(maxsize=1024)
def _holiday_dates(country: str, year: int) -> frozenset[date]:
    from holidays import country_holidays  # noqa: PLC0415 - see above

    return frozenset(country_holidays(country, years=year))


def _to_utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError("the moment has no time zone")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("the moment lies outside the calendar") from error


def _instant(day: date, minutes: int, *, zone: ZoneInfo, second: bool = False) -> datetime:
    """When the zone's clock shows that time, in UTC; `second` chooses the later one of a time that comes twice."""
    wall = datetime.combine(day, time(), tzinfo=zone) + timedelta(minutes=minutes)
    before_change, after_change = wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC)
    if before_change > after_change:
        return _find_leap(after_change, before_change, zone=zone)
    return after_change if second else before_change


def _find_leap(early: datetime, late: datetime, *, zone: ZoneInfo) -> datetime:
    """When the zone's clock leaps forward between the two, exact to the second."""
    offset = early.astimezone(zone).utcoffset()

    def has_leapt(seconds: int) -> bool:
        return (early + timedelta(seconds=seconds)).astimezone(zone).utcoffset() != offset

    return early + timedelta(seconds=bisect_left(range(int((late - early).total_seconds())), True, key=has_leapt))
