import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from calls.statuses import Kind, Source, Status
from integrations.providers.foundation.events import Account, Delivery
from integrations.providers.foundation.field_map import FieldMap
from integrations.providers.foundation.provider import InvalidSettings, Unreadable
from integrations.providers.foundation.reading import Reading
from integrations.providers.foundation.reading import read as read_all

MAP = FieldMap(
    events={
        "CALL START": "call_start",
        "CALL ANSWERED": "call_answered",
        "CALL END": "call_end",
        "QUEUE HANGUP": "queue_hangup",
    },
    statuses={
        "CALL START": Status.RINGING,
        "CALL ANSWERED": Status.IN_PROGRESS,
        "QUEUE HANGUP": Status.NO_ANSWER,
        "ANSWERED": Status.ANSWERED,
        "BUSY": Status.BUSY,
    },
)
CALL = {"call_id": "1", "caller": "501502503", "called": "221234567"}


def read(fields: dict[str, Any], settings: dict[str, Any] | None = None) -> Reading:
    account = Account(time_zone=ZoneInfo("Europe/Warsaw"), settings=settings or {})
    delivery = Delivery(method="POST", body=json.dumps(fields).encode(), received_at=datetime(2026, 1, 15, tzinfo=UTC))
    (reading,) = read_all(delivery, account, MAP)
    return reading


def test_the_first_candidate_that_is_not_empty_is_read() -> None:
    assert (
        read({"uniqueid": "leg", "linkedid": "whole", "call_id": ""}).exchange_event("call_start").provider_call_id
        == "whole"
    )


def test_configured_names_replace_ours() -> None:
    reading = read({"call_id": "ours", "Moje.Id": "theirs"}, {"fields": {"call_id": ["brak", " moje.ID "]}})

    assert reading.exchange_event("call_start").provider_call_id == "theirs"


def test_configured_words_are_added_to_ours() -> None:
    settings = {
        "events": {"koniec-rozmowy": "call_end"},
        "statuses": {"odebrane": "answered"},
        "directions": {"przych": "przychodzące"},
    }
    reading = read({**CALL, "event": "KONIEC_ROZMOWY", "status": "Odebrane", "direction": "PRZYCH"}, settings)
    event = reading.exchange_event(reading.event(""))

    assert (event.status, event.kind) == (Status.ANSWERED, Kind.INCOMING)
    assert read({**CALL, "status": "busy"}, settings).exchange_event("call_end").status is Status.BUSY


@pytest.mark.parametrize(
    ("given", "culprit", "cure"),
    [
        ({"feilds": {}}, "feilds", "fields, events"),
        ({"fields": []}, "fields", "must be an object"),
        ({"fields": {"callid": ["x"]}}, "fields.callid", "call_id"),
        ({"fields": {"call_id": []}}, "fields.call_id", "as a list"),
        ({"fields": {"call_id": [7]}}, "fields.call_id", "as a list"),
        ({"fields": {"call_id": " "}}, "fields.call_id", "as a list"),
        ({"events": {"koniec": "call_over"}}, "events.koniec", "call_end"),
        ({"events": {"koniec": None}}, "events.koniec", "must be a text"),
        ({"statuses": {"ODEBRANE": "PICKED UP"}}, "statuses.ODEBRANE", "NO ANSWER"),
        ({"directions": {"w": "sideways"}}, "directions.w", "incoming"),
        ({"answer_needs_line": "yes"}, "answer_needs_line", "true or false"),
        ({"units": {"talk": "seconds"}}, "units.talk", "talk_seconds"),
        ({"units": {"duration": "hours"}}, "units.duration", "milliseconds"),
        ({"formats": {"start": "%Y"}}, "formats.start", "started_at"),
        ({"formats": {"started_at": "%Y-%m-%d"}}, "formats.started_at", "strptime"),
        ({"formats": {"started_at": 7}}, "formats.started_at", "strptime"),
        ({"charset": "klingon"}, "charset", "cp1250"),
        ({"charset": 7}, "charset", "cp1250"),
        ({"numbers": "E.164"}, "numbers", "international"),
        ({"each": ["data"]}, "each", "dotted name"),
    ],
)
def test_wrong_settings_are_refused_with_culprit_and_cure(given: dict[str, Any], culprit: str, cure: str) -> None:
    with pytest.raises(InvalidSettings, match=cure) as refusal:
        MAP.configured(given)

    assert refusal.value.field == culprit


