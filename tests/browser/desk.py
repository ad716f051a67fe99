"""What happens in the office while a visitor looks on, told to the database as the jobs and dialers would."""

from datetime import datetime, timedelta

import make
from django.utils import timezone

from autocalls.models import Autocall
from calls.models import Call
from calls.statuses import Status


def requested() -> Autocall:
    """The only request there is."""
    found: Autocall = Autocall.objects.get()
    return found


def call_is(status: Status, *, reason: str = "", customer_first: bool = False) -> None:
    """The call for the request is in this state."""
    autocall = requested()
    if autocall.last_call is None:
        autocall.last_call = make.call(status=status, number_to=autocall.number, customer_first=customer_first)
    Call.objects.filter(pk=autocall.last_call.pk).update(status=status, reason=reason)
    Autocall.objects.filter(pk=autocall.pk).update(status="calling", last_call=autocall.last_call)


def request_is(status: str) -> None:
    """The request has come to this end."""
    Autocall.objects.update(status=status, finished_at=timezone.now())


def next_attempt(at: datetime) -> None:
    Autocall.objects.update(status="scheduled", call_at=at)


def open_only(**days: list[list[str]]) -> dict[str, dict[str, list[list[str]]]]:
    """Opening hours of the days so many days from today, such as `in_1=[["09:00", "12:00"]]`; closed on all others."""
    today = timezone.now().date()
    return {
        "exceptions": {
            (today + timedelta(days=int(name.removeprefix("in_")))).isoformat(): periods
            for name, periods in days.items()
        }
    }
