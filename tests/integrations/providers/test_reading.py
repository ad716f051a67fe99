"""What is read of a delivery without public documents, and what it leaves a note of."""

import json
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from calls.events import CallEvent
from calls.statuses import Kind, Source, Status
from integrations import providers
from integrations.providers.foundation.events import Account, Delivery
from integrations.providers.foundation.pbx_words import RESULT_WORDS
from integrations.providers.foundation.provider import Unreadable

CALL = {"call_id": "1", "from": "501502503", "to": "221234567"}
TEACHABLE = ("telecube", "datera")


def tell_all(body: Any, *, slug: str = "telecube", event: str = "", **settings: Any) -> list[CallEvent]:
    raw = body if isinstance(body, str) else json.dumps(body)
    delivery = Delivery(method="POST", body=raw.encode(), received_at=datetime(2026, 1, 15, tzinfo=UTC), event=event)
    account = Account(time_zone=ZoneInfo("Europe/Warsaw"), settings=settings)
    return list(providers.find(slug).parse(delivery, account))


def tell(fields: dict[str, Any], *, slug: str = "telecube", event: str = "call_end", **settings: Any) -> CallEvent:
    (told,) = tell_all({**CALL, **fields}, slug=slug, event=event, **settings)
    return told


NO_IDS = [
    "",
    None,
    "null",
    "NULL",
    "undefined",
    "None",
    "0",
    "-1",
    "false",
    "${UNIQUEID}",
    "{callid}",
    "[object Object]",
    "{{call.id}}",
    "%callid%",
    "$id",
    "[id]",
    "[[id]]",
    "<callid>",
    "@id",
    "*",
    "?",
]


@pytest.mark.parametrize("text", [*NO_IDS, "00000000-0000-0000-0000-000000000000"])
def test_a_constant_is_no_call_id(text: str | None) -> None:
    with pytest.raises(Unreadable, match=r"settings\.fields\.call_id"):
        tell({"call_id": text})


@pytest.mark.parametrize("text", NO_IDS)
def test_a_later_field_with_a_real_id_is_used(text: str | None) -> None:
    assert tell({"call_id": text, "uniqueid": "17.5"}).provider_call_id == "17.5"


@pytest.mark.parametrize("slug", ["zadarma", "twilio", "simulator"])
def test_placeholder_ids_are_unreadable_for_documented_providers_too(slug: str) -> None:
    body = {
        "zadarma": "event=NOTIFY_START&pbx_call_id=null&caller_id=1&called_did=2",
        "twilio": "CallSid=undefined&CallStatus=ringing&Direction=inbound",
        "simulator": '{"event": "call.ringing", "id": "0"}',
    }[slug]

    with pytest.raises(Unreadable, match="no id of a call"):
        tell_all(body, slug=slug)


@pytest.mark.parametrize("text", ["${CALLERID(num)}", "null", "{from}"])
def test_an_unfilled_placeholder_is_no_number(text: str) -> None:
    assert tell({"from": text}).number_from == ""


@pytest.mark.parametrize("slug", TEACHABLE)
@pytest.mark.parametrize(("word", "status"), RESULT_WORDS.items())
def test_the_words_of_exchanges_are_known_without_being_taught(slug: str, word: str, status: Status) -> None:
    told = tell({"status": word.lower()}, slug=slug)

    assert (told.status, told.notes) == (status, ())


@pytest.mark.parametrize(
    ("word", "reason"),
    [("CHANUNAVAIL", "unreachable"), ("congestion", "congestion"), ("DONTCALL", "rejected"), ("BUSY", "")],
)
def test_a_word_also_sets_the_reason(word: str, reason: str) -> None:
    assert tell({"status": word}, slug="datera").reason == reason


def test_asterisks_dialstatus_beats_its_disposition() -> None:
    told = tell({"disposition": "ANSWERED", "dialstatus": "NOANSWER", "billsec": 20})

    assert (told.status, told.talk_seconds) == (Status.NO_ANSWER, None)


@pytest.mark.parametrize("slug", providers.slugs())
def test_an_unknown_result_leaves_a_note(slug: str) -> None:
    body = {
        "zadarma": "event=NOTIFY_END&pbx_call_id=in_1&caller_id=48501502503&called_did=48221234567&disposition=party",
        "twilio": "CallSid=C2&ParentCallSid=C1&CallStatus=party&CallDuration=1",
        "simulator": '{"event": "call.ended", "id": "1", "status": "party"}',
        "supervoip": "status=callend&callid=1&disposition=party",
    }.get(slug, "event=call_end&call_id=1&status=party")
    (told,) = tell_all(body, slug=slug)

    assert told.status is None
    assert "“party”" in told.notes[0]


