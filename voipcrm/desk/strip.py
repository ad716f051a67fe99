"""For supervisors: today's figures beside those of the same weekday in the last four weeks. Each figure links to the calls it counts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.urls import reverse
from django.utils import timezone
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from calls import statistics
from calls.figures import Figure, Rate, Span
from calls.filters import CallFilter
from calls.follow_up_models import REASSIGN
from calls.models import Call, CallQuerySet
from calls.periods import of_days
from calls.statistics import CallStatistics
from sips.models import Sip
from sips.staff_lines import sees_all_lines
from voipcrm.desk.shared import Shared

WEEKS = 4
FRESH, USUAL_FRESH = 20, 3600
"""Seconds."""
MOST_LINES = 12
"""The lines with the most calls; the page of figures has all."""


@dataclass(frozen=True, slots=True)
class Value:
    """A displayed figure, with the address of the list of its calls; blank if there are none."""

    text: str
    link: str


@dataclass(frozen=True, slots=True)
class Tile:
    label: str
    today: Value
    usual: Value
    is_worse: bool = False
    of: Value | None = None


@dataclass(frozen=True, slots=True)
class LineRow:
    name: str
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Strip:
    weekday: str
    tiles: tuple[Tile, ...]
    lines: tuple[LineRow, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Known:
    figures: CallStatistics
    names: Mapping[int, str]


def may_see(user: User | AnonymousUser) -> bool:
    """Users who supervise others and see the calls of all lines."""
    return sees_all_lines(user) and bool(user.has_perm(REASSIGN))


def strip() -> Strip:
    day = timezone.localdate(timezone=_zone())
    return _made(day, _today.get(day), _usual.get(day), get_language() or "")


@lru_cache(maxsize=4)
def _made(day: date, known: _Known, usual: _Known, _language: str) -> Strip:
    """Until one of them is read again; each is the same only with itself."""
    tiles = tuple(_tiles(known.figures, usual.figures))
    busiest = sorted(known.figures.by_line, key=lambda row: -row.figures["calls"].value)[:MOST_LINES]
    lines = tuple(
        LineRow(
            known.names.get(row.sip_id) or f"#{row.sip_id}", tuple(_count(figure) for figure in row.figures.values())
        )
        for row in busiest
    )
    return Strip(str(WEEKDAYS[day.weekday()]), tiles, lines)


def forget() -> None:
    for shared in (_today, _usual):
        shared.forget()


def _zone() -> ZoneInfo:
    return ZoneInfo(settings.STAFF_TIME_ZONE)


def _of(first: date, last: date, rows: CallQuerySet, query: Mapping[str, str]) -> CallStatistics:
    return statistics.count(rows, of_days(first, last, _zone()), query=query)


def _read_today() -> _Known:
    day = timezone.localdate(timezone=_zone())
    found = _of(day, day, Call.objects.all(), {})
    named = Sip.objects.filter(pk__in=[row.sip_id for row in found.by_line]).only("sip", "name").without_secrets()
    return _Known(found, {line.pk: str(line) for line in named})


def _read_usual() -> _Known:
    """Of whole days, so that they can be listed: today's counts stay below until the day ends, its rates and times are comparable."""
    day = timezone.localdate(timezone=_zone())
    query = {"weekday": str(day.isoweekday()), "time_zone": _zone().key}
    rows = cast("CallQuerySet", CallFilter(query, queryset=Call.objects.all()).qs)
    return _Known(_of(day - timedelta(weeks=WEEKS), day - timedelta(days=1), rows, query), {})


_today = Shared(_read_today, seconds=FRESH)
_usual = Shared(_read_usual, seconds=USUAL_FRESH)


def _tiles(today: CallStatistics, usual: CallStatistics) -> Iterator[Tile]:
    rates, usual_rates = (next(rate for rate in of.rates if rate.name == "answer_rate") for of in (today, usual))
    waits, usual_waits = (
        next(span for span in of.spans if span.name == "time_to_answer_median") for of in (today, usual)
    )
    yield Tile(capfirst(_("incoming")), _count(today.figures["incoming"]), _a_day(usual.figures["incoming"]))
    yield Tile(
        capfirst(_("answered")),
        _rate(rates),
        _rate(usual_rates),
        _less(rates.value, usual_rates.value),
        _count(rates.of),
    )
    yield Tile(
        capfirst(_("time to answer, median")), _span(waits), _span(usual_waits), _less(usual_waits.value, waits.value)
    )
    unreturned = today.figures["unreturned"]
    yield Tile(
        capfirst(_("missed and not returned")),
        _count(unreturned),
        _a_day(usual.figures["unreturned"]),
        unreturned.value > 0,
    )


def _less(one: float | None, other: float | None) -> bool:
    return one is not None and other is not None and one < other


def _link(figure: Figure) -> str:
    return f"{reverse('admin:calls_call_changelist')}?{urlencode(figure.query)}"


def _count(figure: Figure) -> Value:
    return Value(str(figure.value), _link(figure))


def _a_day(figure: Figure) -> Value:
    """The average per day; the list holds the calls of all weeks."""
    return Value(str(round(figure.value / WEEKS)), _link(figure))


def _rate(rate: Rate) -> Value:
    return Value("–" if rate.value is None else f"{rate.value:.0%}", _link(rate.part))


def _span(span: Span) -> Value:
    return Value("–" if span.value is None else _("%(seconds)s s") % {"seconds": span.value}, _link(span.of))
