"""Retention of the admin's history: entries that name people are kept no longer than people's data."""

from datetime import timedelta

from django.conf import settings
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model, QuerySet
from django.utils import timezone

from autocalls.models import Autocall, Refusal
from calls.models import Call, FollowUp, Note

AT_ONCE = 1000


def forget_old_history() -> int:
    """Delete entries older than `AUDIT_KEPT_DAYS`. Entries about calls and call-backs name their numbers: they are deleted with the people's data,
    counted from when they were written, like notes. Returns how many."""
    forgotten = _delete(LogEntry.objects.all(), settings.AUDIT_KEPT)
    for kept, *kinds in _of_people():
        types = ContentType.objects.get_for_models(*kinds).values()
        forgotten += _delete(LogEntry.objects.filter(content_type__in=types), kept)
    return forgotten


def _of_people() -> tuple[tuple[timedelta | None, type[Model], *tuple[type[Model], ...]], ...]:
    return (
        (settings.CALL_NUMBERS_KEPT, Call, FollowUp, Note),
        (settings.AUTOCALLS_KEPT, Autocall),
        (settings.REFUSALS_KEPT, Refusal),
    )


def _delete(entries: QuerySet[LogEntry], kept: timedelta | None) -> int:
    """In batches, oldest first, so that an interrupted run keeps its progress."""
    if kept is None:
        return 0
    old, deleted = entries.filter(action_time__lt=timezone.now() - kept).order_by("pk").values_list("pk", flat=True), 0
    while ids := list(old[:AT_ONCE]):
        deleted += LogEntry.objects.filter(pk__in=ids).delete()[0]
    return deleted
