"""Reads a delivery through a field map: the events, how far the call is, and whether a person answered."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from calls.events import CallEvent
from calls.reasons import Reason
from calls.sentences import Sentence, _
from calls.statuses import RESULTS, Kind, Source, Status
from integrations.providers.foundation import pbx_words as shared
from integrations.providers.foundation.answers import unless_answered_by, without_answer
from integrations.providers.foundation.decoding import decode_all
from integrations.providers.foundation.events import Account, Delivery
from integrations.providers.foundation.field_map import LONGEST_WORD, FieldMap
from integrations.providers.foundation.field_values import (
    read_caller,
    read_international,
    read_link,
    read_number,
    read_reference,
)
from integrations.providers.foundation.named_fields import UnknownWord
from integrations.providers.foundation.provider import InvalidSettings, Unreadable, provider_word
from integrations.providers.foundation.status_words import StatusWords

UNKNOWN = _(
    "“%(word)s” is not a result we know, so how the call ended is not known. Translate it in settings.statuses."
)
UNKNOWN_BUT_TALKED = _(
    "“%(word)s” is not a result we know, so how the call ended is concluded from the talk. Translate it in settings.statuses."
)
UNNAMED = _(
    "Answered by no telephone that is named, so taken for the exchange picking up itself: looked for %(names)s. "
    "Name the right field in settings.fields.line, or set settings.answer_needs_line to false."
)

_STATUSES = frozenset(Status.values)


def read_events(delivery: Delivery, account: Account, field_map: FieldMap) -> list[CallEvent]:
    """The call events of a delivery, without those that the configuration ignores.

    Raises Unreadable if none can be read. If only some cannot, the others count and the first of them notes the problems.
    """
    call_events: list[CallEvent] = []
    problems: list[str] = []
    readings = read(delivery, account, field_map)
    for number, reading in enumerate(readings, start=1):
        try:
            _event, call_event = reading.read_event(delivery.event)
            call_events += [call_event] if call_event else []
        except Unreadable as problem:
            if len(readings) == 1:
                raise
            text = _("Event %(number)s of %(count)s: %(problem)s")
            problems.append(Sentence(text, number=str(number), count=str(len(readings)), problem=problem.sentence))
    if problems and not call_events:
        raise Unreadable(problems[0])
    if problems:
        call_events[0] = replace(call_events[0], notes=(*call_events[0].notes, *problems))
    return call_events


def read(delivery: Delivery, account: Account, field_map: FieldMap) -> list["Reading"]:
    """The delivery's events, through the map as configured by the account. Raises Unreadable."""
    try:
        names = field_map.configured(account.settings)
    except InvalidSettings as error:
        text = _("The configuration's settings must be corrected first. %(problem)s")
        raise Unreadable(Sentence(text, problem=error.sentence)) from error
    events = decode_all(delivery, charset=names.charset, each=names.each)
    return [Reading(values=values, names=names, account=account) for values in events]


