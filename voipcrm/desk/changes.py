"""What has changed lately, as it is told apart which desks it concerns."""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Concern:
    """What of all calls concerns one desk."""

    user_id: int
    all_lines: bool
    lines: frozenset[int]
    numbers: Collection[str] = frozenset()
    "About which something may be to be done: whoever talks with one of them, on whatever line, may have done it."
    calls: Collection[int] = frozenset()
    "That are shown: one that has gone to somebody else's line has to leave."

    card: str = ""
    "The number whose card is open."

    def sees(self, change: "Change") -> bool:
        return self.all_lines or change.is_deleted or change.sip_id in self.lines or change.placed_by_id == self.user_id


@dataclass(frozen=True, slots=True)
class Change:
    """A call that has changed."""

    pk: int
    updated_at: datetime
    sip_id: int | None
    placed_by_id: int | None
    number: str
    is_missed: bool
    is_deleted: bool
    "Of such a call it is not known any more whom it concerned."
    order: int = field(compare=False)
    "At which the process has noticed it."


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What has changed since the slot before this one, read before the rows that are shown: whatever comes meanwhile is new to the next question."""

    slot: int
    at: int
    "When it was read, microseconds by the database's clock, which all processes share."
    rest: str
    "What is stored of follow-ups and call-backs, and what of them is due."
    rest_order: int
    "At which the process has noticed it."
    notes: Mapping[str, tuple[int, ...]]
    "The last notes on calls with each number."
    calls: dict[int, Change]
    "The last noticed last."
    order: int
    "Of what was noticed last."
    forgotten: int = 0
    "At which something was noticed that is not among the calls any more, as it was so long ago."

    def pulse(self, concern: Concern) -> str:
        """A text that changes when anything does that concerns the desk, and every 15 seconds."""
        seen = sorted((change.pk, change.updated_at) for change in self.calls.values() if _concerns(change, concern))
        return f"{self.slot}-{digest_of(self.rest, self.notes_on(concern.card), seen)}"

    def has_other_calls(self, concern: Concern, since: int) -> bool:
        """Whether calls that this reader sees, or their names, may have changed after that order."""
        return self._is_unsure(since) or any(
            concern.sees(change) or change.pk in concern.calls for change in self._noticed(since)
        )

    def has_other_tasks(self, concern: Concern, since: int) -> bool:
        """Whether what there is to do may have changed after that order: not by a call with somebody about whom nothing is to be done, unless it is
        missed."""
        return self._is_unsure(since) or any(
            change.number in concern.numbers or change.is_deleted or (change.is_missed and concern.sees(change))
            for change in self._noticed(since)
        )

    def has_other_card(self, concern: Concern, since: int) -> bool:
        """Whether what is known of a number may have changed after that order. Calls between lines have no customer's number."""
        return self._is_unsure(since) or any(
            change.number in ("", concern.card) and (concern.sees(change) or change.pk in concern.calls)
            for change in self._noticed(since)
        )

    def notes_on(self, number: str) -> object:
        return (self.notes.get(number), self.notes.get("")) if number else None

    def _is_unsure(self, since: int) -> bool:
        return max(self.rest_order, self.forgotten) > since

    def _noticed(self, since: int) -> Iterator[Change]:
        for pk in reversed(self.calls):
            change = self.calls[pk]
            if change.order <= since:
                return
            yield change


def _concerns(change: Change, concern: Concern) -> bool:
    return concern.sees(change) or change.number in concern.numbers or change.pk in concern.calls


def digest_of(*shown: object) -> str:
    """The same for the same values."""
    return hashlib.blake2b(repr(shown).encode(), digest_size=8).hexdigest()
