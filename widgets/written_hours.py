"""Opening hours as rows that people fill in, and what the rows mean.

A weekday has any number of rows, each of them a period. Of the exceptions each row names its date: without times the date is closed, and a date with
several periods has several rows. What is valid is decided by `widgets.opening_hours` alone; this module finds the row that an error is about.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import TypeAlias, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS as WEEKDAY_NAMES
from django.utils.formats import localize_input
from django.utils.translation import gettext as _

from widgets.opening_hours import MAX_EXCEPTIONS, MAX_PERIODS_A_DAY, WEEKDAYS, OpeningHours, OpeningHoursError, parse

ALL_DAY = [["00:00", "24:00"]]
Periods: TypeAlias = Sequence[Sequence[str]]
"""Of one day, as they are stored: each begins and ends at a time."""
_LOOSE_TIME = re.compile(r"([0-9]{1,2})(?:[:.]?([0-9]{2}))?")


@dataclass(slots=True)
class Row:
    """One period as it was typed; only exceptions have a `date`."""

    begin: str = ""
    end: str = ""
    date: str = ""
    problem: str = ""
    "What is wrong with it, once `WrittenHours.check` has found it."

    @property
    def day(self) -> str:
        """The date by ISO 8601; what is no date stays as it is."""
        try:
            read = forms.DateField(required=False).clean(self.date)
        except ValidationError:
            return self.date
        return read.isoformat() if read else ""

    @property
    def has_times(self) -> bool:
        return bool(self.begin or self.end)

    @property
    def period(self) -> list[str]:
        return [_tidy(self.begin), _tidy(self.end)]


@dataclass(slots=True)
class WrittenHours:
    """All rows. While `always_open` those of the week do not count; the exceptions do."""

    always_open: bool = False
    week: dict[str, list[Row]] = field(default_factory=lambda: {day: [] for day in WEEKDAYS})
    exceptions: list[Row] = field(default_factory=list)
    problem: str = ""
    "An error that concerns no single row."

    @property
    def days(self) -> list[tuple[str, str, list[Row]]]:
        """Of each weekday its key, its name in the reader's language and its rows."""
        return [(day, str(WEEKDAY_NAMES[number]), self.week[day]) for number, day in enumerate(WEEKDAYS)]

    def meaning(self) -> dict[str, object]:
        """The rows in the form that is stored; valid only where `check` has found no error."""
        dates: dict[str, list[list[str]]] = {}
        for row in sorted(_filled(self.exceptions), key=lambda row: row.day):
            dates.setdefault(row.day, []).extend([row.period] if row.has_times else [])
        if self.always_open:
            return dict.fromkeys(WEEKDAYS, ALL_DAY) | {"exceptions": dates} if dates else {}
        week = {day: [row.period for row in rows if row.has_times] for day, rows in self.week.items()}
        open_days: dict[str, object] = {day: periods for day, periods in week.items() if periods}
        return open_days | {"exceptions": dates} if dates or not open_days else open_days

    def check(self) -> list[str]:
        """Set `problem` of each wrong row. Returns the same errors as sentences that name day and period."""
        found: list[str] = []
        for _key, name, rows in self.days if not self.always_open else ():
            found += _named(name, _check_day([row for row in rows if row.has_times]))
        by_day = sorted(_filled(self.exceptions), key=lambda row: row.day)
        for day, group in groupby(by_day, key=lambda row: row.day):
            rows = list(group)
            found += _named(rows[0].date or _("an exception"), _check_date(day, rows))
        self.problem = "" if found else _whole_problem(len({row.day for row in _filled(self.exceptions)}))
        return [*found, self.problem] if self.problem else found


