"""The form of the teaching page: the choices for each meaning and word, and the settings they stand for."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import cast

from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.statuses import Kind, Status
from integrations.providers.foundation.charsets import CHARSETS
from integrations.providers.foundation.events import Settings
from integrations.providers.foundation.field_map import LENGTHS, TIMES, FieldMap
from integrations.providers.foundation.pbx_words import ANSWERED_EVENT, ENDED, IGNORED_EVENT
from integrations.providers.foundation.times import UNITS
from integrations.teaching.explaining import SECTIONS
from integrations.teaching.lessons import Lesson, Word

NOT_GIVEN = "none"
"""A field that does not exist: maps a meaning to no field at all (docs/adding-a-provider.md)."""
LONGEST_SAMPLE = 40
MEANINGS: Mapping[str, str | Promise] = {
    "event": _("What has happened (event)"),
    "call_id": _("Which call it is (id)"),
    "from": _("Who calls (number)"),
    "to": _("Who is called (number)"),
    "customer_number": _("The other side's number, where only that and ours are told"),
    "own_number": _("Our number, where only that and the other side's are told"),
    "line": _("Our telephone (line)"),
    "direction": _("Direction"),
    "status": _("Result"),
    "talk_seconds": _("Talk time"),
    "duration": _("Length, where no talk time is told"),
    "event_time": _("Time of the event"),
    "started_at": _("Start"),
    "answered_at": _("Answer"),
    "ended_at": _("End"),
    "recording": _("Recording (link)"),
}
EVENTS: Mapping[str, str | Promise] = {
    "queue_start": _("somebody waits in a queue"),
    "call_start": _("a call begins, it rings"),
    ANSWERED_EVENT: _("a person has answered"),
    "call_end": _("the call is over, a field tells the result"),
    "queue_hangup": _("the caller has left the queue"),
    ENDED: _("the call is over, talk tells whether it was answered"),
    IGNORED_EVENT: _("not about a call: ignore it"),
}
FORMATS = (
    "%d.%m.%Y %H:%M:%S", "%d/%m/%Y %H:%M:%S", "%m/%d/%Y %H:%M:%S", "%d-%m-%Y %H:%M:%S", "%m-%d-%Y %H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y/%m/%d %H:%M:%S",
    "%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M:%S %p", "%d/%m/%y %H:%M:%S",
    "%m/%d/%y %H:%M:%S", "%y%m%d%H%M%S", "%H:%M:%S %d.%m.%Y", "%H:%M:%S %d/%m/%Y",
)  # fmt: skip
"""The offered formats; others can be written into the settings. Formats that parse the value come first."""
EXAMPLE = datetime(2026, 11, 23, 14, 5, 9)  # written as a wall clock shows it
UNIT_NAMES = {
    "seconds": _("seconds"),
    "milliseconds": _("milliseconds"),
    "minutes": _("minutes"),
    "hours:minutes": _("hours:minutes"),
}


@dataclass(frozen=True, slots=True)
class Choice:
    """A select with its label."""

    id: str
    name: str
    label: str
    options: list[tuple[str, str, bool]]
    "Value, text, and whether it is chosen."


@dataclass(frozen=True, slots=True)
class MeaningRow:
    name: str
    label: str
    used: str
    value: str
    choices: list[Choice]


@dataclass(frozen=True, slots=True)
class WordRow:
    word: Word
    section: str
    choice: Choice


def settings_of(form: QueryDict, before: Settings) -> dict[str, object]:
    """The settings that were chosen. What the form does not show stays as it is."""
    parts: dict[str, object] = {
        "fields": {
            name: names for name in MEANINGS if (names := [each for each in form.getlist(f"field-{name}") if each])
        },
        "units": {name: unit for name in LENGTHS if (unit := form.get(f"unit-{name}"))},
        "formats": {name: written.split("\n") for name in TIMES if (written := form.get(f"format-{name}"))},
        "numbers": form.get("numbers", ""),
        "charset": form.get("charset", ""),
        "answer_needs_line": {"true": True, "false": False}.get(form.get("answer_needs_line", "")),
    }
    reference = before.get("fields", {}).get("reference")
    if reference:
        cast("dict[str, object]", parts["fields"])["reference"] = reference
    for section in SECTIONS:
        pairs = zip(form.getlist(f"{section}-word"), form.getlist(f"{section}-ours"), strict=False)
        parts[section] = {word: ours for word, ours in pairs if ours}
    stays = {key: value for key, value in before.items() if key not in parts}
    return {**stays, **{key: value for key, value in parts.items() if value not in ("", None, {})}}


def version_of(settings: Settings) -> str:
    """Shows whether the settings are still those that the form was made from."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]


def meaning_rows(lesson: Lesson, settings: Settings) -> list[MeaningRow]:
    """Each meaning with the field that was read in this delivery, and the fields that it may be read from."""
    rows = []
    for name, label in MEANINGS.items():
        chosen = settings.get("fields", {}).get(name, [])
        chosen = [chosen] if isinstance(chosen, str) else chosen
        used = next((event.used[name] for event in lesson.this.events if name in event.used), "")
        value = next((event.fields.get(used, "") for event in lesson.this.events if used in event.fields), "")
        choices = [_field_choice(name, number, field, lesson) for number, field in enumerate([*chosen, ""])]
        choices += _way_of_writing(name, lesson.samples.get(used, value), settings)
        rows.append(MeaningRow(name, str(label), used, value, choices))
    return rows


