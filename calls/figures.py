"""Types of the statistics. Each figure carries the filters of the list that it counts."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from calls.periods import Day

Rows = Iterable[Mapping[str, Any]]
"""Of a grouped query: its columns, and `count_` before the name of each figure."""

Query = Mapping[str, str]
"""Filters of a list of the API, by their names."""


@dataclass(frozen=True, slots=True)
class Figure:
    """How many rows the list of that resource (`calls`, `autocalls`) holds with these filters."""

    name: str
    value: int
    resource: str
    query: Query


Figures = dict[str, Figure]


@dataclass(frozen=True, slots=True)
class DayFigures:
    day: Day
    figures: Figures


@dataclass(frozen=True, slots=True)
class ReasonFigure:
    """How many ended in that status for that reason."""

    status: str
    reason: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class Rate:
    """The share of one figure in another, 0 to 1; None of none."""

    name: str
    of: Figure
    part: Figure

    @property
    def value(self) -> float | None:
        return round(self.part.value / self.of.value, 4) if self.of.value else None


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds that something took, such as the median of the rows that `of` counts; None of nothing."""

    name: str
    value: int | None
    of: Figure


def moment(at: datetime) -> str:
    """As a filter of a list takes it: to the microsecond, in UTC with a `Z`, which needs no escaping in a URL."""
    return at.isoformat().replace("+00:00", "Z")


def percentile(histogram: Mapping[int, int], share: float) -> int | None:
    """The percentile of a histogram by nearest rank; None for an empty one."""
    rank, passed = share * sum(histogram.values()), 0
    for value in sorted(histogram):
        passed += histogram[value]
        if passed >= rank:
            return value
    return None


def sums(rows: Rows, names: Iterable[str], *, by: Sequence[str] = ()) -> dict[tuple[int, ...], Counter[str]]:
    """The counts of the rows, summed for each value of the columns `by`; of values that do not occur they are 0."""
    found: dict[tuple[int, ...], Counter[str]] = defaultdict(Counter)
    for row in rows:
        counts = found[tuple(row[column] for column in by)]
        for name in names:
            counts[name] += row[f"count_{name}"]
    return found