def test_an_answered_event_can_be_taught_to_every_provider() -> None:
    told = tell_all({**CALL, "event": "odebrano"}, events={"odebrano": "call_answered"})

    assert [each.status for each in told] == [Status.IN_PROGRESS]
    assert tell({}, event="call_answered").status is Status.IN_PROGRESS


def test_an_event_can_be_a_result() -> None:
    (told,) = tell_all({**CALL, "event": "missed"}, events={"missed": "NO ANSWER"})

    assert (told.status, told.source) == (Status.NO_ANSWER, Source.EVENT)


def test_an_event_can_be_ignored() -> None:
    assert tell_all({"event": "heartbeat"}, events={"heartbeat": "ignored"}) == []


@pytest.mark.parametrize("slug", TEACHABLE)
def test_a_status_may_be_all_that_is_reported(slug: str) -> None:
    (told,) = tell_all({**CALL, "status": "odebrane", "billsec": 9}, slug=slug)

    assert (told.status, told.talk_seconds) == (Status.ANSWERED, 9)


def test_an_unknown_event_with_a_known_status_is_not_taken_for_an_end() -> None:
    with pytest.raises(Unreadable, match=r"settings\.events"):
        tell_all({**CALL, "event": "recording", "status": "ANSWERED"})


def test_the_first_field_that_can_be_read_is_taken_and_not_the_first_that_is_there() -> None:
    told = tell(
        {
            "status": "3",
            "disposition": "BUSY",
            "start_time": "soon",
            "calldate": "2026-01-15 10:00:00",
            "billsec": "",
            "billseconds": "7",
        }
    )

    assert (told.status, told.started_at) == (Status.BUSY, datetime(2026, 1, 15, 9, tzinfo=UTC))
    assert told.notes == ()


@pytest.mark.parametrize(
    ("fields", "cure"),
    [
        ({"end_time": "03/04/2026 10:00:00"}, "settings.formats.ended_at"),
        ({"status": "ANSWERED", "billsec": "long"}, "settings.units.talk_seconds"),
        ({"direction": "sideways"}, "settings.directions"),
        ({"recording_url": "/var/spool/1.wav"}, "settings.fields"),
        ({"start": "2026-01-15 10:00:00", "end": "2026-01-15 09:00:00"}, "settings.fields"),
        ({"agent": ["101", "102"]}, "settings.fields.line"),
    ],
)
def test_a_dropped_extra_leaves_a_note_that_names_the_cure(fields: dict[str, Any], cure: str) -> None:
    (note,) = tell({"status": "BUSY", **fields}).notes

    assert cure in note


@pytest.mark.parametrize("text", ["0000-00-00 00:00:00", "0", "", "null"])
def test_a_time_that_is_plainly_none_leaves_no_note(text: str) -> None:
    assert tell({"status": "BUSY", "answered_at": text, "end": text}).notes == ()


def test_units_formats_and_the_list_of_events_are_taught() -> None:
    body = {"dane": {"lista": [{**CALL, "stan": "koniec", "wynik": "ok", "czas": 42000, "kiedy": "03/04/2026 10:00"}]}}
    (told,) = tell_all(
        body,
        each="dane.lista",
        fields={"event": ["stan"], "status": ["wynik"], "talk_seconds": ["czas"], "ended_at": ["kiedy"]},
        events={"koniec": "call_end"},
        statuses={"ok": "ANSWERED"},
        units={"talk_seconds": "milliseconds"},
        formats={"ended_at": "%d/%m/%Y %H:%M"},
    )

    assert (told.talk_seconds, told.ended_at) == (42, datetime(2026, 4, 3, 8, tzinfo=UTC))


def test_each_of_several_events_counts_and_what_cannot_be_read_is_noted() -> None:
    body = [
        {**CALL, "event": "call_start"},
        {"event": "call_end"},
        {**CALL, "call_id": "2", "event": "call_end", "status": "BUSY"},
    ]
    first, second = tell_all(body)

    assert [(each.provider_call_id, each.status) for each in (first, second)] == [
        ("1", Status.RINGING),
        ("2", Status.BUSY),
    ]
    assert first.notes[0].startswith("Event 2 of 3: No call id")


def test_of_several_events_at_least_one_must_be_readable() -> None:
    with pytest.raises(Unreadable, match="Event 1 of 2"):
        tell_all([{"event": "call_end"}, {"event": "call_end"}])