@dataclass(frozen=True, kw_only=True)
class Reading(StatusWords):
    def read_event(self, path: str) -> tuple[str, CallEvent | None]:
        """The name of the event, and the call event; None if it is not about a call. Raises Unreadable."""
        event = self.event(path)
        return event, None if event == shared.IGNORED_EVENT else self.exchange_event(event)

    def event(self, path: str) -> str:
        """The name of the event, from the address or a field; or the status, which is all that some exchanges report.

        Raises Unreadable.
        """
        given = [] if path else self.given("event")
        words = [path] if path else [self.values[each] for each in given]
        for number, word in enumerate(words):
            if known := self._event_of(word):
                if given:
                    self.used["event"] = given[number]
                return known
        if not words and self.is_machine:
            return Status.NO_ANSWER.value
        if not words and self.status is not None:
            return self.status.value
        if not words:
            template = _("No event: looked for %(names)s. Name the right one in settings.fields.event.")
            raise Unreadable(Sentence(template, names=self.looked_for("event")))
        self.unknown.append(UnknownWord("events", words[0]))
        template = _("“%(word)s” is not an event we know. Translate it in settings.events.")
        raise Unreadable(Sentence(template, word=words[0][:LONGEST_WORD]))

    def result(self) -> Status | None:
        """How the call ended. The word decides; without a known word, talk proves an answer, and so does an answer time if the configuration names
        its field. None if nothing shows how."""
        if self.is_machine:
            return Status.NO_ANSWER
        is_ending = self.word in self.names.endings
        if self.status in RESULTS and not is_ending:
            return self.status
        talked = self._talked()
        status = Status.ANSWERED if talked else Status.NO_ANSWER if is_ending else None
        if self.raw_word and not is_ending:
            template = UNKNOWN_BUT_TALKED if talked else UNKNOWN
            self.notes.append(Sentence(template, word=self.raw_word[:LONGEST_WORD]))
            self.unknown.append(UnknownWord("statuses", self.raw_word))
        return status

    def _talked(self) -> bool:
        if self.talk_seconds_of("talk_seconds"):
            return True
        return "answered_at" in self.names.taught and self.moments(Status.ANSWERED, None)[1] is not None

    def exchange_event(self, event: str) -> CallEvent:
        """The call event of an exchange's event.

        An event that is itself a status means that status; any other event ends the call, with the result that the delivery carries. An event that
        stands for a result, such as a hang-up in a queue, only concludes it, and a reported answer overrules it.
        """
        is_queue = event.startswith("queue")
        kind = Kind.INCOMING if is_queue else None
        own = self._own_status(event)
        word = self.raw_word
        if own is not None and own not in RESULTS:
            call_event = self.call_event(own, provider_status=word if event in _STATUSES and word else event, kind=kind)
            return self._by_a_person(call_event, is_queue=is_queue)
        result = own if event in _STATUSES else self.result()
        if (
            own is not None
            and result is not Status.ANSWERED
            and event not in _STATUSES
            and self.word not in self.names.translated
        ):
            return self.call_event(own, provider_status=word or event, source=Source.DERIVED, kind=kind)
        reason = Reason.NONE if result is Status.ANSWERED else shared.REASONS.get(self.word, Reason.NONE)
        concluded = result is Status.NO_ANSWER and (self.is_machine or self.word in self.names.endings)
        source = Source.DERIVED if concluded else Source.EVENT
        call_event = self.call_event(result, provider_status=word or event, source=source, kind=kind, reason=reason)
        return self._by_a_person(call_event, is_queue=is_queue)

    def call_event(
        self,
        status: Status | None,
        *,
        provider_status: str,
        source: Source = Source.EVENT,
        kind: Kind | None = None,
        reason: Reason = Reason.NONE,
    ) -> CallEvent:
        """The call event with all values of the delivery. Raises Unreadable if it does not name the call."""
        line = self.line()
        kind = self.first("direction", self.kind_of, _("translate it in settings.directions")) or kind
        number_from, number_to = self._sides(kind)
        event = CallEvent(
            provider_call_id=self.call_id(),
            reference=read_reference(self.text("reference")),
            status=status,
            source=source,
            provider_status=provider_status[:LONGEST_WORD],
            reason=reason,
            kind=kind,
            number_from=number_from,
            number_to="" if number_to == line else number_to,
            numbers_are_read=self.names.are_international,
            line=line,
            recording_url=self.first("recording", read_link) or "",
        )
        return replace(self._timed(event), notes=tuple(dict.fromkeys(self.notes)))

    def _timed(self, event: CallEvent) -> CallEvent:
        talk = self.talk_seconds_of("talk_seconds", "duration") if event.status is Status.ANSWERED else None
        started_at, answered_at, ended_at = self.moments(event.status, talk)
        return replace(event, started_at=started_at, answered_at=answered_at, ended_at=ended_at, talk_seconds=talk)

    def _sides(self, kind: Kind | None) -> tuple[str, str]:
        """Caller and called number; if only the other side's number and ours are given, the direction decides."""
        caller, called = self._number("from", read_caller), self._number("to", read_number)
        customer = self._number("customer_number", read_caller)
        if caller or called or not customer:
            return caller, called
        ours = self._number("own_number", read_number)
        if kind is None:
            self.notes.append(
                _(
                    "It is not said who called whom: name the direction in settings.fields.direction, or its words in settings.directions."
                )
            )
        return (ours, customer) if kind is Kind.OUTGOING else (customer, ours) if kind is Kind.INCOMING else ("", "")

    def _number(self, name: str, read_text: Callable[[str], str]) -> str:
        number = self.first(name, read_text) or ""
        return read_international(number, self.account.country) if self.names.are_international else number

    def _event_of(self, word: str) -> str:
        known = provider_word(word)
        return self.names.events.get(known) or (
            shared.ANSWERED_EVENT if known == provider_word(shared.ANSWERED_EVENT) else ""
        )

    def _own_status(self, event: str) -> Status | None:
        """The status that the event's name itself stands for, if any."""
        if event in _STATUSES:
            return Status(event)
        if event == shared.ENDED:
            return Status.NO_ANSWER
        own = self.names.statuses.get(provider_word(event))
        return Status.IN_PROGRESS if own is None and event == shared.ANSWERED_EVENT else own

    def _by_a_person(self, event: CallEvent, *, is_queue: bool) -> CallEvent:
        """The event, unless a machine or the exchange itself picked up."""
        if self.word in self.names.translated:
            return event
        if self.is_machine:
            return without_answer(event)
        needs_line = self.names.answer_needs_line
        if not (is_queue or self.application in shared.QUEUES if needs_line is None else needs_line):
            return event
        checked = unless_answered_by(event, "".join(self.lines()))
        return checked if checked is event else replace(checked, notes=(*checked.notes, self._unnamed()))

    def _unnamed(self) -> str:
        return Sentence(UNNAMED, names=self.looked_for("line"))
