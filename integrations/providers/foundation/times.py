"""Parses the text of one field as a time or a duration.

These fields are optional: text that cannot be read or cannot be true is None instead of an error, so that it never loses the event.
"""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_to_datetime
from itertools import product
from zoneinfo import ZoneInfo

LONGEST_CALL_SECONDS = 7 * 24 * 3600
_FIRST_YEAR, _LAST_YEAR = 2000, 2099

_UNIX = re.compile(r"(\d{9,10})(\.\d{1,9})?|(\d{12,13})|(\d{15,16})|(\d{18,19})", re.ASCII)
_DATE = re.compile(
    r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d\d?)(?P=mark)(?P<day>\d\d?)"
    r"|(?P<first>\d\d?)(?P<between>[-/.])(?P<second>\d\d?)(?P=between)(?P<last>\d{4})"
    r"|(?P<plain>\d{8})(?=[T ]?\d{6}(?:\b|[A-Z])|[T ]\d\d:)"
    r"|(?P<named_day>\d\d?)(?P<apart>[-/ ])(?P<named>[A-Za-z]{3,9})(?P=apart)(?P<of>\d{4})"
    r"|(?P<named_first>[A-Za-z]{3,9})\.? (?P<day_after>\d\d?),? (?P<after>\d{4})",
    re.ASCII,
)
_CLOCK = re.compile(
    r"(?:[T ,]*|:)(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<part>\d{1,9}))?)?(?: ?(?P<half>[AP])\.?M\.?)?"
    r"|[T ]?(?P<plain>\d{6})",
    re.ASCII | re.IGNORECASE,
)
_ZONE = re.compile(
    r"\s*(?:(?:GMT|UTC)?(?P<sign>[+-])(?P<hours>\d\d?)(?::?(?P<minutes>\d\d))?|(?P<name>[A-Za-z]{1,5}))?(?:\[[\w/+-]+\])?",
    re.ASCII,
)
"""Java names the zone in brackets besides its offset."""
_ZONES = {
    "Z": 0,
    "UTC": 0,
    "GMT": 0,
    "WET": 0,
    "WEST": 1,
    "CET": 1,
    "CEST": 2,
    "MEZ": 1,
    "MESZ": 2,
    "EET": 2,
    "EEST": 3,
    "MSK": 3,
}
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_DOT_NET = re.compile(r"/Date\((\d{9,13})(?:[+-]\d{4})?\)/", re.ASCII)
_ISO = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{3}|\.\d{6})?(?:Z|[+-]\d\d:\d\d)?", re.ASCII)
_MAIL = re.compile(r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d ([+-]\d{4}|[A-Z]{1,4})", re.ASCII)
_C_TIME = re.compile(r"[A-Z][a-z]{2} ([A-Z][a-z]{2}) +(\d{1,2}) (\d\d:\d\d:\d\d) (?:([A-Z]{1,4}) )?(\d{4})", re.ASCII)

_PLAIN_SECONDS = re.compile(r"(\d{1,15})(?:[.,]\d+)?", re.ASCII)
_CLOCK_LENGTH = re.compile(r"(?:(\d{1,3}):)?(\d{1,3}):([0-5]\d)(?:[.,]\d+)?", re.ASCII)
_WORDED = re.compile(
    r"(?:P(?:0+D)?T)?(?:(?P<h>\d{1,3})\s*(?:h|hours?|godz\.?|hr))?\s*(?:(?P<m>\d{1,5})\s*(?:m|min\.?|minutes?|minut[ay]?))?\s*"
    r"(?:(?P<s>\d{1,9})(?:[.,]\d+)?\s*(?:s|sec\.?|sek\.?|seconds?|sekund[ay]?))?(?P<ms>\d{1,12}\s*(?:ms|milliseconds?))?",
    re.ASCII | re.IGNORECASE,
)
UNITS = {"seconds": 1.0, "milliseconds": 0.001, "minutes": 60.0, "hours:minutes": 60.0}
"""What a plain number may count, and of a clock of two parts, which are else minutes and seconds."""


def read_time(text: str, zone: ZoneInfo, formats: Sequence[str] = ()) -> datetime | None:
    """A moment in UTC: unix seconds to nanoseconds, ISO 8601, `26.11.2026 12:00:00`, `2026/11/26 12:00`, `20261126120000`, RFC 2822, C's ctime,
    `26/Nov/2026:12:00:00 +0100`, `Nov 26 2026 12:00`, `11/26/2026 02:05:00 PM`, .NET's `/Date(1795690800000)/`.

    A time without a zone is the wall clock's in `zone`. `formats` are those of `strptime`, tried first. A date alone is no time, nor is one outside
    2000 to 2099, nor `03/04/2026`, of which nobody knows which is the month.
    """
    moments = read_times(text, zone, formats)
    return moments[0] if moments else None


def read_times(text: str, zone: ZoneInfo, formats: Sequence[str] = ()) -> tuple[datetime, ...]:
    """The moments that the text may mean: none, one, or the two of the hour that comes twice when clocks go back, the earlier one first."""
    try:
        moment = _formatted(text, formats) or _parse(text)
        if moment is None:
            return ()
        readings = [moment] if moment.tzinfo else [moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1)]
        found = sorted({each.astimezone(UTC) for each in readings})
    except (ValueError, OverflowError):
        return ()
    if len(found) == 2 and found[0].astimezone(zone).replace(tzinfo=None) != found[1].astimezone(zone).replace(
        tzinfo=None
    ):
        found = [readings[0].astimezone(UTC)]  # the hour that is left out in spring is one, read as before the change
    return tuple(each for each in found if _FIRST_YEAR <= each.year <= _LAST_YEAR)


