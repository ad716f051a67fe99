"""Attempts to call the numbers on the desk, by anybody, so that no number is called by two people."""

from collections.abc import Collection, Mapping
from datetime import datetime

from calls.models import Call
from calls.statuses import MISSED, Kind, Status

BEGINNING = (Status.QUEUED, Status.DIALING, Status.RINGING)


def attempts(numbers: Collection[str], *, since: datetime) -> Mapping[str, Call]:
    """The last call to each number, if nobody was reached; reads the index of called numbers."""
    if not numbers:
        return {}
    rows = Call.objects.filter(number_to__in=numbers, kind=Kind.OUTGOING, start_time__gte=since, status__in=MISSED)
    latest = rows.order_by("number_to", "-start_time", "-pk").distinct("number_to")
    return {call.number_to: call for call in latest.only("number_to", "start_time", "status", "reason")}


def in_call(numbers: Collection[str]) -> frozenset[str]:
    """Numbers with a call in progress; reads the index of unfinished calls."""
    if not numbers:
        return frozenset()
    rows = Call.objects.in_progress().filter(customer_number__in=numbers).order_by()
    return frozenset(rows.values_list("customer_number", flat=True))


def is_being_called(number: str) -> bool:
    """Whether one of our lines is calling it and nobody has answered yet."""
    rows = Call.objects.in_progress().filter(kind=Kind.OUTGOING, customer_number=number, status__in=BEGINNING)
    return bool(number) and bool(rows.exists())
