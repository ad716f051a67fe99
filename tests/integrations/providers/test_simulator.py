import json
from datetime import UTC, datetime
from typing import Any

import pytest
from payload_files import payloads

from calls.statuses import PROGRESS, RESULTS, Kind, Status
from integrations.providers.foundation.events import CallEvent, Delivery
from integrations.providers.foundation.provider import Unreadable
from integrations.providers.simulator import Simulator, disturb, tell_story

STARTED_AT = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
CALL: dict[str, Any] = {
    "call_id": "sim-7",
    "started_at": STARTED_AT,
    "number_from": "+48501502503",
    "number_to": "+48221234567",
    "line": "100",
}


def events(bodies: list[bytes]) -> list[CallEvent]:
    account = payloads("simulator")[0].account
    return [
        event
        for body in bodies
        for event in Simulator().parse(Delivery(method="POST", body=body, received_at=STARTED_AT), account)
    ]


@pytest.mark.parametrize("result", list(RESULTS))
def test_a_story_ends_with_the_chosen_result(result: Status) -> None:
    told = events(tell_story(**CALL, result=result))

    assert [event.is_end for event in told] == [False] * (len(told) - 1) + [True]
    assert told[-1].status is result
    assert (told[-1].talk_seconds == 42) == (result is Status.ANSWERED)


def test_an_answered_story_goes_forward_in_state_and_time() -> None:
    told = events(tell_story(**CALL, ring_seconds=10, talk_seconds=60))

    assert [event.status for event in told] == [Status.QUEUED, Status.RINGING, Status.IN_PROGRESS, Status.ANSWERED]
    assert told[2].answered_at == datetime(2026, 1, 15, 9, 0, 10, tzinfo=UTC)
    assert told[3].ended_at == datetime(2026, 1, 15, 9, 1, 10, tzinfo=UTC)


def test_an_outgoing_story_begins_with_dialing() -> None:
    first = events(tell_story(**CALL, kind=Kind.OUTGOING))[0]

    assert (first.status, first.kind) == (Status.DIALING, Kind.OUTGOING)
    assert first.status in PROGRESS


def test_disturbed_bodies_are_doubled_and_mixed_but_none_is_lost() -> None:
    bodies = tell_story(**CALL)
    disturbed = [disturb(bodies, seed) for seed in range(20)]

    assert all(set(each) == set(bodies) and len(each) > len(bodies) for each in disturbed)
    assert len({tuple(each) for each in disturbed}) > 10


def test_the_same_seed_disturbs_the_same_way() -> None:
    assert disturb(tell_story(**CALL), 7) == disturb(tell_story(**CALL), 7)


@pytest.mark.parametrize("event", ["", "ended", "ANSWERED", "call.hold"])
def test_an_event_that_is_none_of_ours_is_unreadable(event: str) -> None:
    with pytest.raises(Unreadable, match=r"call\.ended"):
        events([json.dumps({"event": event, "id": "sim-7", "status": "ANSWERED"}).encode()])
