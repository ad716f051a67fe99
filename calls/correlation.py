"""Correlates a provider's reports with the calls requested here.

A provider's API may return its id of the call late or never: its reports are then matched by our reference, or else by line, number and time.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet

from calls.events import CallEvent
from calls.models import AWAITS_ID, Call, Note
from calls.rebuilding import add_reports, knows_all_reports, rebuild
from calls.signals import call_changed
from calls.statuses import Kind
from sips.models import Voip

CORRELATED_WITHIN = timedelta(seconds=120)
"""How long after it was dialed a call may begin, by the provider's report, and be correlated by line and number."""

CLOCKS_DIFFER = timedelta(seconds=10)
"""How far the provider's clock may be behind ours."""


def learn_id(call: Call, provider_call_id: str) -> None:
    """Store the id with which the provider answered our request. Its first reports may have come before."""
    assert call.voip_id is not None
    with transaction.atomic():
        _one_at_a_time(call.voip_id)
        _bind(call.pk, call.voip_id, provider_call_id)


def correlate(event: CallEvent, *, voip: Voip, received_at: datetime) -> None:
    """Write the event's id to the request that it is about, if any, so that the event merges into that.

    Matched by our reference where the provider echoes it; else it is the oldest request for that number, from that line if the event names one,
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
    """Two reports of one new call must not be matched to two requests."""
    Voip.objects.select_for_update(no_key=True).filter(pk=voip_id).values_list("pk").first()


def _is_known(voip_id: int, provider_call_id: str) -> bool:
    return Call.everything.filter(voip_id=voip_id, provider_call_id=provider_call_id).exists()


def _alike(awaiting: QuerySet[Call], event: CallEvent, voip: Voip, moment: datetime) -> Call | None:
    _caller, number = event.numbers(voip.country)
    if not number:
        return None
    numbers = (number, *event.readings(voip.country)[1])
    written = (event.line, event.line_number(voip.country))
    lines = Q(sip__sip=event.line) | Q(sip__username=event.line) | Q(sip__number__in=written) if event.line else Q()
    in_time = awaiting.filter(lines, dialed_at__range=(moment - CORRELATED_WITHIN, moment + CLOCKS_DIFFER))
    return in_time.filter(number_to__in=numbers).order_by("dialed_at", "pk").first()


def _clear_kept(request: Call) -> list[str]:
    """Clear what a deleted or erased request kept for correlation. Returns the fields."""
    if request.deleted_at is None and request.erased_at is None:
        return []
    request.number_to = request.customer_number = ""
    if request.deleted_at is not None:
        request.sip = None
    return ["number_to", "customer_number", "sip", "updated_at"]


def _bind(call_id: int, voip_id: int, provider_call_id: str) -> None:
    """Store the provider's id. A Call that reports created meanwhile is absorbed, with its notes."""
    request = Call.everything.select_for_update(of=("self",)).filter(pk=call_id, provider_call_id="").first()
    if request is None:
        return
    made = Call.everything.select_for_update().filter(voip_id=voip_id, provider_call_id=provider_call_id).first()
    if made is not None and made.reference:
        return
    if made is not None:
        if request.deleted_at is None and request.erased_at is None:
            Note.objects.filter(call=made).update(call=request)
        made.delete()
        request.description = request.description or made.description
        request.outcome_id = request.outcome_id or made.outcome_id
        if made.identity_set and not request.identity_set:
            request.client_id, request.contact_id, request.identity_set = made.client_id, made.contact_id, True
    request.provider_call_id = provider_call_id
    cleared = _clear_kept(request)
    written = ("description", "client_id", "contact_id", "identity_set", "outcome")
    request.save(update_fields=["provider_call_id", *written, *cleared])
    if made is None or request.deleted_at is not None:
        return
    if knows_all_reports(request):
        rebuild(request)
    else:
        add_reports(request)
        call_changed.send(Call, call_id=call_id, requested=True)
