"""The parts of desks, read anew where something has changed that they are made of, and else as this process has read them before.

Readers who see all lines and have the same rights see the same: it is read once for them. What is a reader's own is kept for that reader. Whatever is
shown was read after the snapshot whose mark it bears.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from django.contrib.auth.models import AnonymousUser, User
from django.utils.translation import get_language

from autocalls.models import Autocall
from calls.models import FollowUp, Note
from sips.staff_lines import know_lines, sees_all_lines
from voipcrm.backoffice.reader_links import may_view
from voipcrm.desk import live, to_do
from voipcrm.desk.caller_card import Card, caller_card
from voipcrm.desk.changes import Concern, Snapshot, digest_of
from voipcrm.desk.kept import Kept
from voipcrm.desk.live import Named
from voipcrm.desk.rows import Row, rows_of

CHANGES = ("autocalls.change_autocall", "calls.add_followup", "calls.change_followup")


@dataclass(frozen=True, slots=True)
class Sight:
    """What readers may see; those with the same one see the same."""

    concern: Concern
    call_backs: bool
    follow_ups: bool
    notes: bool


@dataclass(frozen=True, slots=True)
class Tasks:
    found: to_do.Findings
    rows: Sequence[Row]
    "That are shown."
    count: int
    open_count: int
    "Without what others have taken."
    digest: str


@dataclass(frozen=True, slots=True)
class Parts:
    """Of one desk, after a snapshot."""

    user: User | AnonymousUser
    seen: Snapshot
    number: str
    "Whose card is open."
    is_fresh: bool
    "Whether it has to be read now: it may follow what the reader has just done."
    known_until: int = -1
    "The order until which nothing has happened to any of them."
    own: Sight = field(init=False)
    shared: Sight = field(init=False)
    "Without the reader, who sees no more than others with it."

    def __post_init__(self) -> None:
        user = self.user
        concern = Concern(user.pk or 0, sees_all_lines(user), frozenset(know_lines(user)))
        own = Sight(concern, may_view(user, Autocall), may_view(user, FollowUp), may_view(user, Note))
        object.__setattr__(self, "own", own)
        of_all = replace(own, concern=Concern(0, all_lines=True, lines=frozenset()))
        object.__setattr__(self, "shared", of_all if concern.all_lines else own)

    def live(self) -> live.Named:
        def has_news(kept: live.Named, order: int) -> bool:
            shown = frozenset(call.pk for call, _name in kept)
            concern = replace(self.own.concern, calls=shown, named=live.numbers_of(kept))
            return self.is_fresh or self.seen.has_other_calls(concern, max(order, self.known_until))

        return _live.get(self.shared, self.seen, lambda: live.find(self.user), has_news)

    def tasks(self) -> Tasks:
        found = self._found()
        rights = tuple(self.user.has_perm(right) for right in CHANGES)
        holder = self.user.pk if self.user.pk in found.holders else None
        key = self.shared, holder, rights, get_language()
        return _tasks.get(
            key,
            self.seen,
            lambda: _tasks_of(self.user, found),
            lambda kept, _order: self.is_fresh or kept.found is not found,
        )

    def _found(self) -> to_do.Findings:
        def has_news(kept: to_do.Findings, order: int) -> bool:
            concern = replace(self.own.concern, numbers=kept)
            return self.is_fresh or self.seen.has_other_tasks(concern, max(order, self.known_until))

        return _found.get(self.shared, self.seen, lambda: to_do.find(self.user), has_news)

    def card(self) -> Card | None:
        if not self.number:
            return None

        def has_news(kept: Card, order: int) -> bool:
            concern = replace(self.own.concern, card=self.number, calls=frozenset(call.pk for call in kept.calls))
            return self.is_fresh or self.seen.has_other_card(concern, max(order, self.known_until))

        key = self.shared, self.number, self.seen.notes_on(self.number)
        return _cards.get(key, self.seen, lambda: caller_card(self.user, self.number), has_news)

    def concern(self, named: Named, tasks: Tasks, card: Card | None) -> Concern:
        """What of all that happens concerns this desk, which shows these."""
        calls = {call.pk for call, _name in named} | {call.pk for call in (card.calls if card else ())}
        own = self.own.concern
        return replace(own, numbers=tasks.found, calls=calls, named=live.numbers_of(named), card=self.number)


def forget() -> None:
    for kept in (_live, _found, _tasks, _cards):
        kept.forget()


def _tasks_of(user: User | AnonymousUser, found: to_do.Findings) -> Tasks:
    entries = to_do.entries_of(found, user)
    open_count = sum(not entry.is_others for entry in entries)
    rows = rows_of(user, entries)
    return Tasks(found, rows, len(entries), open_count, digest_of(rows, len(entries), open_count))


_live: Kept[live.Named] = Kept()
_found: Kept[to_do.Findings] = Kept()
_tasks: Kept[Tasks] = Kept()
_cards: Kept[Card] = Kept()
