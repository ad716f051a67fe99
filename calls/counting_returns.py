"""How many missed calls of a period were returned, and how soon."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connections
from django.db.models import Model, QuerySet, Subquery, Value

from calls.counting import in_period
from calls.models import Call, CallQuerySet
from calls.periods import Period
from calls.returning import HAS_NUMBER, IS_MISSED, IS_TALK, later_talks

FEW = 10_000
"""Up to this many missed calls are looked up one by one; for more, one pass over all talks is faster."""

_COUNT: Final = "SELECT count(next), count(*) - count(next){within} FROM ({missed}) AS missed"
_WITHIN: Final = ", count(*) FILTER (WHERE next <= start_time + %s * interval '1 s')"
_NEXT: Final = """
SELECT start_time, next FROM (
    SELECT start_time, is_missed, min(start_time) FILTER (WHERE NOT is_missed) OVER (
        PARTITION BY reverse(customer_number) ORDER BY start_time DESC, is_missed ROWS UNBOUNDED PRECEDING
    ) AS next
    FROM ({missed} UNION ALL {talks}) AS calls
) AS called WHERE is_missed
"""
"""Backwards in time, per number: the last talk seen is the next one after the missed call. Numbers are compared reversed because they differ
mostly in their last digits."""

Values = list[int | str | datetime]
"""Of the parameters of a statement, in order."""


@dataclass(frozen=True, slots=True)
class Returns:
    returned: int
    unreturned: int
    within: Mapping[int, int]
    """By seconds."""


def returns(calls: CallQuerySet, period: Period, *, within: tuple[int, ...], missed: int) -> Returns:
    """Of the missed calls with a number. `missed`: their approximate number."""
    next_talks, values = (_one_by_one if missed <= FEW else _all_at_once)(calls, period)
    with connections[calls.db].cursor() as cursor:
        cursor.execute(_COUNT.format(within=_WITHIN * len(within), missed=next_talks), [*within, *values])
        returned, unreturned, *counts = cursor.fetchone()
    return Returns(returned, unreturned, dict(zip(within, counts, strict=True)))


def _one_by_one(calls: CallQuerySet, period: Period) -> tuple[str, Values]:
    """With `OFFSET 0`, because otherwise PostgreSQL repeats the subquery for each count."""
    next_talk = Subquery(later_talks(Call.objects.all(), since=period.start).values("start_time")[:1])
    text, values = _sql(_missed(calls, period).annotate(next=next_talk).values("start_time", "next"))
    return f"{text} OFFSET 0", values


def _all_at_once(calls: CallQuerySet, period: Period) -> tuple[str, Values]:
    columns = ("customer_number", "start_time", "is_missed")
    missed, of_missed = _sql(_missed(calls, period).annotate(is_missed=Value(True)).values(*columns))
    talked = Call.objects.filter(IS_TALK, start_time__gte=period.start).order_by()
    talks, of_talks = _sql(talked.annotate(is_missed=Value(False)).values(*columns))
    return _NEXT.format(missed=missed, talks=talks), [*of_missed, *of_talks]


def _missed(calls: CallQuerySet, period: Period) -> "QuerySet[Model, object]":
    return in_period(calls, period.start, period.end).filter(IS_MISSED, HAS_NUMBER).order_by()


def _sql(rows: "QuerySet[Model, object]") -> tuple[str, Values]:
    text, values = rows.query.sql_with_params()
    return text, list(values)
