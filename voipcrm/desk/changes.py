"""What has changed lately, as it is told apart which desks it concerns."""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import takewhile

EVERYBODY = 0
"""In place of a line: every line."""


@dataclass(frozen=True, slots=True)
class Concern:
    """What concerns one desk."""

    user_id: int
    all_lines: bool
    lines: frozenset[int]
    numbers: Collection[str] = frozenset()
    "About which something may be to be done: whoever talks with one of them, on whatever line, may have done it."
    calls: Collection[int] = frozenset()
    "That are shown: one that has gone to somebody else's line has to leave."
    named: Collection[str] = frozenset()
    "Numbers of the live calls: a call-back brings a name."
    card: str = ""
    "The number whose card is open."

    def sees(self, change: "Change") -> bool:
        return self.all_lines or change.is_deleted or change.sip_id in self.lines or change.placed_by_id == self.user_id

    def sees_task(self, task: "Task") -> bool:
        return (
            self.all_lines
            or EVERYBODY in task.lines
            or self.user_id in task.users
            or not self.lines.isdisjoint(task.lines)
        )


@dataclass(frozen=True, slots=True)
class Change:
    """A call that has changed."""

    pk: int
    updated_at: int
    "Microseconds."
    sip_id: int | None
    placed_by_id: int | None
    number: str
    is_missed: bool
    is_deleted: bool
    "Of such a call it is not known any more whom it concerned."
    order: int = field(compare=False)
    "At which the process has noticed it."


@dataclass(frozen=True, slots=True)
class Task:
    """A follow-up or call-back that has changed, or that has become due."""

    number: str
    lines: frozenset[int]
    "Who has one of these lines may see it."
    users: frozenset[int]
    "Whose it is, or was when it was done."
    order: int
    slot: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What has changed since the slot before this one, read before the rows that are shown: whatever comes meanwhile is new to the next question."""

    slot: int
    at: int
    "When it was read, microseconds by the database's clock, which all processes share."
    notes: Mapping[str, tuple[int, ...]]
    "The last notes on calls with each number."
    calls: dict[int, Change]
    "The last noticed last."
    tasks: tuple[Task, ...]
    "The last noticed first."
    order: int
    "Of what was noticed last."
    forgotten: int = 0
    "At which something was noticed that is not among the calls and tasks any more, as it was so long ago."

    def has_news(self, concern: Concern, since: int) -> bool:
        """Whether anything that the desk shows may have changed after that order."""
        if since >= self.order:
            return False
        if self.forgotten > since or any(_has_task(concern, task) for task in self._tasks_noticed(since)):
            return True
        calls = self._noticed(since)
        return any(concern.sees(call) or call.number in concern.numbers or call.pk in concern.calls for call in calls)

    def has_other_calls(self, concern: Concern, since: int) -> bool:
        """Whether calls that this reader sees, or their names, may have changed after that order."""
        return (
            self.forgotten > since
            or any(concern.sees(call) or call.pk in concern.calls for call in self._noticed(since))
            or any(task.number in concern.named for task in self._tasks_noticed(since))
        )

    def has_other_tasks(self, concern: Concern, since: int) -> bool:
        """Whether what there is to do may have changed after that order: not by a call with somebody about whom nothing is to be done, unless it is
        missed."""
        return (
            self.forgotten > since
            or any(
                call.number in concern.numbers or call.is_deleted or (call.is_missed and concern.sees(call))
                for call in self._noticed(since)
            )
            or any(task.number in concern.numbers or concern.sees_task(task) for task in self._tasks_noticed(since))
        )

    def has_other_card(self, concern: Concern, since: int) -> bool:
        """Whether what is known of a number may have changed after that order. Calls between lines have no customer's number."""
        return (
            self.forgotten > since
            or any(
                call.pk in concern.calls or (call.number in ("", concern.card) and concern.sees(call))
                for call in self._noticed(since)
            )
            or any(task.number == concern.card for task in self._tasks_noticed(since))
        )

    def notes_on(self, number: str) -> object:
        return (self.notes.get(number), self.notes.get("")) if number else None

    def _noticed(self, since: int) -> Iterable[Change]:
        return takewhile(lambda call: call.order > since, reversed(self.calls.values()))

    def _tasks_noticed(self, since: int) -> Iterable[Task]:
        return takewhile(lambda task: task.order > since, self.tasks)


def _has_task(concern: Concern, task: Task) -> bool:
    shown = (
        task.number in concern.numbers or task.number in concern.named or (task.number and task.number == concern.card)
    )
    return bool(shown) or concern.sees_task(task)


def digest_of(*shown: object) -> str:
    """The same for the same values."""
    return hashlib.blake2b(repr(shown).encode(), digest_size=8).hexdigest()
