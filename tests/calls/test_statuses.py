"""Which of two results a call has, and which calls were missed."""

import itertools
from datetime import UTC, datetime

import make
import pytest

from calls.events import CallEvent
from calls.models import Call
from calls.services import apply_event
from calls.statuses import Kind, Status

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
FROM_WEAKEST = (Status.FAILED, Status.CANCELED, Status.BUSY, Status.NO_ANSWER, Status.ANSWERED)


@pytest.mark.parametrize(("weaker", "stronger"), list(itertools.combinations(FROM_WEAKEST, 2)))
@pytest.mark.parametrize("weaker_first", [True, False])
def test_of_two_legs_the_more_informative_result_is_the_calls(
    weaker: Status, stronger: Status, *, weaker_first: bool
) -> None:
    office = make.voip()
    for status in (weaker, stronger) if weaker_first else (stronger, weaker):
        apply_event(CallEvent(provider_call_id="call-1", status=status), voip=office, received_at=NOON)

    assert Call.objects.get().status == stronger


MISSED = {Status.NO_ANSWER, Status.BUSY, Status.FAILED, Status.CANCELED}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("kind", Kind)
def test_an_incoming_call_without_a_conversation_was_missed(kind: Kind, status: Status) -> None:
    call = make.call(kind=kind, status=status)
    missed = kind == Kind.INCOMING and status in MISSED

    assert (call.is_missed, list(Call.objects.missed())) == (missed, [call] if missed else [])