@pytest.mark.parametrize(
    ("given", "polish"),
    [
        ({"feilds": {}}, "nie ma takiego ustawienia"),
        ({"fields": []}, "musi być obiektem"),
        ({"events": {"koniec": "call_over"}}, "nie jest zdarzeniem"),
        ({"statuses": {"ODEBRANE": "PICKED UP"}}, "nie jest statusem"),
        ({"directions": {"w": "sideways"}}, "nie jest kierunkiem"),
    ],
)
def test_settings_are_refused_in_the_readers_language(given: dict[str, Any], polish: str) -> None:
    with pytest.raises(InvalidSettings) as refusal:
        MAP.configured(given)

    with translation.override("pl"):
        assert polish in str(refusal.value)


def test_settings_that_went_wrong_afterwards_leave_the_delivery_unreadable() -> None:
    with pytest.raises(Unreadable, match=r"fields\.callid"):
        read(CALL, {"fields": {"callid": ["x"]}})


def test_the_event_of_the_address_beats_that_of_the_body() -> None:
    assert read({"event": "call_start"}).event("call_end") == "call_end"


@pytest.mark.parametrize(("path", "fields"), [("", {}), ("", {"event": "party"}), ("party", {"event": "call_end"})])
def test_a_missing_or_unknown_event_is_unreadable_and_names_the_cure(path: str, fields: dict[str, str]) -> None:
    with pytest.raises(Unreadable, match=r"settings\.(fields\.event|events)"):
        read(fields).event(path)


@pytest.mark.parametrize(
    ("fields", "said"), [({}, r"linkedid.*settings\.fields\.call_id"), ({"call_id": "x" * 256}, "255")]
)
def test_a_call_that_is_not_named_is_unreadable(fields: dict[str, str], said: str) -> None:
    with pytest.raises(Unreadable, match=said):
        read(fields).exchange_event("call_start")


@pytest.mark.parametrize(
    ("fields", "status", "seconds"),
    [
        ({"status": "ANSWERED", "billsec": 42, "duration": 60}, Status.ANSWERED, 42),
        ({"status": "ANSWERED", "duration": 60}, Status.ANSWERED, 60),
        ({"status": "ANSWERED", "billsec": 0, "duration": 60}, Status.ANSWERED, 0),
        ({"status": "answered"}, Status.ANSWERED, None),
        ({"billsec": 42}, Status.ANSWERED, 42),
        ({"status": "BUSY", "duration": 60}, Status.BUSY, None),
        ({"status": "BUSY", "billsec": 42}, Status.BUSY, None),
        ({"status": "party", "duration": 60}, None, None),
        ({"status": "call_start"}, None, None),
        ({}, None, None),
    ],
)
def test_an_end_is_what_word_and_talk_say(fields: dict[str, Any], status: Status | None, seconds: int | None) -> None:
    event = read({**CALL, **fields}).exchange_event("call_end")

    assert (event.status, event.talk_seconds, event.source) == (status, seconds, Source.EVENT)
    assert event.provider_status == fields.get("status", "call_end")


@pytest.mark.parametrize(
    ("fields", "status", "source"),
    [
        ({}, Status.NO_ANSWER, Source.DERIVED),
        ({"status": "BUSY"}, Status.NO_ANSWER, Source.DERIVED),
        ({"status": "ANSWERED", "agent": "100"}, Status.ANSWERED, Source.EVENT),
        ({"billsec": "3", "agent": "100"}, Status.ANSWERED, Source.EVENT),
        ({"status": "ANSWERED", "billsec": "3"}, Status.NO_ANSWER, Source.DERIVED),
        ({"status": "VOICEMAIL", "billsec": "3", "agent": "100"}, Status.NO_ANSWER, Source.DERIVED),
    ],
)
def test_leaving_a_queue_is_no_answer_unless_it_carries_one(
    fields: dict[str, Any], status: Status, source: Source
) -> None:
    event = read({**CALL, **fields}).exchange_event("queue_hangup")

    assert (event.status, event.source, event.kind) == (status, source, Kind.INCOMING)


