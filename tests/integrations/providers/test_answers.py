from dataclasses import replace
from datetime import UTC, datetime

import pytest

from calls.events import CallEvent
from calls.statuses import Kind, Source, Status
from integrations.providers.foundation.answers import unless_answered_by

ANSWERED = CallEvent(
    provider_call_id="1",
    status=Status.ANSWERED,
    kind=Kind.INCOMING,
    answered_at=datetime(2026, 3, 2, 12, tzinfo=UTC),
    talk_seconds=42,
)


@pytest.mark.parametrize("kind", [Kind.OUTGOING, Kind.INTERNAL])
def test_a_call_of_ours_is_answered_by_whom_it_called(kind: Kind) -> None:
    event = replace(ANSWERED, kind=kind)

    assert unless_answered_by(event, "") == event


@pytest.mark.parametrize("kind", [Kind.INCOMING, None])
def test_a_call_that_no_telephone_answered_was_not_answered(kind: Kind | None) -> None:
    event = unless_answered_by(replace(ANSWERED, kind=kind), "")

    assert (event.status, event.source, event.talk_seconds, event.answered_at) == (
        Status.NO_ANSWER,
        Source.DERIVED,
        None,
        None,
    )


def test_a_caller_whom_the_exchange_itself_picked_up_still_waits() -> None:
    event = unless_answered_by(replace(ANSWERED, status=Status.IN_PROGRESS), "")

    assert (event.status, event.answered_at) == (Status.QUEUED, None)


@pytest.mark.parametrize("status", [Status.ANSWERED, Status.IN_PROGRESS])
def test_a_call_that_a_telephone_answered_stays_so(status: Status) -> None:
    event = replace(ANSWERED, status=status)

    assert unless_answered_by(event, "101") == event
