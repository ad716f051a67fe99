"""Call ids reused by a provider, for example by a PBX whose counter restarts: two calls never share a row.

A report of a call that began near the call with its id belongs to that call (`merge.near`); nearly all do. Otherwise: another customer means another
call; the same customer means the same call, reported late; if the customer is unknown and the times are far apart, the report is in doubt and not
merged. A number of ambiguous country equals each of its possible numbers.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import cast

from django.utils import timezone
from django.utils.translation import gettext_noop as _

from calls import merge
from calls.events import CallEvent
from calls.models import Call, Report
from calls.sentences import Sentence
from calls.sql import fetch_one
from sips.models import Voip
from sips.phone_numbers import possible_readings

DOUBT = _(
    "A call with the id “%(id)s” began at %(time)s, and this tells no customer: it may be another call under the same id, so it was not merged."
)
IN_DOUBT = timedelta(hours=15)
"""More than the difference of any two time zones, so that a wrong time zone causes no doubt."""


@dataclass(frozen=True, slots=True)
class Placed:
    """The decision about a report that is not near the call with its id. With neither field set it belongs to that call."""

    event: CallEvent | None = None
    "It belongs to another call, whose id it holds."
    doubt: str = ""
    "Why it is not merged, a sentence for staff."


def place(event: CallEvent, parameters: Mapping[str, object], *, voip: Voip) -> Placed | None:
    """Decide which call the report belongs to; of two calls the older one gets another id. None: the call with its id."""
    call = Call.everything.select_for_update().filter(voip_id=voip.pk, provider_call_id=event.provider_call_id).first()
    if call is None:  # another process has just given it another id
        return Placed(event)
    began = cast("datetime", parameters["started_at"])
    ended = call.ended_at or call.start_time + merge.LONGEST_CALL
    early, late = call.start_time - began, began - ended
    if call.deleted_at is not None or max(early, late) <= merge.APART:
        return None
    row = fetch_one(merge.IDENTIFY, parameters)
    customer = row[0] if row else ""
    are_both_known = bool(customer and call.customer_number)
    if are_both_known and not _may_be_one(customer, call.customer_number, voip.country):
        return Placed(_another(event, call, parameters, voip=voip, customer=customer))
    if are_both_known or max(early, late) <= IN_DOUBT:
        return None
    return Placed(doubt=Sentence(DOUBT, id=event.provider_call_id, time=_written(call.start_time)))


def _may_be_one(number: str, other: str, country: str) -> bool:
    return not {number, *possible_readings(number, country)}.isdisjoint({other, *possible_readings(other, country)})


def _another(event: CallEvent, call: Call, parameters: Mapping[str, object], *, voip: Voip, customer: str) -> CallEvent:
    """The event under its own call's id: the later of the two calls keeps the provider's id."""
    began = cast("datetime", parameters["started_at"])
    if began > call.start_time:
        key = _former_id(event.provider_call_id, call.start_time)
        Report.objects.of(call).filter(provider_call_id=call.provider_call_id).update(provider_call_id=key)
        Call.everything.filter(pk=call.pk).update(provider_call_id=key, updated_at=timezone.now())
        return event
    near = (began - merge.APART, began + merge.APART)
    known = Call.everything.filter(
        voip_id=voip.pk,
        start_time__range=near,
        provider_call_id__startswith=f"{event.provider_call_id}#",
    )
    former = known.exclude(customer_number="").values_list("provider_call_id", "customer_number")
    keys = [key for key, number in former if _may_be_one(number, customer, voip.country)]
    return replace(event, provider_call_id=keys[0] if keys else _former_id(event.provider_call_id, began))


def _former_id(provider_call_id: str, began: datetime) -> str:
    return f"{provider_call_id[:230]}#{_written(began)}"


def _written(moment: datetime) -> str:
    return f"{moment.astimezone(timezone.get_fixed_timezone(0)):%Y-%m-%dT%H:%M:%SZ}"
