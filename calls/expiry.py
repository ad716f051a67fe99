"""Ends calls whose end was never reported."""

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from calls.events import CallEvent
from calls.models import Call, Via
from calls.reasons import Reason
from calls.reports import report_on
from calls.statuses import PROGRESS, Source, Status
from sips.encryption import without_secrets

AT_ONCE = 1000
"""Rows per run."""


def expire_stale_calls() -> int:
    """End calls without a report for too long. Returns how many."""
    now = timezone.now()
    requested = ~Q(reference="") & Q(updated_at__lt=now - settings.REQUESTED_CALL_EXPIRES)
    too_late = Q(status=Status.QUEUED, dial_by__lt=now)
    unanswered = Q(answered_at=None) & (requested | too_late | Q(updated_at__lt=now - settings.UNANSWERED_CALL_EXPIRES))
    answered = Q(answered_at__isnull=False, updated_at__lt=now - settings.ANSWERED_CALL_EXPIRES)
    return _end(Call.everything.exclude(via=Via.NOBODY).filter(unanswered | answered))


def lose_calls_of(holder: str) -> int:
    """End the calls that a dialer held when it died. Returns how many."""
    return _end(Call.everything.filter(held_by=holder))


def _end(calls: QuerySet[Call]) -> int:
    """An answered call becomes ANSWERED without a talk time; others FAILED, with `expired` if no telephone was rung yet, else `lost`. The end time
    stays unknown, and any later report takes precedence."""
    with transaction.atomic():
        stale = without_secrets(calls.filter(status__in=PROGRESS).select_related("voip"))
        rows = list(stale.select_for_update(of=("self",), skip_locked=True)[:AT_ONCE])
        for call in rows:
            reason = Reason.EXPIRED if call.reference and call.status == Status.QUEUED else Reason.LOST
            event = CallEvent(
                provider_call_id=call.report_key,
                status=Status.FAILED,
                source=Source.EXPIRY,
                reason=reason,
                provider_status=call.provider_status,
            )
            report_on(call, event)
    return len(rows)
