"""A requested call until the first report on it: claim, fail, cancel, hang up.

A request is claimed, and the claim committed, before anything is sent; so it is dialed at most once, whichever process dies. Each of these steps is
a report (`calls.reports`), like the provider's or the dialer's that follow.
"""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from calls.events import CallEvent
from calls.models import Call
from calls.reasons import Reason
from calls.reports import report_on
from calls.statuses import PROGRESS, Status
from sips.encryption import without_secrets


class NotControllable(Exception):
    """The call cannot be ended from here; the message says why."""


def claim(call_id: int, *, holder: str = "") -> Call | None:
    """Claim a queued request: it is DIALING, and committed, when this returns. None if it must not be dialed any more.

    holder: the process that will be able to end the call.
    """
    now = timezone.now()
    asked = due(now).filter(pk=call_id)
    with transaction.atomic(durable=True):
        call: Call | None = asked.select_related("voip", "sip").select_for_update(of=("self",)).first()
        if call is None:
            return None
        Call.everything.filter(pk=call_id).update(dialed_at=now, held_by=holder)
        report_on(call, CallEvent(provider_call_id=call.report_key, status=Status.DIALING))
    call.refresh_from_db(fields=("status", "precedence", "dialed_at", "held_by", "updated_at"))
    return call


DUE = """call.deleted_at IS NULL AND call.status = 'QUEUED' AND call.created_at > %(oldest)s::timestamptz
    AND (call.dial_by IS NULL OR call.dial_by > %(now)s::timestamptz) AND call.reference <> ''"""
"""`due` in SQL."""


def oldest(now: datetime) -> datetime:
    """Requests made before are not dialed any more."""
    return now - settings.REQUESTED_CALL_EXPIRES


def due(now: datetime) -> QuerySet[Call]:
    """The requests that wait and may still be dialed."""
    fresh = Call.objects.filter(status=Status.QUEUED, created_at__gt=oldest(now))
    waiting: QuerySet[Call] = fresh.filter(Q(dial_by=None) | Q(dial_by__gt=now)).exclude(reference="")
    return waiting


def fail(call_id: int, *, reason: Reason, provider_status: str) -> bool:
    """End a request that was certainly not placed. False if the call has a report already."""
    return _settle(
        Call.everything.filter(pk=call_id, status__in=(Status.QUEUED, Status.DIALING)),
        Status.FAILED,
        reason,
        provider_status,
    )


def cancel(call_id: int) -> bool:
    """Cancel a request that is not claimed yet. False if it is claimed, or was not requested here."""
    return _settle(
        Call.objects.filter(pk=call_id, status=Status.QUEUED).exclude(reference=""), Status.CANCELED, Reason.NONE, ""
    )


def can_hang_up(call: Call) -> bool:
    """Whether `hang_up` would end it, judged by the row as it was read."""
    return bool(call.reference if call.status == Status.QUEUED else call.status in PROGRESS and call.held_by)


def hang_up(call_id: int) -> None:
    """Cancel a queued call, or ask the dialer that holds it to end it. Raises NotControllable."""
    if cancel(call_id):
        return
    held = Call.objects.filter(pk=call_id, status__in=PROGRESS).exclude(held_by="")
    if not held.update(hangup_requested_at=Coalesce("hangup_requested_at", timezone.now())):
        call = Call.objects.get(pk=call_id)
        raise NotControllable(
            _("Only calls that our own SIP dialer placed can be ended here.")
            if call.status in PROGRESS
            else _("This call is not going on: it is %(status)s.")
            % {"status": call.get_status_display() or _("only logged")}
        )


def _settle(calls: QuerySet[Call], status: Status, reason: Reason, provider_status: str) -> bool:
    with transaction.atomic():
        call = without_secrets(calls.select_related("voip")).select_for_update(of=("self",)).first()
        if call is None:
            return False
        event = CallEvent(
            provider_call_id=call.report_key, status=status, reason=reason, provider_status=provider_status
        )
        report_on(call, event)
    return True