def _formatted(text: str, formats: Sequence[str]) -> datetime | None:
    for each in formats:
        try:
            return datetime.strptime(text, each)  # the zone is added by the caller
        except ValueError:
            continue
    return None


def _parse(text: str) -> datetime | None:
    if _ISO.fullmatch(text):  # most senders' writing, read in no time
        return datetime.fromisoformat(text)
    if dot_net := _DOT_NET.fullmatch(text):
        text = dot_net[1]
    if unix := _UNIX.fullmatch(text):
        seconds, part, *smaller = unix.groups()
        count = (
            float(seconds + (part or ""))
            if seconds
            else next(int(n) / 10**p for n, p in zip(smaller, (3, 6, 9), strict=True) if n)
        )
        return datetime.fromtimestamp(count, UTC)
    if _MAIL.fullmatch(text):
        moment = parsedate_to_datetime(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # "-0000" is UTC of an unknown place
    if c_time := _C_TIME.fullmatch(text):
        month, day, clock, zone, year = c_time.groups()
        return _with_zone(datetime.strptime(f"{day} {month} {year} {clock}", "%d %b %Y %H:%M:%S"), zone)
    date = _DATE.match(text)
    clock = _CLOCK.match(text, date.end()) if date else None
    zone_found = _ZONE.fullmatch(text, clock.end()) if clock else None
    if date is None or clock is None or zone_found is None:
        return None
    day_parts = _day(date)
    return _at(day_parts, clock, zone_found) if day_parts else None


def _day(date: re.Match[str]) -> tuple[int, int, int] | None:
    """Year, month, day; None where day and month cannot be told apart."""
    if plain := date["plain"]:
        return int(plain[:4]), int(plain[4:6]), int(plain[6:])
    if date["year"]:
        return int(date["year"]), int(date["month"]), int(date["day"])
    if name := date["named"] or date["named_first"]:
        month = name[:3].upper()
        day, year = date["named_day"] or date["day_after"], date["of"] or date["after"]
        return (int(year), _MONTHS.index(month) + 1, int(day)) if month in _MONTHS else None
    first, second = int(date["first"]), int(date["second"])
    if date["between"] == "/" and first <= 12 and second <= 12 and first != second:
        return None
    if second > 12:
        first, second = second, first
    return int(date["last"]), second, first


def _at(day: tuple[int, int, int], clock: re.Match[str], zone: re.Match[str]) -> datetime | None:
    if plain := clock["plain"]:
        hour, minute, second = int(plain[:2]), int(plain[2:4]), int(plain[4:])
    else:
        hour, minute, second = int(clock["hour"]), int(clock["minute"]), int(clock["second"] or 0)
    if half := clock["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half in "Pp" else 0)
    microsecond = int((clock["part"] or "0")[:6].ljust(6, "0"))
    moment = datetime(*day, hour, minute, second, microsecond)  # the zone is added below or by the caller
    if zone["sign"]:
        offset = timedelta(hours=int(zone["hours"]), minutes=int(zone["minutes"] or 0))
        return moment.replace(tzinfo=timezone(-offset if zone["sign"] == "-" else offset))
    return _with_zone(moment, zone["name"])


def _with_zone(moment: datetime, name: str | None) -> datetime | None:
    """None where the zone has a name that nobody knows here."""
    if not name:
        return moment
    hours = _ZONES.get(name.upper())
    return None if hours is None else moment.replace(tzinfo=timezone(timedelta(hours=hours)))


def read_seconds(text: str, unit: str = "seconds") -> int | None:
    """Whole seconds from `42`, `42.9`, `00:42`, `00:00:42`, `42 s`, `1 min 5 s`, `PT42S` or `42000 ms`, rounded down.

    unit: what a number without one counts, of `UNITS`. Nothing above a week is the length of a call.
    """
    seconds = _seconds(text.strip(), unit)
    return int(seconds) if seconds is not None and seconds <= LONGEST_CALL_SECONDS else None


def _seconds(text: str, unit: str) -> float | None:
    if plain := _PLAIN_SECONDS.fullmatch(text):
        counted = float(plain[0].replace(",", "."))
        return int(counted * 1000) / 1_000_000 if unit == "milliseconds" else counted * UNITS[unit]
    if clock := _CLOCK_LENGTH.fullmatch(text):
        hours, first, second = (int(part or 0) for part in clock.groups())
        if clock[1] is None and unit == "hours:minutes":
            return (first * 60 + second) * 60
        return hours * 3600 + first * 60 + second if clock[1] is None or first < 60 else None
    worded = _WORDED.fullmatch(text)
    if worded is None or not any(worded.groups()):
        return None
    milliseconds = int(re.sub(r"\D", "", worded["ms"] or "0"))
    return int(worded["h"] or 0) * 3600 + int(worded["m"] or 0) * 60 + int(worded["s"] or 0) + milliseconds // 1000


def in_order(
    starts: Sequence[datetime], answers: Sequence[datetime], ends: Sequence[datetime], talk: int | None
) -> tuple[datetime | None, datetime | None, datetime | None]:
    """The start, answer and end that go together, of what each may mean: none before the one before it, and the talk as long as it is said to be.

    Where nothing goes together the end is None: an end before its start is no time of the call.
    """
    orders = [order for order in product(starts or (None,), answers or (None,), ends or (None,)) if _is_ordered(order)]
    if not orders:
        return (starts[0] if starts else None, answers[0] if answers else None, None)

    def misfit(order: tuple[datetime | None, ...]) -> tuple[float, float]:
        """How far the talk is from what it is said to be; and the whole length, as nobody lets a telephone ring for an hour."""
        start, answer, end = order
        since = answer or start
        known = [moment for moment in order if moment is not None]
        length = (known[-1] - known[0]).total_seconds() if known else 0
        return abs((end - since).total_seconds() - (talk or 0)) if end and since else 0, length

    return min(orders, key=misfit)


def _is_ordered(order: tuple[datetime | None, ...]) -> bool:
    moments = [moment for moment in order if moment is not None]
    return moments == sorted(moments)
