"""Works through tables of any size in portions: no lock is held long, no list of ids grows with the table, and the log says how far it is.

Each portion is a transaction of its own, so what was interrupted has done its part.
"""

import logging
from collections.abc import Callable, Iterator
from typing import TypeVar

from django.db.models import Max, Min, Model, Q, QuerySet

M = TypeVar("M", bound=Model)
logger = logging.getLogger(__name__)

LOGGED_EVERY = 1_000_000
"""Rows."""


def spans(rows: QuerySet[M], size: int) -> Iterator[QuerySet[M]]:
    """The rows by the order of their ids, so many ids at a time: each is read from the primary key, whatever else is asked of them."""
    ends = rows.model._base_manager.aggregate(first=Min("pk"), last=Max("pk"))
    for start in range(ends["first"] or 0, (ends["last"] or -1) + 1, size):
        yield rows.filter(pk__gte=start, pk__lt=start + size)


def delete_oldest(rows: QuerySet[M], old: Q, *, at_once: int) -> int:
    """Delete rows of a table whose ids grow with their age: from the first one to where none is old any more. Returns how many."""
    deleted = 0
    for span in spans(rows, at_once):
        count = span.filter(old).delete()[0]
        if not count and span.exists():
            break
        deleted = _log_progress(rows, deleted, count)
    return deleted


def by_portions(rows: QuerySet[M], change: Callable[[QuerySet[M]], int], *, at_once: int) -> int:
    """Change the rows, those with the lowest ids first. Returns how many."""
    changed, last = 0, 0
    ids = rows.order_by("pk").values_list("pk", flat=True)
    while some := list(ids.filter(pk__gt=last)[:at_once]):
        last = some[-1]
        changed = _log_progress(rows, changed, change(rows.filter(pk__in=some)))
    return changed


def _log_progress(rows: QuerySet[M], done: int, more: int) -> int:
    """The sum, in the log as often as it passes another million."""
    if (done + more) // LOGGED_EVERY > done // LOGGED_EVERY:
        logger.info("working_through", extra={"table": rows.model._meta.db_table, "rows": done + more})
    return done + more
