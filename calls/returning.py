"""Which missed calls are returned: by a later answered call with the same customer, in either direction. Computed, never stored."""

from datetime import datetime, timedelta

from django.db.models import Model, OuterRef, Q, QuerySet

from calls.statuses import MISSED, Kind, Status

IS_MISSED = Q(kind=Kind.INCOMING, status__in=MISSED)
HAS_NUMBER = ~Q(customer_number="")
"""Withheld callers, own numbers and erased people cannot be called back."""

IS_TALK = Q(status=Status.ANSWERED, deleted_at=None) & HAS_NUMBER
"""Calls that can return others; a partial index finds them by number and time."""


def later_talks(
    calls: QuerySet[Model], *, since: datetime | None = None, within: timedelta | None = None
) -> QuerySet[Model]:
    """For a subquery: answered calls with the same customer, of any kind and line, that begin no earlier than the outer row.

    `calls` are those that count. `since`: no outer row begins earlier, so PostgreSQL can skip older calls. `within`: the longest time between the
    two beginnings.
    """
    start = OuterRef("start_time")
    later = calls.filter(IS_TALK, customer_number=OuterRef("customer_number"), start_time__gte=start)
    if since is not None:
        later = later.filter(start_time__gte=since)
    if within is not None:
        later = later.filter(start_time__lte=start + within)
    return later.order_by("start_time")
