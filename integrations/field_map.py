"""Reads a delivery through candidate field names, for operators without public documents: each configuration may name its own.

The settings of a configuration, all parts optional:

    {
        "fields": {"call_id": ["moje_id"]},        the names to look under, first one first, instead of ours
        "events": {"koniec": "call_end"},          the operator's word for an event, besides ours
        "statuses": {"ODEBRANE": "ANSWERED"},      the operator's word for a result, besides ours
        "directions": {"przych": "incoming"}       the operator's word for a direction, besides ours
    }
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any, TypeVar

from calls.events import CallEvent
from calls.statuses import RESULTS, Kind, Source, Status, parse_kind, parse_status
from integrations.decoding import decode
from integrations.events import Account, Delivery
from integrations.field_values import read_kind, read_link, read_number, read_reference, read_seconds, read_time
from integrations.provider import InvalidSettings, Unreadable, provider_word

LONGEST_CALL_ID = 255
LONGEST_WORD = 255
T = TypeVar("T")

CANDIDATES: Mapping[str, tuple[str, ...]] = {
    "event": ("event", "event_name", "event_type", "action"),
    "call_id": ("call_id", "callid", "linkedid", "linked_id", "uniqueid", "unique_id", "uuid", "id"),
    "reference": ("ref", "reference"),
    "from": ("caller", "from", "number_from", "src", "source", "caller_id", "callerid", "caller_number", "numbera"),
    "to": ("called", "to", "number_to", "dst", "destination", "did", "called_number", "numberb"),
    "line": ("extension", "sip", "sip_account", "sipnumber", "agent", "agent_number", "internal"),
    "direction": ("direction", "kind", "call_direction", "calldirection", "call_type", "type_call"),
    "status": ("status", "disposition", "dialstatus", "result"),
    "talk_seconds": ("billsec", "billseconds", "talk_time", "talk_seconds"),
    "duration": ("duration", "call_duration"),
    "event_time": ("timestamp", "time", "event_time", "datetime", "date", "created_at", "createdat"),
    "started_at": ("started_at", "start_time", "start", "calldate", "call_date", "callstart"),
    "answered_at": ("answered_at", "answer_time", "answer"),
    "ended_at": ("ended_at", "end_time", "end"),
    "recording": ("recording_url", "record_url", "recording", "record"),
}
"""Where we look when nobody told us. `linkedid` comes before `uniqueid`: in Asterisk the legs of one conversation share the former alone."""

DIRECTIONS: Mapping[str, Kind] = {
    "IN": Kind.INCOMING,
    "INBOUND": Kind.INCOMING,
    "OUT": Kind.OUTGOING,
    "OUTBOUND": Kind.OUTGOING,
}
"""Words for a direction besides those of `calls.statuses.parse_kind`."""


_NO_REASONS: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldMap:
    events: Mapping[str, str]
    "From the operator's word (`provider_word`) to the name of an event."
    statuses: Mapping[str, Status]
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: CANDIDATES)
    directions: Mapping[str, Kind] = field(default_factory=lambda: DIRECTIONS)
    others: frozenset[str] = frozenset()
    "Settings that are the provider's own and none of ours."

    def configured(self, settings: Mapping[str, Any]) -> "FieldMap":
        """This map with a configuration's settings applied. Raises InvalidSettings, naming the culprit and the cure."""
        known = ("fields", "events", "statuses", "directions", *sorted(self.others))
        for key in settings:
            if key not in known:
                raise InvalidSettings(key, f"no such setting; use one of: {', '.join(known)}.")
        if self.others.issuperset(settings):
            return self
        names = {name: self._names(name, value) for name, value in _section(settings, "fields").items()}
        return replace(
            self,
            fields={**self.fields, **names},
            events={**self.events, **_words(settings, "events", self._event)},
            statuses={**self.statuses, **_words(settings, "statuses", parse_status)},
            directions={**self.directions, **_words(settings, "directions", parse_kind)},
        )

    def _names(self, name: str, value: Any) -> tuple[str, ...]:
        if name not in self.fields:
            raise InvalidSettings(f"fields.{name}", f"no such field; use one of: {', '.join(self.fields)}.")
        names = [value] if isinstance(value, str) else value
        if (
            not isinstance(names, list)
            or not names
            or not all(isinstance(each, str) and each.strip() for each in names)
        ):
            raise InvalidSettings(
                f"fields.{name}", 'give the field names to look under as a list, such as ["call_id"].'
            )
        return tuple(each.strip().lower() for each in names)

    def _event(self, text: str) -> str:
        if text not in self.events.values():
            raise ValueError(f"“{text}” is not an event; use one of: {', '.join(sorted(set(self.events.values())))}")
        return text

    def read(self, delivery: Delivery, account: Account) -> "Reading":
        """The delivery through this map as the account configures it. Raises Unreadable."""
        try:
            configured = self.configured(account.settings)
        except InvalidSettings as error:
            raise Unreadable(f"The configuration's settings must be corrected first. {error}") from error
        return Reading(values=decode(delivery), names=configured, account=account)


