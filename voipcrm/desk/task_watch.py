"""Which follow-ups and call-backs have changed, and who may see them. Staff write few of them, so only what has changed is looked at closely."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from django.db.models import Q
from django.utils import timezone

from autocalls import attention
from autocalls.models import OPEN, Attempt, Autocall
from autocalls.models import Status as AutocallStatus
from calls.models import Call, FollowUp
from sips.models import Sip
from voipcrm.desk.changes import EVERYBODY
from widgets.models import Widget

MOST_DUE, MOST_OPEN, MOST_LATEST = 2_000, 5_000, 50
MOST_AT_ONCE = 20
"""If more have changed at once, it concerns everybody."""
MOST_CALLS = 200
"""With a number. If there are more, who sees one of them is not asked."""
FOLLOW_UP, CALL_BACK = "follow-up", "call-back"


@dataclass(frozen=True, slots=True)
class Thing:
    kind: str
    pk: int
    number: str
    mark: object = None
    "Changes when it does."


@dataclass(frozen=True, slots=True)
class Seen:
    """A number of which something has changed, and who may see it."""

    number: str
    lines: frozenset[int]
    users: frozenset[int]


TO_ALL = Seen("", frozenset({EVERYBODY}), frozenset())


@dataclass(frozen=True, slots=True)
class Watched:
    """What is known of them."""

    latest: frozenset[Thing]
    "The follow-ups that were changed last, also those of a transaction that took longer than the next."
    ends: str
    "Changes when an open call-back does."
    open: frozenset[Thing]
    "Call-backs."
    due: frozenset[Thing]
    "What the time alone brings, read once in a slot."

    def after(self, latest: frozenset[Thing], ends: str, *, is_new_slot: bool) -> "Watched":
        """What is known after a read that found these."""
        found = replace(self, latest=latest, ends=ends)
        if ends != self.ends:
            found = replace(found, open=_open())
        return replace(found, due=_due()) if is_new_slot else found

    def changed_since(self, before: "Watched") -> list[Seen]:
        """None of two is called changed if both say the same."""
        if len(self.latest) == MOST_LATEST and self.latest.isdisjoint(before.latest):
            return [TO_ALL]
        pairs = ((self.latest, before.latest), (self.open, before.open), (self.due, before.due))
        changed = {thing for now, then in pairs for thing in now ^ then} - _pushed_out(self.latest, before.latest)
        if len(self.open) >= MOST_OPEN and self.ends != before.ends:
            return [TO_ALL]
        return list(_seen(changed)) if len(changed) <= MOST_AT_ONCE * 2 else [TO_ALL]


NOTHING = Watched(frozenset(), "", frozenset(), frozenset())


def latest_of(rows: Iterable[Sequence[object]]) -> frozenset[Thing]:
    """Of rows (id, moment, number)."""
    return frozenset(Thing(FOLLOW_UP, int(str(pk)), str(number), moment) for pk, moment, number in rows)


def _pushed_out(now: frozenset[Thing], then: frozenset[Thing]) -> set[Thing]:
    """Those that are not among the latest any more because others are."""
    oldest = min((int(str(thing.mark)) for thing in now), default=0)
    return {thing for thing in then - now if len(now) == MOST_LATEST and int(str(thing.mark)) <= oldest}


def _open() -> frozenset[Thing]:
    rows = Autocall.objects.filter(status__in=OPEN).order_by("-pk").values_list("pk", "number", "updated_at")
    return frozenset(Thing(CALL_BACK, pk, number, changed) for pk, number, changed in rows[:MOST_OPEN])


def _due() -> frozenset[Thing]:
    now = timezone.now()
    follow_ups = FollowUp.objects.due(now).order_by("pk").values_list("pk", "number")[:MOST_DUE]
    is_due = Q(status=AutocallStatus.SCHEDULED, call_at__lte=now) | attention.overdue()
    rows = Autocall.objects.filter(is_due).order_by("pk").values_list("pk", "number", "promised_at")[:MOST_DUE]
    late = now - attention.OVERDUE_AFTER
    return frozenset(
        [Thing(FOLLOW_UP, pk, number) for pk, number in follow_ups]
        + [Thing(CALL_BACK, pk, number, promised < late) for pk, number, promised in rows]
    )


def _seen(changed: Iterable[Thing]) -> Iterator[Seen]:
    """Once for each number of a kind."""
    follow_ups = {thing.pk: thing.number for thing in changed if thing.kind == FOLLOW_UP}
    call_backs = {thing.pk: thing.number for thing in changed if thing.kind == CALL_BACK}
    if max(len(follow_ups), len(call_backs)) > MOST_AT_ONCE:
        yield TO_ALL
        return
    for number in {*follow_ups.values(), *call_backs.values()}:  # also of what is deleted now, or had another number
        yield Seen(number, frozenset(), frozenset())
    if follow_ups:
        yield from _of_follow_ups(list(follow_ups))
    if call_backs:
        yield from _of_call_backs(list(call_backs))


def _of_follow_ups(ids: list[int]) -> Iterator[Seen]:
    """As `FollowUpQuerySet.visible_to` has it."""
    for number, assignee, done_by in FollowUp.objects.filter(pk__in=ids).values_list("number", "assignee", "done_by"):
        lines, users = _who_sees_a_call_with(number) if number else (set(), set())
        yield Seen(number, frozenset(lines), frozenset(filter(None, {*users, assignee, done_by})))


def _who_sees_a_call_with(number: str) -> tuple[set[int], set[int]]:
    """As `CallQuerySet.visible_to` has it: lines and users."""
    lines, users = set(), set()
    for side in ("number_from", "number_to"):
        rows = Call.objects.filter(**{side: number}).order_by("-start_time", "-pk")
        found = list(rows.values_list("sip", "placed_by")[:MOST_CALLS])
        lines |= {line for line, _user in found if line} | ({EVERYBODY} if len(found) == MOST_CALLS else set())
        users |= {user for _line, user in found if user}
    return lines, users


def _of_call_backs(ids: list[int]) -> Iterator[Seen]:
    """As `AutocallQuerySet.visible_to` has it."""
    columns = ("pk", "number", "sip", "taken_by", "widget", "voip")
    for pk, number, sip, taken_by, widget, voip in Autocall.objects.filter(pk__in=ids).values_list(*columns):
        lines = set(Attempt.objects.filter(autocall=pk, sip__isnull=False).values_list("sip", flat=True))
        if sip:
            lines.add(sip)
        else:
            of_widget = Widget.lines.through.objects.filter(widget=widget).values_list("sip", flat=True)
            lines |= set(of_widget) or set(Sip.objects.filter(voip=voip).values_list("pk", flat=True) if voip else ())
        yield Seen(number, frozenset(lines), frozenset({taken_by} - {None}))
