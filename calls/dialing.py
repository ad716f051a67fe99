"""The life of a call that was asked for here, until whoever dials it reports on it.

A request is claimed, and that is committed, before anything leaves the house; so a request is dialed at most once, whatever dies when. What
follows are events (`calls.services.apply_event`). An operator's API may tell its own id of the call late or never: a request is then bound to the
operator's reports by our reference, or else by line, number and time.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from calls import merge
from calls.events import CallEvent
from calls.models import AWAITS_ID, Call
from calls.signals import call_changed
from calls.sql import fetch_one
from calls.statuses import PROGRESS, Kind, Status, precedence
from sips import phone_numbers
from sips.models import Voip

RECOGNISED_WITHIN = timedelta(seconds=120)
"""How long after it was dialed a call may begin, by the operator's report, and be recognised by line and number."""

CLOCKS_DIFFER = timedelta(seconds=10)
"""How far the operator's clock may be behind ours."""


class NobodyHolds(Exception):
    """Nobody here can end this call; the message says why."""


def claim(call_id: int, *, holder: str = "") -> Call | None:
    """Take a queued request in order to dial it: committed as DIALING when this returns. None where it is no longer to be dialed.

    holder: the process that will be able to end the call.
    """
    now = timezone.now()
    fresh = Call.objects.filter(pk=call_id, status=Status.QUEUED, created_at__gt=now - settings.REQUESTED_CALL_EXPIRES)
    with transaction.atomic(durable=True):
        claimed = (
            fresh.filter(Q(dial_by=None) | Q(dial_by__gt=now))
            .exclude(reference="")
            .update(
                status=Status.DIALING,
                precedence=precedence(Status.DIALING),
                dialed_at=now,
                held_by=holder,
                updated_at=now,
            )
        )
        if not claimed:
            return None
        call_changed.send(Call, call_id=call_id, requested=True)
    call: Call = Call.everything.select_related("voip", "sip").get(pk=call_id)
    return call


def fail(call_id: int, *, reason: str, words: str) -> bool:
    """A request was certainly not placed: `reason` in our words, `words` for people. False where the call went on already."""
    return _settle(
        Call.everything.filter(pk=call_id, status__in=(Status.QUEUED, Status.DIALING)), Status.FAILED, reason, words
    )


def cancel(call_id: int) -> bool:
    """A request that nobody has claimed yet is not dialed any more. False where there is none."""
    return _settle(Call.objects.filter(pk=call_id, status=Status.QUEUED).exclude(reference=""), Status.CANCELED, "", "")


def hang_up(call_id: int) -> None:
    """End a call: one that is queued is canceled, for one that a dialer of ours holds the dialer is asked. Raises NobodyHolds."""
    if cancel(call_id):
        return
    held = Call.objects.filter(pk=call_id, status__in=PROGRESS).exclude(held_by="")
    if not held.update(hangup_requested_at=Coalesce("hangup_requested_at", timezone.now())):
        call = Call.objects.get(pk=call_id)
        raise NobodyHolds(
            "Only calls that our own SIP dialer placed can be ended here."
            if call.status in PROGRESS
            else f"This call is not going on: it is {call.status or 'only logged'}."
        )


def _settle(calls: QuerySet[Call], status: Status, reason: str, words: str) -> bool:
    now = timezone.now()
    with transaction.atomic():
        call_id = calls.select_for_update().values_list("pk", flat=True).first()
        if call_id is None:
            return False
        Call.everything.filter(pk=call_id).update(
            status=status, precedence=precedence(status), reason=reason, provider_status=words[:255], ended_at=now, updated_at=now
        )  # fmt: skip
        call_changed.send(Call, call_id=call_id, requested=True)
    return True


def learn_id(call: Call, provider_call_id: str) -> None:
    """The operator answered our request with its own id of the call. Its reports may have come before its answer."""
    assert call.voip_id is not None
    with transaction.atomic():
        _one_at_a_time(call.voip_id)
        _bind(call.pk, call.voip_id, provider_call_id)


def recognise(event: CallEvent, *, voip: Voip, received_at: datetime) -> None:
    """Bind the request that this event is about, if any, to the operator's id, so that the event merges into it.

    Known by our reference where the operator echoes it; else it is the oldest request for that number, by that line if the event names one,
    dialed in the two minutes before.
    """
    awaiting = Call.everything.filter(AWAITS_ID, voip_id=voip.pk)
    if not awaiting.exists():
        return
    with transaction.atomic():
        _one_at_a_time(voip.pk)
        if event.reference:
            request = awaiting.filter(reference=event.reference).first()
        elif event.kind == Kind.INCOMING or _is_known(voip.pk, event.provider_call_id):
            request = None
        else:
            request = _alike(awaiting, event, voip, event.started_at or received_at)
        if request is not None:
            _bind(request.pk, voip.pk, event.provider_call_id)


def _one_at_a_time(voip_id: int) -> None:
    """Two reports of one new call must not be bound to two requests."""
    Voip.objects.select_for_update(no_key=True).filter(pk=voip_id).values_list("pk").first()


def _is_known(voip_id: int, provider_call_id: str) -> bool:
    return Call.everything.filter(voip_id=voip_id, provider_call_id=provider_call_id).exists()


def _alike(awaiting: QuerySet[Call], event: CallEvent, voip: Voip, moment: datetime) -> Call | None:
    number = phone_numbers.normalise(event.number_to, voip.country)
    if not number:
        return None
    lines = Q(sip__sip=event.line) | Q(sip__username=event.line) | Q(sip__number=event.line) if event.line else Q()
    in_time = awaiting.filter(lines, dialed_at__range=(moment - RECOGNISED_WITHIN, moment + CLOCKS_DIFFER))
    return in_time.filter(number_to=number).order_by("dialed_at", "pk").first()


def _bind(call_id: int, voip_id: int, provider_call_id: str) -> None:
    """Write the operator's id; a Call its reports have made meanwhile becomes part of this one."""
    unbound = Call.everything.filter(pk=call_id, provider_call_id="")
    if not unbound.exists():
        return
    merged = fetch_one(merge.ABSORB, {"call": call_id, "voip": voip_id, "provider_call_id": provider_call_id})
    if merged is not None:
        call_changed.send(Call, call_id=call_id, requested=True)
    elif not _is_known(voip_id, provider_call_id):
        unbound.update(provider_call_id=provider_call_id)
