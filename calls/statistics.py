"""Statistics of calls. Each figure carries the filters of the list that it counts; tests compare the two."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

from calls import counting
from calls.counting import COUNTED, Cell
from calls.counting_returns import returns
from calls.figure_filters import NO_REASON
from calls.figures import DayFigures, Figure, Figures, Query, Rate, ReasonFigure, Span, moment, percentile, sums
from calls.models import CallQuerySet
from calls.periods import Period
from calls.statuses import Kind

RESOURCE: Final = "calls"
Counts = Mapping[tuple[int, ...], Mapping[str, int]]
ANSWERED_WITHIN: Final = (10, 20, 30, 60)
SERVICE_LEVEL: Final = 20
"""The usual answering target of call centres, in seconds."""
RETURNED_WITHIN: Final[Mapping[str, int]] = {
    "returned_within_15_minutes": 15 * 60,
    "returned_within_1_hour": 60 * 60,
    "returned_within_4_hours": 4 * 60 * 60,
    "returned_within_1_day": 24 * 60 * 60,
}
BY_DAY: Final = ("calls", "answered", "missed")
BY_HOUR: Final = ("calls", "missed")
BY_LINE: Final = ("calls", "answered", "missed")
RATES: Final[Mapping[str, tuple[str, str]]] = {
    "answer_rate": ("incoming_finished", "incoming_answered"),
    f"service_level_{SERVICE_LEVEL}_seconds": ("incoming_finished", f"answered_within_{SERVICE_LEVEL}_seconds"),
    "return_rate": ("missed", "returned"),
    "outgoing_answer_rate": ("outgoing_finished", "outgoing_answered"),
}
"""For each rate the names of its figures: the base, and the part."""


@dataclass(frozen=True, slots=True)
class HourFigures:
    weekday: int
    hour: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class LineFigures:
    sip_id: int
    figures: Figures


@dataclass(frozen=True, slots=True)
class CallStatistics:
    figures: Figures
    rates: list[Rate]
    spans: list[Span]
    by_day: list[DayFigures]
    by_hour: list[HourFigures]
    by_line: list[LineFigures]
    reasons: list[ReasonFigure]


def of_period(period: Period) -> Query:
    return {"start_time_after": moment(period.start), "start_time_before": moment(period.end)}


def count(calls: CallQuerySet, period: Period, *, query: Query) -> CallStatistics:
    """`query` are the filters by which `calls` were chosen."""
    return _Counting(calls, period, query).statistics()


class _Counting:
    def __init__(self, calls: CallQuerySet, period: Period, query: Query) -> None:
        self._calls, self._period, self._query = calls, period, query
        self._counted = counting.of_kind(query.get("kind", ""))
        self._takes_incoming = query.get("kind", Kind.INCOMING) == Kind.INCOMING
        self._whole: dict[str, str] = {**query, **of_period(period)}

    def statistics(self) -> CallStatistics:
        cells = counting.cells(self._calls, self._period)
        figures = self._figures(_sums(cells, self._counted), self._counted, self._whole)
        spans = self._talk()
        if self._takes_incoming:
            figures |= self._returns(figures["missed"].value)
            answers, more = self._answers()
            figures |= answers
            spans += more
        by_day, by_hour = self._by_time()
        return CallStatistics(
            figures=figures,
            rates=list(_rates(figures)),
            spans=spans,
            by_day=by_day,
            by_hour=by_hour,
            by_line=self._by_line(cells),
            reasons=self._reasons(cells),
        )

    def _answers(self) -> tuple[Figures, list[Span]]:
        seconds = counting.seconds_to_answer(self._calls, self._period)
        query: dict[str, str] = {**COUNTED["incoming_answered"].query, "time_to_answer_min": "0"}
        timed = self._figure("answer_timed", seconds.total(), query)
        figures = {"answer_timed": timed}
        for longest in ANSWERED_WITHIN:
            name = f"answered_within_{longest}_seconds"
            figures[name] = self._figure(name, _up_to(longest, seconds), query | {"time_to_answer_max": str(longest)})
        return figures, [
            Span("time_to_answer_median", percentile(seconds, 0.5), timed),
            Span("time_to_answer_90th_percentile", percentile(seconds, 0.9), timed),
        ]

    def _talk(self) -> list[Span]:
        seconds = counting.seconds_of_talk(self._calls, self._period)
        timed = self._figure("talk_timed", seconds.total(), {"answered": "true", "duration_min": "0"})
        total = sum(length * count for length, count in seconds.items())
        return [
            Span("talk_total", total, timed),
            Span("talk_average", round(total / timed.value) if timed.value else None, timed),
            Span("talk_median", percentile(seconds, 0.5), timed),
        ]

    def _returns(self, missed: int) -> Figures:
        found = returns(self._calls, self._period, within=tuple(RETURNED_WITHIN.values()), missed=missed)
        query, without_number = COUNTED["missed"].query, missed - found.returned - found.unreturned
        figures = {
            "returned": self._figure("returned", found.returned, {**query, "returned": "true"}),
            "unreturned": self._figure("unreturned", found.unreturned, {**query, "returned": "false"}),
            "missed_without_number": self._figure(
                "missed_without_number", without_number, {**query, "number_known": "false"}
            ),
        }
        for name, longest in RETURNED_WITHIN.items():
            figures[name] = self._figure(name, found.within[longest], {**query, "returned_within": str(longest)})
        return figures

    def _by_time(self) -> tuple[list[DayFigures], list[HourFigures]]:
        of_days, of_hours = ([name for name in names if name in self._counted] for names in (BY_DAY, BY_HOUR))
        days, hours = counting.by_time(self._calls, self._period, list(dict.fromkeys([*of_days, *of_hours])))
        return self._by_day(sums(days, of_days, by=("day",)), of_days), self._by_hour(
            sums(hours, of_hours, by=("weekday", "hour")), of_hours
        )

    def _by_day(self, counts: Counts, names: Sequence[str]) -> list[DayFigures]:
        found = []
        for place, day in enumerate(self._period.days(), start=1):
            query = {**self._query, **of_period(day.period(self._period.zone))}
            found.append(DayFigures(day, self._figures(counts[place,], names, query)))
        return found

    def _by_hour(self, counts: Counts, names: Sequence[str]) -> list[HourFigures]:
        """All hours of the week, also those without a call."""
        found = []
        for weekday, hour in product(range(1, 8), range(24)):
            at = {"weekday": str(weekday), "hour": str(hour), "time_zone": self._period.zone.key}
            found.append(HourFigures(weekday, hour, self._figures(counts[weekday, hour], names, self._whole | at)))
        return found

    def _by_line(self, cells: list[Cell]) -> list[LineFigures]:
        names = [name for name in BY_LINE if name in self._counted]
        of_lines: dict[int, list[Cell]] = defaultdict(list)
        for cell in cells:
            if cell.sip_id is not None:
                of_lines[cell.sip_id].append(cell)
        return [
            LineFigures(sip_id, self._figures(_sums(own, names), names, self._whole | {"sip_id": str(sip_id)}))
            for sip_id, own in sorted(of_lines.items())
        ]

    def _reasons(self, cells: list[Cell]) -> list[ReasonFigure]:
        """The most frequent first."""
        counts: Counter[tuple[str, str]] = Counter()
        for cell in cells:
            if COUNTED["unanswered"].holds(cell.kind, cell.status):
                counts[cell.status, cell.reason] += cell.count
        found = []
        for (status, reason), count in sorted(counts.items(), key=lambda row: (-row[1], row[0])):
            query = self._whole | {"status": status, "reason": reason or NO_REASON}
            found.append(ReasonFigure(status, reason, Figure("unanswered", count, RESOURCE, query)))
        return found

    def _figures(self, counts: Mapping[str, int], names: Iterable[str], query: Query) -> Figures:
        return {name: Figure(name, counts[name], RESOURCE, {**query, **COUNTED[name].query}) for name in names}

    def _figure(self, name: str, value: int, query: Query) -> Figure:
        return Figure(name, value, RESOURCE, {**self._whole, **query})


def _sums(cells: Iterable[Cell], names: Iterable[str]) -> dict[str, int]:
    """How many of the calls each figure counts."""
    kinds: Counter[tuple[str, str]] = Counter()
    for cell in cells:
        kinds[cell.kind, cell.status] += cell.count
    return {name: sum(count for each, count in kinds.items() if COUNTED[name].holds(*each)) for name in names}


def _up_to(longest: int, histogram: Mapping[int, int]) -> int:
    return sum(count for seconds, count in histogram.items() if seconds <= longest)


def _rates(figures: Figures) -> Iterator[Rate]:
    for name, (of, part) in RATES.items():
        if of in figures:
            yield Rate(name, figures[of], figures[part])
