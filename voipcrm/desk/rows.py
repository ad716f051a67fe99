"""Rows of the tasks as one reader sees them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import AnonymousUser, User
from django.utils import timezone

from voipcrm.desk import actions, attempts, sentences
from voipcrm.desk.to_do import LOOKED_BACK, MOST_SHOWN, Entry


@dataclass(frozen=True, slots=True)
class Row:
    """A thing to do as this reader sees it."""

    entry: Entry
    facts: tuple[sentences.Fact, ...]
    is_going_on: bool
    may_change: bool


def rows_of(user: User | AnonymousUser, entries: Sequence[Entry]) -> list[Row]:
    """Those that are shown."""
    shown = entries[:MOST_SHOWN]
    numbers = [entry.number for entry in shown]
    tried, busy = attempts.attempts(numbers, since=timezone.now() - LOOKED_BACK), attempts.in_call(numbers)
    return [
        Row(
            entry=entry,
            facts=_facts(entry, sentences.of_attempt(tried[entry.number]) if entry.number in tried else None),
            is_going_on=entry.number in busy,
            may_change=actions.may_change(user, entry) and not entry.is_others,
        )
        for entry in shown
    ]


def _facts(entry: Entry, attempt: sentences.Fact | None) -> tuple[sentences.Fact, ...]:
    """With the attempt to call back, unless the customer has called again since."""
    missed = [fact.moment for fact in entry.known if fact.rank in (sentences.MISSED, sentences.FAILED)]
    return (*entry.known, attempt) if attempt and missed and attempt.moment > max(missed) else entry.known
