"""Opening hours: weekly periods, dated exceptions and public holidays on a wall clock.

Reads no model, no setting and no clock. The written form is JSON::

    {"monday": [["09:00", "12:00"], ["13:00", "17:00"]], ...,
     "exceptions": {"2026-12-24": [["09:00", "12:00"]], "2026-12-25": []}}

* A missing weekday is closed. `{}` is open all day, every day. Any other object counts as written: one that holds
  nothing but "exceptions" is closed on every date they do not name.
* Times are `HH:MM` on the zone's wall clock, periods are half-open [begin, end), and "24:00" ends a day where the
  next one begins, so 18:00 to 24:00 and 00:00 to 02:00 the day after are one opening.
* An exception replaces its day wholly. A public holiday closes its day, one of `{}` too, unless an exception names it.
* A time that is skipped because the clock is put forward means the moment of the change. Of a time that occurs twice
  because the clock is put back, a period begins at the first and ends at the second.
* In the first year of the calendar and its last three everything is closed, except hours that never close.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from widgets.public_holidays import has_holidays, holiday_dates
from widgets.wall_clock import instant, to_utc

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

    def __init__(self, sentence: str, **named: object) -> None:
        super().__init__(sentence % named)
        self.sentence, self.named = sentence, named

    def translated(self, translate: Callable[[str], str]) -> str:
        """The message in the reader's language. translate: gettext."""
        return translate(self.sentence) % self.named


def _(sentence: str) -> str:
    """Marks a text for makemessages; this module does not import Django."""
    return sentence


class Period(NamedTuple):
    """Minutes of a day on the wall clock: 0 <= begin < end <= 1440."""

    begin: int
    end: int

    def __str__(self) -> str:
        return "\N{EN DASH}".join(f"{minutes // 60:02}:{minutes % 60:02}" for minutes in self)


class Interval(NamedTuple):
    """[begin, end), aware and in UTC."""

    begin: datetime
    end: datetime


Day = tuple[Period, ...]
_ALL_WEEK: tuple[Day, ...] = ((Period(0, _MINUTES_A_DAY),),) * len(WEEKDAYS)


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Valid opening hours, made by `parse`. `weekdays` are seven, Monday first; the periods of a day ascend."""

    zone: ZoneInfo
    weekdays: tuple[Day, ...]
    exceptions: Mapping[date, Day]
    holidays: str  # country code or ""

    def is_open(self, moment: datetime) -> bool:
        """Raises ValueError for a naive moment or one that UTC cannot express."""
        at = to_utc(moment)
        return self._never_closes or any(begin <= at < end for begin, end in self._intervals_around(at, days=3))

    def next_opening(self, moment: datetime) -> datetime | None:
        """The first open moment from this one on, in UTC; None if 366 days have none. Raises as `is_open` does."""
        at = to_utc(moment)
        if self.is_open(at):
            return at
        begins = (opening.begin for opening in self._intervals_around(at, days=HORIZON.days + 3))
        begin = next((begin for begin in begins if begin > at), None)
        return begin if begin is not None and begin - at <= HORIZON else None

    def intervals(self, first: date, *, days: int) -> Iterator[Interval]:
        """The openings of so many days from the first one on, ascending; those that touch are joined into one."""
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
        """Begins a day early: yesterday's last period may reach past midnight where the clock is put back at midnight."""
        if not MINYEAR < at.year < MAXYEAR - 2:  # a zone's offset would lead out of the calendar
            return iter(())
        return self.intervals(at.astimezone(self.zone).date() - timedelta(days=1), days=days)

    def _pieces(self, first: date, days: int) -> Iterator[Interval]:
        for day in (first + timedelta(days=number) for number in range(days)):
            for period in self._periods_on(day):
                begin = instant(day, period.begin, zone=self.zone)
                # A day ends where the next begins, also where that midnight occurs twice (the Azores in October).
                end = instant(day, period.end, zone=self.zone, second=period.end < _MINUTES_A_DAY)
                if begin < end:  # a period wholly inside a skipped hour never comes
                    yield Interval(begin, end)

    def _periods_on(self, day: date) -> Day:
        if (exception := self.exceptions.get(day)) is not None:
            return exception
        periods = self.weekdays[day.weekday()]
        return () if self.holidays and day in holiday_dates(self.holidays, day.year) else periods


