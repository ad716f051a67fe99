"""The fields and words in a configuration's latest deliveries, and the calls that they would make with given settings."""

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from django.db.models import QuerySet

from calls.previewing import Preview, ReceivedEvent, preview_calls
from integrations import providers
from integrations.models import READABLE, WebhookDelivery
from integrations.providers.foundation.events import Settings
from integrations.providers.foundation.field_map import FieldMap
from integrations.providers.foundation.field_values import read_kind
from integrations.providers.foundation.pbx_words import ANSWERED_EVENT, MACHINES, RESULT_WORDS
from integrations.providers.foundation.provider import provider_word
from integrations.teaching.explaining import SECTIONS, DeliveryReading, explain
from integrations.webhooks.addressee import account_of
from integrations.webhooks.processing import as_received
from sips.models import Voip

MOST_DELIVERIES = 200
"""The latest deliveries of the configuration that are read."""
READING_SECONDS, PREVIEW_SECONDS = 2.0, 3.0
"""Reading stops after that, and the page says how much was read."""
MOST_FIELDS = 200
MOST_WORDS = 60
"""That the settings do not translate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A word of the provider's that its deliveries have, or that the settings translate."""

    section: str
    word: str
    times: int
    "In how many of the latest deliveries."
    usual: str
    "What it means without the settings; empty where unknown."
    ours: str = ""
    "What the settings translate it into."
    is_unknown: bool = False


@dataclass(frozen=True, kw_only=True)
class Lesson:
    """What the latest deliveries of a configuration say with some settings."""

    this: DeliveryReading
    "The delivery that is looked at."
    samples: Mapping[str, str]
    "Every field of the latest deliveries with one of its values; those of the delivery that is looked at come first."
    words: Sequence[Word]
    problems: Mapping[str, int]
    "What could not be read, and of how many deliveries."
    preview: Preview
    deliveries: int
    unreadable: int
    "How many of them."


@dataclass
class _Survey:
    samples: dict[str, str] = field(default_factory=dict)
    words: Counter[tuple[str, str]] = field(default_factory=Counter)
    unknown: set[tuple[str, str]] = field(default_factory=set)
    problems: Counter[str] = field(default_factory=Counter)
    unreadable: int = 0

    def add(self, reading: DeliveryReading) -> None:
        self.problems.update([reading.problem] if reading.problem else [])
        self.unreadable += bool(reading.problem) or any(event.problem for event in reading.events)
        for event in reading.events:
            for name, value in event.fields.items():
                if name in event.used.values() or (not self.samples.get(name) and len(self.samples) < MOST_FIELDS):
                    self.samples[name] = self.samples.get(name) or value
            self.words.update(event.words.items())
            self.unknown.update((unknown.section, unknown.word) for unknown in event.unknown)
            self.problems.update({each for each in (event.problem, *event.notes) if each})


def teach(delivery: WebhookDelivery, voip: Voip, settings: Settings) -> Lesson:
    """What the delivery and the latest ones of its configuration say with these settings. Nothing is stored."""
    adapter = providers.find(voip.provider)
    account = replace(account_of(voip, with_key=False), settings=settings)
    survey = _Survey()
    this = explain(adapter, as_received(delivery), account)
    survey.add(this)
    survey.words.clear()
    survey.problems.clear()
    survey.unreadable = 0
    events: list[ReceivedEvent] = []
    until = time.monotonic() + READING_SECONDS
    read: list[int] = []
    for row in latest(voip):
        if time.monotonic() > until:
            break
        read.append(row.pk)
        reading = explain(adapter, as_received(row), account)
        survey.add(reading)
        events += [ReceivedEvent(e.call_event, row.received_at, row.pk) for e in reading.events if e.call_event]
    preview = preview_calls(reversed(events), voip=voip, deliveries=read, seconds=PREVIEW_SECONDS)
    words = _words(adapter.field_map, survey, settings) if adapter.field_map else []
    return Lesson(
        this=this,
        samples=survey.samples,
        words=words,
        problems=dict(survey.problems.most_common()),
        preview=preview,
        deliveries=len(read),
        unreadable=survey.unreadable,
    )


def latest(voip: Voip) -> QuerySet[WebhookDelivery]:
    """Deliveries that the provider's current file reads; those to an address of a former provider are read by that one."""
    rows = WebhookDelivery.objects.filter(READABLE, voip=voip, provider__in=("", voip.provider))
    return rows.order_by("-id")[:MOST_DELIVERIES]


def _words(field_map: FieldMap, survey: _Survey, settings: Settings) -> list[Word]:
    """Words unknown without the settings first, then the most frequent ones: an order that no choice changes."""
    spelled: dict[tuple[str, str], str] = {}
    times: Counter[tuple[str, str]] = Counter()
    taught: dict[tuple[str, str], str] = {}
    for section in SECTIONS:
        for word, ours in settings.get(section, {}).items():
            spelled[section, provider_word(word)] = word
            taught[section, provider_word(word)] = ours
    for (section, word), count in survey.words.items():
        spelled.setdefault((section, provider_word(word)), word)
        times[section, provider_word(word)] += count
    unknown = {(section, provider_word(word)) for section, word in survey.unknown}
    words = [
        Word(
            section=section,
            word=spelled[section, key],
            times=times[section, key],
            usual=usual_meaning(field_map, section, key),
            ours=taught.get((section, key), ""),
            is_unknown=(section, key) in unknown,
        )
        for section, key in spelled
    ]
    order = list(SECTIONS)
    words.sort(key=lambda each: (each.usual != "", order.index(each.section), -each.times, each.word))
    others = [each for each in words if not each.ours][:MOST_WORDS]
    return [each for each in words if each.ours or each in others]


def usual_meaning(field_map: FieldMap, section: str, word: str) -> str:
    """Our meaning of a word without the settings; "machine" if it means that a machine picked up."""
    if section == "events":
        answered = ANSWERED_EVENT if word == provider_word(ANSWERED_EVENT) else ""
        return field_map.events.get(word, answered)
    if section == "directions":
        return field_map.directions.get(word) or read_kind(word) or ""
    status = field_map.statuses.get(word) or RESULT_WORDS.get(word)
    return status.value if status else "machine" if word in MACHINES else ""
