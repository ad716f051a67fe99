"""What has been tried with the numbers of a list, by whomever: so that nobody is called by two people."""

from collections.abc import Collection, Mapping
from datetime import datetime

from calls.models import Call
from calls.statuses import MISSED, Kind, Status

BEGINNING = (Status.QUEUED, Status.DIALING, Status.RINGING)


def attempts(numbers: Collection[str], *, since: datetime) -> Mapping[str, Call]:
    """Of each number the last call to it, where that has reached nobody; from the index of numbers that were called."""
    if not numbers:
        return {}
    rows = Call.objects.filter(number_to__in=numbers, kind=Kind.OUTGOING, start_time__gte=since, status__in=MISSED)
    latest = rows.order_by("number_to", "-start_time", "-pk").distinct("number_to")
    return {call.number_to: call for call in latest.only("number_to", "start_time", "status", "reason")}


def going_on(numbers: Collection[str]) -> frozenset[str]:
    """With which of them somebody is being connected, or talks; from the index of calls that are not finished."""
    if not numbers:
        return frozenset()
    rows = Call.objects.in_progress().filter(customer_number__in=numbers).order_by()
    return frozenset(rows.values_list("customer_number", flat=True))


def is_being_called(number: str) -> bool:
    """Whether somebody of ours is calling it and nobody has answered yet."""
    rows = Call.objects.in_progress().filter(kind=Kind.OUTGOING, customer_number=number, status__in=BEGINNING)
    return bool(number) and bool(rows.exists())