def test_an_exchange_that_picks_up_is_no_answer_and_the_delivery_says_why() -> None:
    event = read({**CALL, "status": "ANSWERED", "billsec": 9}).exchange_event("queue_hangup")

    assert (event.talk_seconds, event.answered_at) == (None, None)
    assert "settings.fields.line" in event.notes[0]


@pytest.mark.parametrize(
    ("given", "status", "seconds"),
    [
        ({}, Status.ANSWERED, 9),
        ({"answer_needs_line": True}, Status.NO_ANSWER, None),
        ({"answer_needs_line": True, "statuses": {"ANSWERED": "ANSWERED"}}, Status.ANSWERED, 9),
        ({"answer_needs_line": True, "fields": {"line": ["who"]}}, Status.ANSWERED, 9),
    ],
)
def test_whether_an_answer_must_name_a_telephone_is_a_setting(
    given: dict[str, Any], status: Status, seconds: int | None
) -> None:
    event = read({**CALL, "direction": "in", "status": "ANSWERED", "billsec": 9, "who": "100"}, given).exchange_event(
        "call_end"
    )

    assert (event.status, event.talk_seconds) == (status, seconds)


def test_an_outgoing_call_needs_no_telephone_that_picked_up() -> None:
    fields = {**CALL, "direction": "out", "status": "ANSWERED", "billsec": 9}

    assert read(fields, {"answer_needs_line": True}).exchange_event("call_end").status is Status.ANSWERED


@pytest.mark.parametrize(
    ("given", "status", "source", "seconds"),
    [
        ({}, Status.NO_ANSWER, Source.DERIVED, None),
        ({"statuses": {"VOICEMAIL": "NO ANSWER"}}, Status.NO_ANSWER, Source.EVENT, None),
        ({"statuses": {"VOICEMAIL": "ANSWERED"}}, Status.ANSWERED, Source.EVENT, 14),
    ],
)
def test_what_an_administrator_translated_beats_what_we_would_conclude(
    given: dict[str, Any], status: Status, source: Source, seconds: int | None
) -> None:
    event = read({**CALL, "status": "VOICEMAIL", "billsec": 14}, given).exchange_event("call_end")

    assert (event.status, event.source, event.talk_seconds) == (status, source, seconds)


def test_a_direction_that_is_said_beats_that_of_the_event() -> None:
    assert read({**CALL, "direction": "out"}).exchange_event("queue_hangup").kind is Kind.OUTGOING


def test_an_agents_own_number_is_the_line_and_not_the_called_number() -> None:
    event = read({**CALL, "called": "sip:100@pbx", "extension": "100"}).exchange_event("call_start")

    assert (event.line, event.number_to, event.number_from) == ("100", "", "501502503")


def test_an_unanswered_end_carries_no_time_of_an_answer() -> None:
    """A telephone exchange picks up a queue's caller itself; its time of that is not an answer."""
    fields = {**CALL, "answered_at": "2026-01-15 10:00:05"}

    assert read({**fields, "status": "BUSY"}).exchange_event("call_end").answered_at is None
    assert read({**fields, "status": "ANSWERED"}).exchange_event("call_end").answered_at == datetime(
        2026, 1, 15, 9, 0, 5, tzinfo=UTC
    )


def test_the_time_of_an_event_is_a_start_only_where_something_starts() -> None:
    fields = {**CALL, "timestamp": "2026-01-15 10:00:00", "status": "BUSY"}
    end = read(fields).exchange_event("call_end")

    assert read(fields).exchange_event("call_start").started_at == datetime(2026, 1, 15, 9, 0, tzinfo=UTC)
    assert (end.started_at, end.ended_at) == (None, None)


def test_a_bad_extra_does_not_lose_the_event() -> None:
    fields = {
        **CALL,
        "start": "0000-00-00",
        "billsec": "-1",
        "recording_url": "javascript:x",
        "direction": "?",
        "status": "BUSY",
    }
    event = read(fields).exchange_event("call_end")

    assert (event.status, event.kind, event.recording_url) == (Status.BUSY, None, "")
    assert (event.started_at, event.talk_seconds) == (None, None)