def _field_choice(name: str, number: int, chosen: str, lesson: Lesson) -> Choice:
    usual = gettext("as usual") if number == 0 else gettext("nothing else")
    label = gettext("Field") if number == 0 else gettext("or else the field")
    fields = {
        field: f"{field} — {value[:LONGEST_SAMPLE]}" if value else field for field, value in lesson.samples.items()
    }
    fields = {"": usual, **fields, NOT_GIVEN: gettext("it is not told")}
    return Choice(f"field-{name}-{number}", f"field-{name}", label, _options(fields, chosen))


def _way_of_writing(name: str, value: str, settings: Settings) -> list[Choice]:
    if name in LENGTHS:
        units = {"": gettext("as usual"), **{unit: str(UNIT_NAMES[unit]) for unit in UNITS}}
        chosen = settings.get("units", {}).get(name, "")
        return [Choice(f"unit-{name}", f"unit-{name}", gettext("counts"), _options(units, chosen))]
    if name in TIMES:
        formats = sorted(FORMATS, key=lambda each: not _reads(value, each))
        shown = {"": gettext("as usual"), **{each: _example(each) for each in formats}}
        kept = settings.get("formats", {}).get(name, "")
        chosen = kept if isinstance(kept, str) else "\n".join(kept)
        return [Choice(f"format-{name}", f"format-{name}", gettext("written like"), _options(shown, chosen))]
    return []


def _example(written: str) -> str:
    order = gettext("day first") if written.find("%d") < written.find("%m") else gettext("month first")
    return f"{EXAMPLE.strftime(written)} ({order})"


def _reads(value: str, written: str) -> bool:
    try:
        datetime.strptime(value, written)  # only whether it can be read
    except ValueError:
        return False
    return True


def word_rows(lesson: Lesson, field_map: FieldMap) -> list[WordRow]:
    """Each word with what it may mean."""
    meanings = {section: _meanings(section, field_map) for section in SECTIONS}
    titles = {"events": gettext("Event"), "statuses": gettext("Result"), "directions": gettext("Direction")}
    rows = []
    for word in lesson.words:
        known = meanings[word.section]
        usual = known.get(word.usual, word.usual) or gettext("a machine picked up") if word.usual else ""
        first = gettext("as usual: %(meaning)s") % {"meaning": usual} if usual else gettext("not known: choose")
        label = f"{titles[word.section]}: {word.word}"
        options = _options({"": first, **known}, word.ours)
        rows.append(WordRow(word, titles[word.section], Choice(_id_of(word), f"{word.section}-ours", label, options)))
    return rows


def _id_of(word: Word) -> str:
    """Independent of the position in the list: the keyboard focus stays on the word when a new preview replaces the page."""
    return f"word-{word.section}-{hashlib.sha256(word.word.encode()).hexdigest()[:8]}"


def _meanings(section: str, field_map: FieldMap) -> dict[str, str]:
    statuses = {value: str(label) for value, label in Status.choices}
    if section == "directions":
        return {value: str(label) for value, label in Kind.choices}
    over = {ENDED: str(EVENTS[ENDED])}
    if section == "statuses":
        return {**statuses, **over}
    results = ("ANSWERED", "NO ANSWER", "BUSY", "CANCELED", "FAILED")
    own = {value: value for value in field_map.events.values()}
    known = {
        value: str(label)
        for value, label in EVENTS.items()
        if value in own or value in (ANSWERED_EVENT, ENDED, IGNORED_EVENT)
    }
    ends = {value: gettext("the call is over: %(result)s") % {"result": statuses[value]} for value in results}
    return {**own, **known, **ends}


def other_choices(settings: Settings) -> list[Choice]:
    """Settings that apply to all fields."""
    usual = gettext("as usual")
    numbers = {
        "": usual,
        "national": gettext("as they are dialed here"),
        "international": gettext("with the country code, without a plus"),
    }
    charsets = {"": usual, **{each: each for each in sorted(CHARSETS)}}
    needs = {"": usual, "true": gettext("yes"), "false": gettext("no")}
    chosen_need = {True: "true", False: "false"}.get(settings.get("answer_needs_line", ""), "")
    named = gettext("An incoming call is answered only where our telephone is named")
    return [
        Choice("numbers", "numbers", gettext("How numbers are written"), _options(numbers, settings.get("numbers", ""))),
        Choice("charset", "charset", gettext("Charset of what is not UTF-8"), _options(charsets, settings.get("charset", ""))),
        Choice("answer_needs_line", "answer_needs_line", named, _options(needs, chosen_need)),
    ]  # fmt: skip


def _options(texts: Mapping[str, str], chosen: str) -> list[tuple[str, str, bool]]:
    """Includes the chosen value even if it is not among the offered ones."""
    offered: Iterable[tuple[str, str]] = texts.items() if chosen in texts else [*texts.items(), (chosen, chosen)]
    return [(value, text, value == chosen) for value, text in offered]
