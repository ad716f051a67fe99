import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from calls.events import CallEvent
from integrations import providers
from integrations.providers.foundation.events import Account, OutboundResponse

SUPERVOIP = providers.find("supervoip")
ACCOUNT = Account(time_zone=ZoneInfo("Europe/Warsaw"), api_key="key")


def listed(**changes: Any) -> CallEvent:
    """What a row of its list says, of an answered call."""
    row = {"callId": "1@x", "date": "2026-01-15", "time": "10:20:00", "duration": 62, "disposition": "ANSWER"} | changes
    answer = OutboundResponse(status=200, body=json.dumps({"hydra:member": [row], "hydra:totalItems": 1}).encode())
    (event,) = SUPERVOIP.read_calls(answer, ACCOUNT).events
    return event


def test_a_row_that_does_not_say_who_picked_up_is_taken_by_its_word() -> None:
    assert (listed().status, listed().talk_seconds) == ("ANSWERED", 62)
    assert listed(pickedUp=None).status == "ANSWERED"


def test_a_row_with_the_word_of_a_call_that_begins_does_not_say_how_it_ended() -> None:
    event = listed(disposition="CALLSTART")

    assert (event.status, event.provider_status) == (None, "CALLSTART")
    assert event.ended_at == datetime(2026, 1, 15, 9, 21, 2, tzinfo=UTC)


def test_a_call_is_asked_for_once_a_second_as_the_provider_allows() -> None:
    assert SUPERVOIP.seconds_between_dials == 1
