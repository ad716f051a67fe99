"""Live calls."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser, User

from calls import dialing
from calls.admin import KIND_ICONS
from calls.call_notes import other_party
from calls.models import Call
from calls.reasons import Reason
from calls.statuses import Kind, Status
from sips import phone_numbers
from voipcrm.desk.attempts import BEGINNING
from voipcrm.desk.fragments import label_of
from voipcrm.desk.names import names_of

MOST_SHOWN = 50
COLUMNS = (
    "kind", "status", "reason", "number_from", "number_to", "customer_number", "start_time", "answered_at", "reference", "held_by",
    "placed_by", "sip__name", "sip__sip",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class LiveCall:
    pk: int
    kind: str
    icon: str
    number: str
    name: str
    line: str
    progress: str
    since: datetime
    "When the talk began, or before that the call."
    is_own: bool
    rings_reader: bool
    "It comes in on the reader's own line and is not answered yet."
    can_hang_up: bool

    @property
    def shown(self) -> str:
        """The number as people write it."""
        return phone_numbers.display(self.number)


Named = Sequence[tuple[Call, str]]
"""Calls and the names of those who talk, the same for all who may see the same; newest first."""


def find(user: User | AnonymousUser) -> Named:
    """Two reads of small indexes."""
    rows = Call.objects.visible_to(user).in_progress().select_related("sip").only(*COLUMNS)
    calls = list(rows.order_by("-start_time", "-pk")[:MOST_SHOWN])
    names = names_of(user, map(other_party, calls))
    return [(call, names.get(other_party(call), "")) for call in calls]


def numbers_of(calls: Named) -> frozenset[str]:
    return frozenset(other_party(call) for call, _name in calls)


def shown_to(user: User | AnonymousUser, calls: Named, lines: Collection[int]) -> list[LiveCall]:
    """Newest first, the reader's own on top."""
    shown = [_shown(call, name, user, lines) for call, name in calls]
    return sorted(shown, key=lambda call: not call.is_own)


def _shown(call: Call, name: str, user: User | AnonymousUser, lines: Collection[int]) -> LiveCall:
    number = other_party(call)
    begins = call.kind == Kind.INCOMING and call.status in BEGINNING
    return LiveCall(
        pk=call.pk,
        kind=label_of(Kind, call.kind),
        icon=KIND_ICONS.get(call.kind, "call"),
        number=number,
        name=name,
        line=str(call.sip or ""),
        progress=label_of(Reason, call.reason) or label_of(Status, call.status),
        since=call.answered_at or call.start_time,
        is_own=call.sip_id in lines or call.placed_by_id == user.pk,
        rings_reader=begins and call.sip_id in lines,
        can_hang_up=dialing.can_hang_up(call),
    )
