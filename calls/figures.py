"""Types of the statistics. Each figure carries the filters of the list that it counts."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from calls.periods import Day

Rows = Iterable[Mapping[str, Any]]
"""Rows of a grouped query: its columns, and each figure under its name prefixed by `count_`."""

Query = Mapping[str, str]
"""Filters of an API list by name."""


@dataclass(frozen=True, slots=True)
class Figure:
    """The number of rows in the list of that resource (`calls`, `autocalls`) with these filters."""

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
    """The number of rows that ended with that status for that reason."""

    status: str
    reason: str
    figure: Figure


@dataclass(frozen=True, slots=True)
class Rate:
    """The share of one figure in another, 0 to 1; None if there is nothing to share."""

    name: str
    of: Figure
    part: Figure

    @property
    def value(self) -> float | None:
        return round(self.part.value / self.of.value, 4) if self.of.value else None


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds that something took, such as the median over the rows that `of` counts; None without rows."""

    name: str
    value: int | None
    of: Figure


def moment(at: datetime) -> str:
    """A time as a list filter accepts it: to the microsecond, in UTC with a `Z`, which needs no escaping in a URL."""
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
    """The counts of the rows, summed for each value of the columns `by`; 0 for missing values."""
    found: dict[tuple[int, ...], Counter[str]] = defaultdict(Counter)
    for row in rows:
        counts = found[tuple(row[column] for column in by)]
        for name in names:
            counts[name] += row[f"count_{name}"]
    return found