def parse(opening_time: object, *, time_zone: str, holidays: str = "") -> OpeningHours:
    """Read opening hours as JSON gives them.

    `time_zone` is an IANA name such as "Europe/Warsaw", `holidays` an ISO 3166 country code such as "PL", or blank.
    Raises OpeningHoursError for anything that is not exactly the written form above.
    """
    if not isinstance(opening_time, dict):
        raise OpeningHoursError(_("opening hours: must be an object with a list of periods for each day"))
    for key in opening_time:
        if key not in WEEKDAYS and key != "exceptions":
            template = _("%(key)s: unknown key; use %(known)s or exceptions")
            raise OpeningHoursError(template, key=f"{key!r:.40}", known=", ".join(WEEKDAYS))
    week = tuple(_parse_day(name, opening_time.get(name, [])) for name in WEEKDAYS)
    return OpeningHours(
        zone=_find_zone(time_zone),
        weekdays=week if opening_time else _ALL_WEEK,
        exceptions=_parse_exceptions(opening_time.get("exceptions", {})),
        holidays=_check_country(holidays),
    )


def _parse_exceptions(exceptions: object) -> dict[date, Day]:
    if not isinstance(exceptions, dict):
        raise OpeningHoursError(_("exceptions: must be an object with a list of periods for each date"))
    if len(exceptions) > MAX_EXCEPTIONS:
        template = _("exceptions: %(count)s dates, at most %(most)s are allowed")
        raise OpeningHoursError(template, count=len(exceptions), most=MAX_EXCEPTIONS)
    return {_parse_date(written): _parse_day(written, periods) for written, periods in exceptions.items()}


def _parse_date(written: object) -> date:
    if isinstance(written, str) and _DATE.fullmatch(written):
        try:
            return date.fromisoformat(written)
        except ValueError as error:
            raise OpeningHoursError(_("exceptions: %(date)s is not in the calendar"), date=written) from error
    raise OpeningHoursError(_("exceptions: %(date)s is not a date of the form YYYY-MM-DD"), date=f"{written!r:.40}")


def _parse_day(name: str, periods: object) -> Day:
    if not isinstance(periods, list | tuple):
        raise OpeningHoursError(_('%(day)s: must be a list of periods such as ["09:00", "17:00"]'), day=name)
    if len(periods) > MAX_PERIODS_A_DAY:
        template = _("%(day)s: %(count)s periods, at most %(most)s are allowed")
        raise OpeningHoursError(template, day=name, count=len(periods), most=MAX_PERIODS_A_DAY)
    numbered = sorted((_parse_period(name, n, period), n) for n, period in enumerate(periods, start=1))
    for (earlier, _n), (later, number) in pairwise(numbered):
        if later.begin < earlier.end:
            template = _("%(day)s, period %(number)s: %(later)s overlaps %(earlier)s")
            raise OpeningHoursError(template, day=name, number=number, later=later, earlier=earlier)
    return tuple(period for period, _n in numbered)


def _parse_period(day: str, number: int, written: object) -> Period:
    match written:
        case [str(begin), str(end)]:
            period = Period(_parse_time(day, number, begin), _parse_time(day, number, end))
        case _other:
            template = _('%(day)s, period %(number)s: must be two times such as ["09:00", "17:00"]')
            raise OpeningHoursError(template, day=day, number=number)
    if period.begin == period.end:
        template = _("%(day)s, period %(number)s: %(period)s has no length")
        raise OpeningHoursError(template, day=day, number=number, period=period)
    if period.begin > period.end:
        template = _("%(day)s, period %(number)s: %(period)s ends before it begins")
        raise OpeningHoursError(template, day=day, number=number, period=period)
    return period


def _parse_time(day: str, number: int, written: str) -> int:
    if not _TIME.fullmatch(written):
        template = _("%(day)s, period %(number)s: %(time)s is not a time of the form HH:MM from 00:00 to 24:00")
        raise OpeningHoursError(template, day=day, number=number, time=f"{written!r:.40}")
    return int(written[:2]) * 60 + int(written[3:])


def _find_zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: the name of a directory of zones
        template = _("time zone: %(zone)s is unknown; use a name such as Europe/Warsaw")
        raise OpeningHoursError(template, zone=f"{name!r:.40}") from error


def _check_country(code: str) -> str:
    if code and not (_COUNTRY.fullmatch(code) and has_holidays(code)):
        template = _("holidays: %(code)s is not a known country; use a code such as PL, or blank")
        raise OpeningHoursError(template, code=f"{code!r:.40}")
    return code
