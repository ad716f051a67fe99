"""Ending the calls whose end nobody told us, as honestly as is possible."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Q, QuerySet, Value, When
from django.utils import timezone

from calls.models import Call, Via
from calls.signals import call_changed
from calls.statuses import PROGRESS, Source, Status, precedence

AT_ONCE = 1000
"""Rows ended by one run: the next run takes the rest."""


def expire_stale_calls() -> int:
    """End the calls of which nothing was heard for too long. Returns how many."""
    now = timezone.now()
    requested = ~Q(reference="") & Q(updated_at__lt=now - settings.REQUESTED_CALL_EXPIRES)
    too_late = Q(status=Status.QUEUED, dial_by__lt=now)
    unanswered = Q(answered_at=None) & (requested | too_late | Q(updated_at__lt=now - settings.UNANSWERED_CALL_EXPIRES))
    answered = Q(answered_at__isnull=False, updated_at__lt=now - settings.ANSWERED_CALL_EXPIRES)
    return _end(Call.everything.exclude(via=Via.NOBODY).filter(unanswered | answered), now)


def lose_calls_of(holder: str) -> int:
    """End the calls that a dialer held when it died: nobody will ever tell how they went on. Returns how many."""
    return _end(Call.everything.filter(held_by=holder), timezone.now())


def _end(calls: QuerySet[Call], now: datetime) -> int:
    """One that was answered stays answered, without a talk time; the others have failed: `expired` where nobody was rung yet, else `lost`.
    When it ended stays unknown, and any word that still comes of it outranks this one."""
    with transaction.atomic():
        stale = calls.filter(status__in=PROGRESS).select_for_update(skip_locked=True)
        references = dict(stale.values_list("pk", "reference")[:AT_ONCE])
        Call.everything.filter(pk__in=references).update(
            status=Case(When(answered_at=None, then=Value(Status.FAILED.value)), default=Value(Status.ANSWERED.value)),
            reason=Case(
                When(~Q(reference=""), status=Status.QUEUED, then=Value("expired")),
                default=Value("lost"),
            ),
            precedence=precedence(Status.FAILED, Source.EXPIRY),
            updated_at=now,
        )
        for call_id, reference in references.items():
            call_changed.send(Call, call_id=call_id, requested=bool(reference))
    return len(references)