def _section(settings: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    section = settings.get(key, {})
    if not isinstance(section, Mapping) or not all(isinstance(name, str) for name in section):
        raise InvalidSettings(key, "must be an object.")
    return section


def _words(settings: Mapping[str, Any], key: str, parse: Callable[[str], T]) -> dict[str, T]:
    """A section that translates the operator's words into ours."""
    words: dict[str, T] = {}
    for word, ours in _section(settings, key).items():
        if not isinstance(ours, str):
            raise InvalidSettings(f"{key}.{word}", "must be a text.")
        try:
            words[provider_word(word)] = parse(ours)
        except ValueError as error:
            raise InvalidSettings(f"{key}.{word}", f"{error}.") from error
    return words


def check_call_id(text: str, *, missing: str) -> str:
    """The text if it can be a call's id; otherwise raise Unreadable, with `missing` as the message when it is empty."""
    if not text:
        raise Unreadable(missing)
    if len(text) > LONGEST_CALL_ID:
        raise Unreadable(f"The call's id is longer than {LONGEST_CALL_ID} characters.")
    return text


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One delivery's fields under our names."""

    values: Mapping[str, str]
    names: FieldMap
    account: Account

    def text(self, name: str) -> str:
        """The first field that is there and not empty; empty when none is."""
        return next((value for each in self.names.fields[name] if (value := self.values.get(each))), "")

    def event(self, path: str) -> str:
        """The name of the event, said by the address or else by a field. Raises Unreadable."""
        word = path or self.text("event")
        if not word:
            raise Unreadable(
                f"No event: looked for {self._looked_for('event')}. Name the right one in settings.fields.event."
            )
        event = self.names.events.get(provider_word(word))
        if event is None:
            raise Unreadable(f"“{word[:LONGEST_WORD]}” is not an event we know. Translate it in settings.events.")
        return event

    def result(self) -> Status | None:
        """How the call ended: talk is proof of an answer whatever the word says. None for a word nobody translated."""
        if read_seconds(self.text("talk_seconds")):
            return Status.ANSWERED
        status = self.names.statuses.get(provider_word(self.text("status")))
        return status if status in RESULTS else None

    def tell(self, event: str, *, reasons: Mapping[str, str] = _NO_REASONS) -> CallEvent:
        """What an event of a telephone exchange says. `reasons` gives the finer truth of some results by the operator's word.

        An event that is itself among the statuses is that far; one that is not has ended, with the result that the delivery carries. An event
        that stands for a result, such as a hang-up in a queue, only concludes it, and a carried answer overrules it.
        """
        kind = Kind.INCOMING if event.startswith("queue") else None
        own = self.names.statuses.get(provider_word(event))
        if own is not None and own not in RESULTS:
            return self.call_event(own, provider_status=event, kind=kind)
        word, result = self.text("status"), self.result()
        if own is not None and result is not Status.ANSWERED:
            return self.call_event(own, provider_status=word or event, source=Source.DERIVED, kind=kind)
        reason = "" if result is Status.ANSWERED else reasons.get(provider_word(word), "")
        return self.call_event(result, provider_status=word or event, kind=kind, reason=reason)

    def call_event(
        self,
        status: Status | None,
        *,
        provider_status: str,
        source: Source = Source.EVENT,
        kind: Kind | None = None,
        reason: str = "",
    ) -> CallEvent:
        """All that the delivery tells of the call. Raises Unreadable when it does not say which call."""
        line = read_number(self.text("line"))
        number_to = read_number(self.text("to"))
        is_end = status is None or status in RESULTS
        return CallEvent(
            provider_call_id=self._call_id(),
            reference=read_reference(self.text("reference")),
            status=status,
            source=source,
            provider_status=provider_status[:LONGEST_WORD],
            reason=reason,
            kind=kind or self._kind(),
            number_from=read_number(self.text("from")),
            number_to="" if number_to == line else number_to,
            line=line,
            started_at=self._started_at(status),
            answered_at=self._time("answered_at") if status in (Status.ANSWERED, Status.IN_PROGRESS) else None,
            ended_at=self._time("ended_at") if is_end else None,
            talk_seconds=self._talk_seconds() if status is Status.ANSWERED else None,
            recording_url=read_link(self.text("recording")),
        )

    def _call_id(self) -> str:
        missing = (
            f"No call id: looked for {self._looked_for('call_id')}. Name the right one in settings.fields.call_id."
        )
        return check_call_id(self.text("call_id"), missing=missing)

    def _kind(self) -> Kind | None:
        text = self.text("direction")
        return self.names.directions.get(provider_word(text)) or read_kind(text)

    def _started_at(self, status: Status | None) -> datetime | None:
        """The named start; else, of an event that starts something, its own time. Of later events that is not used: nobody told us whether
        it is then their own time or still that of the start."""
        starts = status in (Status.QUEUED, Status.DIALING, Status.RINGING)
        return self._time("started_at") or (self._time("event_time") if starts else None)

    def _time(self, name: str) -> datetime | None:
        return read_time(self.text(name), self.account.time_zone)

    def _talk_seconds(self) -> int | None:
        """Talk time, or where only a total is given, the total of an answered call."""
        talk = read_seconds(self.text("talk_seconds"))
        return read_seconds(self.text("duration")) if talk is None else talk

    def _looked_for(self, name: str) -> str:
        return ", ".join(self.names.fields[name])