def write(opening_time: object) -> WrittenHours:
    """Rows for stored hours. Invalid ones, which only a direct change of the database can have left there, are reported and not shown."""
    try:
        parse(opening_time, time_zone="UTC")
    except OpeningHoursError as error:
        return WrittenHours(problem=_("What is stored cannot be read: %(problem)s") % {"problem": error.translated(_)})
    stored = cast("Mapping[str, Periods | Mapping[str, Periods]]", opening_time)
    always_open = not stored or all(stored.get(day) == ALL_DAY for day in WEEKDAYS)
    week = {day: [] if always_open else _rows(cast("Periods", stored.get(day, []))) for day in WEEKDAYS}
    exceptions = sorted(cast("Mapping[str, Periods]", stored.get("exceptions", {})).items())
    shown = [(localize_input(date.fromisoformat(day)), periods) for day, periods in exceptions]
    dated = [row for day, periods in shown for row in _rows(periods, date=day) or [Row(date=day)]]
    return WrittenHours(always_open, week, dated)


def mean_the_same(one: object, other: object) -> bool:
    """Whether both are valid and open at the same moments: a missing weekday is a closed one, and the order of periods does not matter."""
    return _sound(one) == _sound(other) is not None


def count_rows(opening_time: object) -> int:
    written = write(opening_time)
    return len(written.exceptions) + sum(len(rows) for rows in written.week.values())


def _rows(periods: Iterable[Sequence[str]], date: str = "") -> list[Row]:
    return [Row(begin, end, date) for begin, end in periods]


def _filled(exceptions: Iterable[Row]) -> Iterator[Row]:
    return (row for row in exceptions if row.date or row.has_times)


def _tidy(text: str) -> str:
    """`9`, `900` and `9.00` become `09:00`; other text stays as it is."""
    loose = _LOOSE_TIME.fullmatch(text)
    return f"{int(loose[1]):02}:{loose[2] or '00'}" if loose else text


def _sound(opening_time: object) -> OpeningHours | None:
    try:
        return parse(opening_time, time_zone="UTC")
    except OpeningHoursError:
        return None


def _is_time(text: str) -> bool:
    return text == "24:00" or _sound({"monday": [[text, "24:00"]]}) is not None


def _named(day: str, rows: Iterable[Row]) -> list[str]:
    wrong = [(number, row.problem) for number, row in enumerate(rows, start=1) if row.problem]
    named = _("%(day)s, period %(number)s: %(problem)s")
    return [named % {"day": day, "number": number, "problem": problem} for number, problem in wrong]


def _check_date(day: str, rows: list[Row]) -> list[Row]:
    timed = [row for row in rows if row.has_times]
    if not day:
        rows[0].problem = _("Which date is this?")
    elif _sound({"exceptions": {day: []}}) is None:
        rows[0].problem = _("“%(text)s” is no date; write it like 31.12.2026.") % {"text": rows[0].date}
    elif timed and len(timed) < len(rows):
        next(row for row in rows if not row.has_times).problem = _("This date is given as closed and as open.")
    else:
        _check_day(timed)
    return rows


def _check_day(rows: list[Row]) -> list[Row]:
    """Check the periods of one day: each by itself, then each against those before it."""
    for row in rows:
        row.problem = _period_problem(*row.period)
    if any(row.problem for row in rows):
        return rows
    for number, row in enumerate(rows, start=1):
        if _sound({"monday": [row.period for row in rows[:number]]}) is None:
            crowded = number > MAX_PERIODS_A_DAY
            most = _("A day has at most %(most)s periods.") % {"most": MAX_PERIODS_A_DAY}
            row.problem = most if crowded else _("This overlaps another period of the day.")
            break
    return rows


def _period_problem(begin: str, end: str) -> str:
    if not (begin and end):
        return _("Give both times, or none.")
    wrong = next((text for text in (begin, end) if not _is_time(text)), None)
    if wrong is not None:
        return _("“%(text)s” is no time; write it like 09:00, at most 24:00.") % {"text": wrong}
    return _("The end has to come after the beginning.") if _sound({"monday": [[begin, end]]}) is None else ""


def _whole_problem(exceptions: int) -> str:
    if exceptions > MAX_EXCEPTIONS:
        return _("There are at most %(most)s exceptions.") % {"most": MAX_EXCEPTIONS}
    return ""
