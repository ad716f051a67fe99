"""A telephone desk whose calls end as a test says, on a clock that the test moves."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import time_machine
from django.utils import timezone

from autocalls import running, settling
from autocalls.models import Attempt, Autocall
from calls import dialing
from calls.events import CallEvent
from calls.models import Call
from calls.reasons import Reason
from calls.services import apply_event
from calls.statuses import Status

MONDAY_NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ENDS: dict[str, dict[str, Any]] = {
    "answered": {"status": Status.ANSWERED, "talk_seconds": 30},
    "busy": {"status": Status.BUSY, "provider_status": "486 Busy Here"},
    "no_answer": {"status": Status.NO_ANSWER, "provider_status": "480 Temporarily Unavailable"},
    "declined": {"status": Status.BUSY, "reason": Reason.REJECTED, "provider_status": "603 Decline"},
    "switched_off": {"status": Status.FAILED, "reason": Reason.UNREACHABLE, "provider_status": "CHANUNAVAIL"},
    "not_allowed": {"status": Status.FAILED, "reason": Reason.FORBIDDEN, "provider_status": "403 Forbidden"},
    "no_such_number": {"status": Status.FAILED, "reason": Reason.NO_SUCH_NUMBER, "provider_status": "404 Not Found"},
    "congestion": {"status": Status.FAILED, "reason": Reason.CONGESTION, "provider_status": "503"},
    "operator_no_answer": {"status": Status.NO_ANSWER, "reason": Reason.OPERATOR_NO_ANSWER},
    "operator_busy": {"status": Status.BUSY, "reason": Reason.OPERATOR_BUSY},
    "operator_unreachable": {"status": Status.FAILED, "reason": Reason.OPERATOR_UNREACHABLE},
}
"""What the dialer tells of a call that ended so."""


@contextmanager
def clock(start: datetime = MONDAY_NOON) -> Iterator[time_machine.Traveller]:
    with time_machine.travel(start, tick=False) as traveller:
        yield traveller


def later(traveller: time_machine.Traveller, **span: float) -> datetime:
    traveller.shift(timedelta(**span))
    return timezone.now()


def run() -> int:
    return running.run_due()


def live() -> Call:
    """The one call that is being made for a call-back now."""
    found: Call = Call.objects.get(made_for_autocall__outcome="")
    return found


def tell(call: Call, end: str) -> None:
    """The dialer takes the call and reports how it ended."""
    dialing.claim(call.pk, holder="test")
    assert call.voip is not None
    event = CallEvent(provider_call_id=call.provider_call_id, ended_at=timezone.now(), **ENDS[end])
    apply_event(event, voip=call.voip, received_at=timezone.now())


def end(how: str, call: Call | None = None) -> None:
    """A call ends, and what follows from it is drawn."""
    call = call or live()
    tell(call, how)
    settling.settle(Attempt.objects.get(call=call).pk)


def attempt(how: str) -> None:
    """What is due is called, and the call ends like that."""
    assert run() == 1
    end(how)


def now_of(row: Autocall) -> Autocall:
    """The row as the database has it."""
    return Autocall.objects.select_related("widget", "last_call").get(pk=row.pk)