def test_the_repeated_hour_is_told_apart_by_the_talk() -> None:
    told = tell({"status": "ANSWERED", "billsec": 900, "start": "2026-10-25 02:50:00", "end": "2026-10-25 03:05:00"})

    assert told.started_at == datetime(2026, 10, 25, 1, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ("PJSIP/101/sip:101@10.0.0.1", "101"),
        ("SCCP/101-00000012", "101"),
        ("Agent/1001", "1001"),
        ("DAHDI/1-1", "1"),
        (["101"], "101"),
        ("101;101", "101"),
    ],
)
def test_a_line_is_read_in_many_writings(given: Any, line: str) -> None:
    assert tell({"status": "ANSWERED", "billsec": 9, "agent": given}, event="queue_hangup").line == line


def test_one_of_several_telephones_has_answered_even_if_nobody_knows_which() -> None:
    told = tell({"status": "ANSWERED", "billsec": 9, "agent": ["101", "102"]}, event="queue_hangup")

    assert (told.status, told.kind, told.line) == (Status.ANSWERED, Kind.INCOMING, "")


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"lastapp": "Queue", "dstchannel": ""}, Status.NO_ANSWER),
        ({"lastapp": "Queue", "dstchannel": "PJSIP/101-0000002a"}, Status.ANSWERED),
        ({"last_app": "callcenter"}, Status.NO_ANSWER),
        ({"lastapp": "VoiceMail", "dstchannel": "PJSIP/101-0000002a"}, Status.NO_ANSWER),
        ({"IVRaction": "menu"}, Status.NO_ANSWER),
        ({"lastapp": "Dial", "dstchannel": "PJSIP/101-0000002a"}, Status.ANSWERED),
    ],
)
def test_an_answered_record_of_a_queue_or_a_voicemail_is_no_answer_of_a_person(
    fields: dict[str, Any], status: Status
) -> None:
    """As reported of Asterisk's and FreeSWITCH's records: prog-it/Asterisk-CDR-Viewer-Mod#67, fusionpbx/fusionpbx#1386."""
    told = tell({"disposition": "ANSWERED", "billsec": 31, "direction": "in", **fields})

    assert (told.status, told.talk_seconds) == (status, 31 if status is Status.ANSWERED else None)


@pytest.mark.parametrize(
    ("fields", "status", "source"),
    [({"billsec": 9}, Status.ANSWERED, Source.EVENT), ({"billsec": 0}, Status.NO_ANSWER, Source.DERIVED)],
)
def test_a_word_that_only_ends_a_call_leaves_the_answer_to_the_talk(
    fields: dict[str, Any], status: Status, source: Source
) -> None:
    told = tell({"status": "completed", **fields}, statuses={"completed": "ended"})

    assert (told.status, told.source, told.notes) == (status, source, ())


def test_an_event_that_only_ends_a_call_concludes_that_nobody_answered() -> None:
    (told,) = tell_all({**CALL, "event": "end"}, events={"end": "ended"})

    assert (told.status, told.source) == (Status.NO_ANSWER, Source.DERIVED)


def test_the_time_of_an_answer_proves_one_where_an_administrator_says_so() -> None:
    answered = {**CALL, "event": "call_end", "answer_time": "2026-01-15 10:00:05"}
    (taught,) = tell_all(answered, fields={"answered_at": ["answer_time"]})
    (untaught,) = tell_all(answered)

    assert taught.status is Status.ANSWERED
    assert untaught.status is None  # an exchange picks up too


@pytest.mark.parametrize(
    ("direction", "numbers"),
    [("in", ("+48501502503", "+48221234567")), ("out", ("+48221234567", "+48501502503")), ("", ("", ""))],
)
def test_the_direction_says_which_of_the_other_sides_number_and_ours_called(
    direction: str, numbers: tuple[str, str]
) -> None:
    fields = {
        "call_id": "1",
        "external_number": "+48501502503",
        "internal_number": "+48221234567",
        "direction": direction,
    }
    (told,) = tell_all(fields, event="call_end")

    assert (told.number_from, told.number_to) == numbers
    assert any("settings.fields.direction" in note for note in told.notes) == (direction == "")


def test_numbers_with_a_country_code_and_no_plus_are_taught() -> None:
    told = tell({"from": "3545112345", "to": "298201234"}, numbers="international")

    assert (told.number_from, told.number_to, told.numbers_are_read) == ("+3545112345", "298201234", True)
