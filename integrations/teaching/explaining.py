"""Explains how a delivery is read with given settings: its fields, what they were read as, the events, and problems.

Nothing is stored. Used by the API (`integrations.webhooks.voip_api`) and the teaching page (`.lessons`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from calls.events import CallEvent
from calls.sentences import translate
from integrations.providers.foundation.decoding import WRAPPERS, decode
from integrations.providers.foundation.events import Account, Delivery
from integrations.providers.foundation.named_fields import UnknownWord
from integrations.providers.foundation.provider import Provider, Unreadable
from integrations.providers.foundation.reading import Reading, read
from integrations.webhooks.services import read as read_by_file

SECTIONS = {"events": "event", "statuses": "status", "directions": "direction"}
"""The sections of the settings that translate words, and the field of a delivery with these words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReading:
    fields: Mapping[str, str]
    "All fields by their dotted names."
    used: Mapping[str, str] = field(default_factory=dict)
    "The field that was read, for each of our names that was found."
    words: Mapping[str, str] = field(default_factory=dict)
    "The provider's words for event, result and direction, by the section of the settings that translates them."
    event: str = ""
    "Our name of the event; empty where none is known, or where the provider's file alone knows."
    call_event: CallEvent | None = None
    "None: it is not about a call, or `problem` says why it cannot be read."
    problem: str = ""
    notes: tuple[str, ...] = ()
    "What was left out, each a sentence that names the cure."
    unknown: tuple[UnknownWord, ...] = ()


@dataclass(frozen=True, slots=True)
class DeliveryReading:
    events: Sequence[EventReading]
    problem: str = ""
    "Why there is no event at all."


def explain(adapter: Provider, delivery: Delivery, account: Account) -> DeliveryReading:
    """The delivery as read with the account's settings; the signature is not checked."""
    if adapter.field_map is None:
        return _by_the_file(adapter, delivery, account)
    try:
        readings = read(delivery, account, adapter.field_map)
    except Unreadable as problem:
        return DeliveryReading([], translate(problem.sentence))
    return DeliveryReading([_explain(reading, delivery.event) for reading in readings])


def _explain(reading: Reading, path: str) -> EventReading:
    event, call_event, problem = "", None, ""
    try:
        event, call_event = reading.read_event(path)
    except Unreadable as unreadable:
        problem = translate(unreadable.sentence)
    return EventReading(
        fields=_once(reading.values, set(reading.used.values())),
        used=dict(reading.used),
        words=_words(reading, path),
        event=event,
        call_event=call_event,
        problem=problem,
        notes=_notes(call_event),
        unknown=tuple(dict.fromkeys(reading.unknown)),
    )


def _notes(call_event: CallEvent | None) -> tuple[str, ...]:
    return tuple(map(translate, call_event.notes)) if call_event else ()


def _words(reading: Reading, path: str) -> dict[str, str]:
    words = {}
    for section, name in SECTIONS.items():
        if name == "event" and path:
            words[section] = path
        elif given := reading.given(name):
            words[section] = reading.values[reading.used.get(name, given[0])]
    return words


def _once(values: Mapping[str, str], used: set[str]) -> dict[str, str]:
    """Without the longer names of fields that are also found without their wrapper (`decoding.WRAPPERS`), unless they are used."""
    return {name: value for name, value in values.items() if name in used or values.get(_inner(name)) != value}


def _inner(name: str) -> str:
    wrapper, dot, rest = name.partition(".")
    return rest if dot and wrapper in WRAPPERS else ""


def _by_the_file(adapter: Provider, delivery: Delivery, account: Account) -> DeliveryReading:
    """For a provider whose file alone knows the meaning of its fields."""
    try:
        fields = decode(delivery)
    except Unreadable:
        fields = {}  # the file may read what is no set of fields; if not, it says why
    events, problem = read_by_file(adapter, delivery, account)
    return DeliveryReading(
        [EventReading(fields=fields, call_event=event, notes=_notes(event)) for event in events], translate(problem)
    )
