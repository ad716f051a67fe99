"""The statistics of call-backs, from request to talk. Each figure carries the filters of the list that it counts; tests compare the two."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db.models import Count, Q, QuerySet

from autocalls.filters import NO_REASON
from autocalls.models import OPEN, Autocall, Status
from autocalls.reaching import operator_reached, talked
from calls.counting import day_of
from calls.figures import DayFigures, Figure, Figures, Query, Rate, ReasonFigure, moment, sums
from calls.periods import Period

RESOURCE: Final = "autocalls"
COUNTED: Final[Mapping[str, tuple[Q, Query]]] = {
    "asked": (Q(), {}),
    "operator_reached": (Q(is_reached=True), {"operator_reached": "true"}),
    "talked": (Q(is_talked=True), {"talked": "true"}),
    "waiting": (Q(status__in=OPEN), {"finished": "false"}),
    **{
        status.value: (Q(status=status), {"status": status.value})
        for status in Status
        if status not in (Status.SCHEDULED, Status.CALLING)
    },
}
BY_DAY: Final = ("asked", "operator_reached", "talked")
RATES: Final[Mapping[str, tuple[str, str]]] = {
    "operator_reached_rate": ("asked", "operator_reached"),
    "talked_rate": ("asked", "talked"),
}
UNSUCCESSFUL: Final = (Status.FAILED, Status.EXPIRED, Status.CANCELED)


@dataclass(frozen=True, slots=True)
class CallBackStatistics:
    figures: Figures
    rates: list[Rate]
    by_day: list[DayFigures]
    reasons: list[ReasonFigure]


def of_period(period: Period) -> dict[str, str]:
    """Call-backs count on the day of their request."""
    return {"created_after": moment(period.start), "created_before": moment(period.end)}


def count(call_backs: QuerySet[Autocall], period: Period, *, query: Query) -> CallBackStatistics:
    """`query` are the filters by which the call-backs were chosen."""
    asked = call_backs.filter(created_at__gte=period.start, created_at__lt=period.end).order_by()
    marked = asked.annotate(is_reached=operator_reached(), is_talked=talked(), day=day_of("created_at", period))
    counts = {f"count_{name}": Count("pk", filter=condition or None) for name, (condition, _query) in COUNTED.items()}
    rows = list(marked.values("day").annotate(**counts))
    whole = {**query, **of_period(period)}
    figures = _figures(sums(rows, COUNTED)[()], whole, *COUNTED)
    by_day = sums(rows, BY_DAY, by=("day",))
    return CallBackStatistics(
        figures=figures,
        rates=[Rate(name, figures[of], figures[part]) for name, (of, part) in RATES.items()],
        by_day=[
            DayFigures(day, _figures(by_day[place,], {**query, **of_period(day.period(period.zone))}, *BY_DAY))
            for place, day in enumerate(period.days(), start=1)
        ],
        reasons=_reasons(asked, whole),
    )


def _figures(counts: Mapping[str, int], query: Query, *names: str) -> Figures:
    return {name: Figure(name, counts[name], RESOURCE, {**query, **COUNTED[name][1]}) for name in names}


def _reasons(asked: QuerySet[Autocall], query: Query) -> list[ReasonFigure]:
    grouped = asked.filter(status__in=UNSUCCESSFUL).values("status", "reason").annotate(count=Count("pk"))
    found = []
    for row in grouped.order_by("-count", "status", "reason"):
        own = {"status": row["status"], "reason": row["reason"] or NO_REASON}
        found.append(
            ReasonFigure(row["status"], row["reason"], Figure(row["status"], row["count"], RESOURCE, {**query, **own}))
        )
    return found
