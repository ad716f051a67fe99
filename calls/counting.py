"""Queries of the call statistics: each reads the calls of a period once, from the index of their start, and groups them."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from django.contrib.postgres.fields import ArrayField
from django.db import connections
from django.db.models import Count, DateTimeField, F, Func, IntegerField, Q, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Ceil, Extract

from calls.figures import Query, Rows
from calls.models import CallQuerySet
from calls.periods import Period
from calls.statuses import MISSED, RESULTS, Kind, Status


@dataclass(frozen=True, slots=True)
class Counted:
    """The calls counted by a figure, by kinds and statuses (None: all), and the equivalent filters of the list."""

    query: Query
    kinds: Set[str] | None = None
    statuses: Set[str] | None = None

    @property
    def condition(self) -> Q:
        kinds = Q() if self.kinds is None else Q(kind__in=sorted(self.kinds))
        return kinds if self.statuses is None else kinds & Q(status__in=sorted(self.statuses))

    def holds(self, kind: str, status: str) -> bool:
        return (self.kinds is None or kind in self.kinds) and (self.statuses is None or status in self.statuses)


_RESULTS, _ANSWERED, _UNANSWERED = frozenset(RESULTS), frozenset({Status.ANSWERED}), frozenset(MISSED)


def _of_kind(kind: Kind) -> dict[str, Counted]:
    kinds, query = frozenset({kind}), {"kind": kind.value}
    return {
        f"{kind}": Counted(query, kinds),
        f"{kind}_finished": Counted(query | {"finished": "true"}, kinds, _RESULTS),
        f"{kind}_answered": Counted(query | {"answered": "true"}, kinds, _ANSWERED),
    }


COUNTED: Final[Mapping[str, Counted]] = {
    "calls": Counted({}),
    "finished": Counted({"finished": "true"}, None, _RESULTS),
    "answered": Counted({"answered": "true"}, None, _ANSWERED),
    "unanswered": Counted({"answered": "false"}, None, _UNANSWERED),
    **_of_kind(Kind.INCOMING),
    "missed": Counted({"kind": Kind.INCOMING.value, "missed": "true"}, frozenset({Kind.INCOMING}), _UNANSWERED),
    **_of_kind(Kind.OUTGOING),
    "outgoing_unanswered": Counted(
        {"kind": Kind.OUTGOING.value, "answered": "false"}, frozenset({Kind.OUTGOING}), _UNANSWERED
    ),
    "internal": Counted({"kind": Kind.INTERNAL.value}, frozenset({Kind.INTERNAL})),
    "without_kind": Counted({"kind_known": "false"}, frozenset({""})),
}


def of_kind(kind: str) -> dict[str, Counted]:
    """The figures that apply to calls of one kind, or to all ("")."""
    if not kind:
        return dict(COUNTED)
    return {
        name: counted
        for name, counted in COUNTED.items()
        if counted.query.get("kind", kind) == kind and "kind_known" not in counted.query
    }


def in_period(calls: CallQuerySet, start: datetime, end: datetime) -> CallQuerySet:
    return calls.filter(start_time__gte=start, start_time__lt=end)


def day_of(column: str, period: Period) -> Func:
    """The number of the day within the period that contains a moment, from 1."""
    starts = Value([day.start for day in period.days()], output_field=ArrayField(DateTimeField()))
    return Func(F(column), starts, function="width_bucket", output_field=IntegerField())


@dataclass(frozen=True, slots=True)
class Cell:
    """How many calls of a line had that kind, status and reason."""

    sip_id: int | None
    kind: str
    status: str
    reason: str
    count: int


def cells(calls: CallQuerySet, period: Period) -> list[Cell]:
    """Everything counted regardless of time: a few rows per line."""
    grouped = in_period(calls, period.start, period.end).order_by().values_list("sip_id", "kind", "status", "reason")
    return [Cell(*row) for row in grouped.annotate(count=Count("*"))]


_IN_DAYS_AND_HOURS = """
SELECT day, weekday, hour, {sums} FROM (
    SELECT
        width_bucket(GREATEST(slot, %s), %s::timestamptz[]) AS day, EXTRACT(ISODOW FROM slot AT TIME ZONE %s)::int AS weekday,
        EXTRACT(HOUR FROM slot AT TIME ZONE %s)::int AS hour, {counts}
    FROM ({slots}) AS slots
) AS placed GROUP BY GROUPING SETS ((day), (weekday, hour))
"""
"""Calls are grouped into slots first, each within one day and hour, so that the time zone is computed per slot, not per call."""


def by_time(calls: CallQuerySet, period: Period, names: Sequence[str]) -> tuple[Rows, Rows]:
    """For each named COUNTED: rows by `day` (its number in the period, from 1), and rows by `weekday` (1 is Monday) and `hour`."""
    counts = _counts(names)
    slot = Func(Value(_slot(period)), F("start_time"), Value(_EPOCH), function="date_bin", output_field=DateTimeField())
    slots = in_period(calls, period.start, period.end).order_by().values(slot=slot).annotate(**counts)
    text, values = slots.query.sql_with_params()
    columns = ", ".join(counts)
    asked = _IN_DAYS_AND_HOURS.format(
        slots=text,
        counts=columns,
        sums=", ".join(f"sum({name})::bigint AS {name}" for name in counts),
    )
    starts, zone = [day.start for day in period.days()], period.zone.key
    with connections[calls.db].cursor() as cursor:
        cursor.execute(asked, [period.start, starts, zone, zone, *values])
        rows = [dict(zip(("day", "weekday", "hour", *counts), row, strict=True)) for row in cursor.fetchall()]
    return [row for row in rows if row["day"] is not None], [row for row in rows if row["day"] is None]


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _slot(period: Period) -> timedelta:
    """The longest slot that never crosses an hour: an hour for zones at whole hours from UTC, else a quarter."""
    is_whole = all(day.start.minute == 0 for day in list(period.days())[1:])
    midnight = period.start.astimezone(period.zone).utcoffset() or timedelta()
    return timedelta(hours=1) if is_whole and not midnight % timedelta(hours=1) else timedelta(minutes=15)


def _counts(names: Iterable[str]) -> dict[str, Count]:
    """Prefixed, because some names are also columns."""
    return {f"count_{name}": Count("pk", filter=COUNTED[name].condition or None) for name in names}


def seconds_to_answer(calls: CallQuerySet, period: Period) -> Counter[int]:
    """Histogram of the seconds to answer, rounded up, of answered incoming calls with both times."""
    answered = in_period(calls, period.start, period.end).filter(
        kind=Kind.INCOMING, status=Status.ANSWERED, answered_at__gte=F("start_time")
    )
    return _histogram(answered, Ceil(Extract(F("answered_at") - F("start_time"), "epoch")))


def seconds_of_talk(calls: CallQuerySet, period: Period) -> Counter[int]:
    answered = in_period(calls, period.start, period.end).filter(status=Status.ANSWERED, duration__isnull=False)
    return _histogram(answered, F("duration"))


def _histogram(calls: CallQuerySet, seconds: Combinable) -> Counter[int]:
    return _whole(_by_seconds(calls, seconds))


def _by_seconds(calls: CallQuerySet, seconds: Combinable) -> dict[float, int]:
    return dict(calls.order_by().annotate(seconds=seconds).values_list("seconds").annotate(count=Count("*")))


def _whole(counted: Mapping[float, int]) -> Counter[int]:
    """PostgreSQL returns epochs as floats."""
    return Counter({int(seconds): count for seconds, count in counted.items()})
