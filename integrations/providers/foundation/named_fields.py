"""The fields of one event under our names: the first readable one of several candidates, with notes on unreadable ones."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeVar

from calls.sentences import Sentence, _
from calls.statuses import RESULTS, Kind, Status
from integrations.providers.foundation.call_ids import check_call_id, is_id
from integrations.providers.foundation.events import Account
from integrations.providers.foundation.field_map import LONGEST_WORD, FieldMap
from integrations.providers.foundation.field_values import is_placeholder, read_kind, read_lines
from integrations.providers.foundation.provider import provider_word
from integrations.providers.foundation.times import in_order, read_seconds, read_times

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class UnknownWord:
    """A provider's word without a translation."""

    section: str
    "The section of the settings to translate it in: events, statuses or directions."
    word: str


@dataclass(frozen=True, kw_only=True)
class NamedFields:
    """What a delivery has under the names of a field map."""

    values: Mapping[str, str]
    names: FieldMap
    account: Account
    notes: list[str] = field(default_factory=list)
    "What could not be read so far, each a sentence that names the cure."
    used: dict[str, str] = field(default_factory=dict)
    "The fields that were read so far, by our names."
    unknown: list[UnknownWord] = field(default_factory=list)

    def text(self, name: str) -> str:
        """The first field that is there and says something; empty when none does."""
        return next(iter(self.texts(name)), "")

    def texts(self, name: str) -> list[str]:
        """The values of the candidate fields, first one first, without empty ones and unfilled placeholders."""
        return [self.values[each] for each in self.given(name)]

    def given(self, name: str) -> list[str]:
        """The candidate fields that have a value, first one first."""
        values = self.values
        return [
            each for each in self.names.fields[name] if (value := values.get(each, "")) and not is_placeholder(value)
        ]

    def first(
        self, name: str, read_text: Callable[[str], T | None], cure: str = _("name another in settings.fields")
    ) -> T | None:
        """The first readable candidate. If there are values but none can be read, a note is added."""
        given = self.given(name)
        for each in given:
            if value := read_text(self.values[each]):
                self.used[name] = each
                return value
        texts = [self.values[each] for each in given]
        is_event = bool(texts) and provider_word(texts[0]) in self.names.events
        if texts and not is_event and texts[0].strip("0-:./ T").lower() not in ("", "false", "no"):
            self._leave_out(texts[0], name, cure)
            if name == "direction":
                self.unknown.append(UnknownWord("directions", texts[0]))
        return None

    def _leave_out(self, text: str, name: str, cure: str) -> None:
        template = _("“%(text)s” cannot be read as %(name)s and was left out: %(cure)s.")
        self.notes.append(Sentence(template, text=text[:LONGEST_WORD], name=name, cure=Sentence(cure)))

    def call_id(self) -> str:
        template = _("No call id: looked for %(names)s. Name the right one in settings.fields.call_id.")
        missing = Sentence(template, names=self.looked_for("call_id"))
        given = [each for each in self.names.fields["call_id"] if self.values.get(each, "")]
        usable = next((each for each in given if is_id(self.values[each])), given[0] if given else "")
        call_id = check_call_id(self.values.get(usable, ""), missing=missing)
        self.used["call_id"] = usable
        return call_id

    def lines(self) -> list[str]:
        for name in self.names.fields["line"]:
            listed = [self.values[each] for each in (f"{name}.0", f"{name}.1") if each in self.values]
            found = [line for text in listed or [self.values.get(name, "")] for line in read_lines(text)]
            if found:
                self.used["line"] = name
                return list(dict.fromkeys(found))
        return []

    def line(self) -> str:
        """The telephone, if exactly one is named."""
        lines = self.lines()
        if len(lines) > 1:
            named = ", ".join(lines)[:LONGEST_WORD]
            template = _("Several telephones are named (%(lines)s): name the field of the one in settings.fields.line.")
            self.notes.append(Sentence(template, lines=named))
        return lines[0] if len(lines) == 1 else ""

    def kind_of(self, text: str) -> Kind | None:
        return self.names.directions.get(provider_word(text)) or read_kind(text)

    def moments(
        self, status: Status | None, talk: int | None
    ) -> tuple[datetime | None, datetime | None, datetime | None]:
        """Start, answer and end. The event's own time counts as the start only for events that start something; for later events it is ambiguous
        whether it is the time of the event or of the start."""
        starts = self._times("started_at")
        if not starts and status in (Status.QUEUED, Status.DIALING, Status.RINGING):
            starts = self._times("event_time")
        answers = self._times("answered_at") if status in (Status.ANSWERED, Status.IN_PROGRESS) else ()
        ends = self._times("ended_at") if status is None or status in RESULTS else ()
        found = in_order(starts, answers, ends, talk)
        if ends and found[2] is None:
            self.notes.append(
                _("The end is before the start, so it was left out: name the right fields in settings.fields.")
            )
        return found

    def _times(self, name: str) -> Sequence[datetime]:
        formats = self.names.formats.get(name, ())
        cure = Sentence(_("say in settings.formats.%(name)s how it is written"), name=name)
        return self.first(name, lambda text: read_times(text, self.account.time_zone, formats), cure) or ()

    def talk_seconds_of(self, *names: str) -> int | None:
        """The first of these durations that is given: talk time, or the total of an answered call."""
        for name in names:
            unit = self.names.units.get(name, "seconds")
            for each in self.given(name):
                seconds = read_seconds(self.values[each], unit)
                if seconds is not None:
                    self.used[name] = each
                    return seconds
            if text := self.text(name):
                self._leave_out(text, name, Sentence(_("set settings.units.%(name)s"), name=name))
        return None

    def looked_for(self, name: str) -> str:
        return ", ".join(self.names.fields[name])
