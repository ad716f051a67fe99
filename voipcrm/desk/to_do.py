"""What is to be done, one row for each number: missed calls nobody returned, call-backs, follow-ups.

A missed call leaves by itself as soon as anybody has talked with its number. What staff decide about a number (take, later, done) is its
follow-up or its call-back; nothing is stored here.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Max, Q
from django.utils import timezone

from autocalls import attention
from autocalls.models import Autocall
from autocalls.models import Status as AutocallStatus
from calls.follow_up_models import OPEN, FollowUp, State
from calls.models import Call
from calls.statuses import Status
from sips import phone_numbers
from sips.staff_lines import name_of
from voipcrm.backoffice.reader_links import may_view
from voipcrm.desk import sentences
from voipcrm.desk.names import names_of

LOOKED_BACK = timedelta(days=7)
MOST_READ = 1_000
"""Rows of each kind, the newest."""
MOST_SHOWN = 100
"""Rows, the most urgent; of the rest the number is told."""
FAILED = (AutocallStatus.FAILED, AutocallStatus.EXPIRED)


@dataclass(frozen=True, slots=True)
class Entry:
    """A number and what there is to do about it."""

    number: str
    name: str
    known: tuple[sentences.Fact, ...]
    "The most urgent first."
    rank: int
    moment: datetime
    voip_id: int | None
    autocall_ids: tuple[int, ...]
    "Its call-backs that are due or taken."
    follow_up_id: int | None
    "An open follow-up."
    has_follow_up: bool
    "Whether more than the call-back is to be done: what a follow-up says is done, or later."
    holder: str
    "Who has taken it."
    is_mine: bool
    is_others: bool

    @property
    def facts(self) -> tuple[str, ...]:
        return tuple(fact.text for fact in self.known)

    @property
    def shown(self) -> str:
        """The number as people write it; of the rows that are shown alone, as it takes its time."""
        return phone_numbers.display(self.number)


@dataclass
class _Found:
    missed: list[datetime] = field(default_factory=list)
    voip_id: int | None = None
    autocalls: list[Autocall] = field(default_factory=list)
    failed: Autocall | None = None
    follow_up: FollowUp | None = None
    settled_at: datetime | None = None
    "What happened until then is done, or is put off."

    def leave_settled(self) -> None:
        if self.settled_at is None:
            return
        self.missed = [moment for moment in self.missed if moment > self.settled_at]
        if self.failed and self.failed.finished_at and self.failed.finished_at <= self.settled_at:
            self.failed = None


class Findings(dict[str, _Found]):
    """What there is about each number, the same for all who may see the same."""

    def __init__(self, found: Mapping[str, _Found]) -> None:
        super().__init__(found)
        taken = {row.taken_by_id for it in found.values() for row in it.autocalls}
        self.holders = frozenset(taken | {it.follow_up.assignee_id for it in found.values() if it.follow_up})
        """Who has taken any of it; what is left to do looks alike to all others."""


def to_do(user: User | AnonymousUser, *, number: str = "") -> list[Entry]:
    """The most urgent first: call-backs, follow-ups that are due, missed calls, failed call-backs, and last what others have taken.

    number: of this one alone. Those that are shown have their names. A constant number of reads.
    """
    return entries_of(find(user, number=number), user)


def find(user: User | AnonymousUser, *, number: str = "") -> Findings:
    now = timezone.now()
    found: dict[str, _Found] = {}
    _find_missed(user, now, number, found)
    if may_view(user, Autocall):
        _find_call_backs(user, now, number, found)
    _find_follow_ups(user, now, number, found)
    for it in found.values():
        it.leave_settled()
    return Findings(found)


def entries_of(found: Findings, user: User | AnonymousUser) -> list[Entry]:
    now = timezone.now()
    made = (_entry(key, it, user, now) for key, it in found.items())
    entries = sorted(filter(None, made), key=lambda entry: (entry.rank, _order(entry), entry.number))
    names = names_of(user, [entry.number for entry in entries[:MOST_SHOWN]])
    return [replace(entry, name=names[entry.number]) if entry.number in names else entry for entry in entries]


def _order(entry: Entry) -> float:
    """Call-backs by their time; missed calls and failures latest first, as those may still be reached."""
    seconds = entry.moment.timestamp()
    return -seconds if entry.rank in (sentences.MISSED, sentences.FAILED) else seconds


def _find_missed(user: User | AnonymousUser, now: datetime, number: str, found: dict[str, _Found]) -> None:
    rows = Call.objects.visible_to(user).unreturned(since=now - LOOKED_BACK)
    if number:
        rows = rows.filter(customer_number=number)
    latest = rows.order_by("-start_time", "-pk").values_list("customer_number", "start_time", "voip_id")
    for key, start, voip_id in latest[:MOST_READ]:
        it = found.setdefault(key, _Found(voip_id=voip_id))
        it.missed.append(start)


def _find_call_backs(user: User | AnonymousUser, now: datetime, number: str, found: dict[str, _Found]) -> None:
    rows = Autocall.objects.visible_to(user).select_related("taken_by").exclude(number="")
    rows = rows.filter(number=number) if number else rows
    due = Q(status=AutocallStatus.SCHEDULED, call_at__lte=now) | attention.overdue() | Q(status=AutocallStatus.TAKEN)
    for autocall in rows.filter(due).order_by("promised_at", "pk")[:MOST_READ]:
        it = found.setdefault(autocall.number, _Found())
        it.autocalls.append(autocall)
        it.voip_id = it.voip_id or autocall.voip_id
    failed = rows.filter(status__in=FAILED, finished_at__gte=now - LOOKED_BACK).order_by("-finished_at", "-pk")
    for autocall in _without_later_talk(list(failed[:MOST_READ])):
        it = found.setdefault(autocall.number, _Found())
        it.failed, it.voip_id = it.failed or autocall, it.voip_id or autocall.voip_id


def _without_later_talk(call_backs: list[Autocall]) -> list[Autocall]:
    """Those with whose number nobody has talked since the request; the calls are read from the indexes of their numbers."""
    if not call_backs:
        return []
    numbers = {autocall.number for autocall in call_backs}
    calls = Call.objects.filter(Q(number_from__in=numbers) | Q(number_to__in=numbers), status=Status.ANSWERED)
    calls = calls.filter(start_time__gte=min(autocall.created_at for autocall in call_backs)).order_by()
    talked = dict(calls.values_list("customer_number").annotate(last=Max("start_time")))
    return [row for row in call_backs if row.number not in talked or talked[row.number] < row.created_at]


def _find_follow_ups(user: User | AnonymousUser, now: datetime, number: str, found: dict[str, _Found]) -> None:
    """Of the numbers found all that tell what is settled; besides, those that stand alone, for who may see follow-ups."""
    wanted = Q(number__in=list(found)) & (Q(state__in=OPEN) | Q(done_at__gte=now - LOOKED_BACK))
    if may_view(user, FollowUp):
        alone = FollowUp.objects.visible_to(user).due(now).values("pk")
        wanted |= Q(pk__in=alone.filter(number=number) if number else alone)
    rows = FollowUp.objects.filter(wanted).select_related("assignee").order_by("-pk")
    for follow_up in rows[:MOST_READ]:
        it = found.setdefault(follow_up.number, _Found(voip_id=follow_up.voip_id))
        if follow_up.is_due(now):
            it.follow_up = it.follow_up or follow_up
            continue
        settled = follow_up.updated_at if follow_up.state == State.LATER else follow_up.done_at
        it.settled_at = max(filter(None, (it.settled_at, settled)), default=None)


def _entry(number: str, it: _Found, user: User | AnonymousUser, now: datetime) -> Entry | None:
    """None where nothing of it is left to do."""
    facts = list(_facts(it, now))
    if not facts:
        return None
    holders = [row.taken_by for row in it.autocalls] + [it.follow_up and it.follow_up.assignee]
    others = [holder for holder in holders if holder and holder.pk != user.pk]
    is_mine = not others and any(holders)
    rank, moment = facts[0].rank, facts[0].moment
    return Entry(
        number=number,
        name="",
        known=tuple(facts),
        rank=sentences.OTHERS if others else rank,
        moment=moment,
        voip_id=it.follow_up.voip_id if it.follow_up else it.voip_id,
        autocall_ids=tuple(autocall.pk for autocall in it.autocalls),
        follow_up_id=it.follow_up.pk if it.follow_up else None,
        has_follow_up=bool(it.follow_up or it.missed or it.failed),
        holder=name_of(others[0]) if others else "",
        is_mine=is_mine,
        is_others=bool(others),
    )


def _facts(it: _Found, now: datetime) -> Iterator[sentences.Fact]:
    """The most urgent first."""
    for autocall in it.autocalls:
        yield sentences.of_call_back(autocall, now)
    if it.follow_up is not None:
        yield sentences.of_follow_up(it.follow_up)
    if it.missed:
        yield sentences.of_missed(it.missed)
    if it.failed is not None:
        yield sentences.of_failed(it.failed)
