"""What a delivery says with given settings, and why."""

import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from payload_files import RECEIVED_AT, Payload, payloads

from integrations import providers
from integrations.providers.foundation.events import Account, Delivery
from integrations.providers.foundation.named_fields import UnknownWord
from integrations.providers.foundation.provider import Unreadable
from integrations.teaching.explaining import DeliveryReading, explain

EVERY_PAYLOAD = [payload for slug in providers.slugs() for payload in payloads(slug)]


def reading(said: Any, settings: dict[str, Any] | None = None, *, event: str = "call_end") -> DeliveryReading:
    delivery = Delivery(method="POST", body=json.dumps(said).encode(), received_at=RECEIVED_AT, event=event)
    account = Account(time_zone=ZoneInfo("Europe/Warsaw"), settings=settings or {})
    return explain(providers.find("datera"), delivery, account)


@pytest.mark.parametrize("payload", EVERY_PAYLOAD, ids=str)
def test_the_explanation_equals_the_real_reading(payload: Payload) -> None:
    adapter = providers.find(payload.slug)
    try:
        real = list(adapter.parse(payload.delivery, payload.account))
    except Unreadable:
        real = []

    told = explain(adapter, payload.delivery, payload.account)

    assert [event.call_event for event in told.events if event.call_event] == real


def test_the_field_read_for_each_meaning_is_named() -> None:
    said = {"uniqueid": "7.1", "callid": "null", "src": "601602603", "status": "BUSY", "foo": "bar"}

    event = reading(said).events[0]

    assert event.fields == said
    assert event.used == {"call_id": "uniqueid", "from": "src", "status": "status"}


def test_an_unknown_event_is_named_with_all_the_fields_there_are() -> None:
    event = reading({"call": {"id": "7"}, "event": "koniec"}, event="").events[0]

    assert (event.call_event, event.unknown) == (None, (UnknownWord("events", "koniec"),))
    assert "koniec" in event.problem
    assert event.fields == {"id": "7", "event": "koniec"}


def test_unknown_results_and_directions_are_named() -> None:
    event = reading({"id": "7", "status": "GETEILT", "direction": "quer"}).events[0]

    assert event.unknown == (UnknownWord("statuses", "GETEILT"), UnknownWord("directions", "quer"))


def test_an_ignored_event_tells_of_no_call() -> None:
    event = reading({"id": "7", "event": "ping"}, {"events": {"ping": "ignored"}}, event="").events[0]

    assert (event.event, event.call_event, event.problem) == ("ignored", None, "")


def test_an_unreadable_body_has_a_problem_and_no_event() -> None:
    told = reading(7)

    assert (list(told.events), "not a JSON object" in told.problem) == ([], True)
