"""Whether anything can have changed on one desk. Every open desk asks that every one and a half seconds, so a process reads it once for all of them.

What has changed lately is read once for all. Of this each desk is told apart what concerns it: a busy exchange changes a hundred calls a second,
but those of one operator's line now and then. It compares what is stored, not when it was seen, so it does not matter which process is asked, and
a row that was stored late is noticed late, not never.
"""

import hashlib
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from django.db.models import Count, Max

from autocalls.models import OPEN, Autocall
from calls.models import Call, FollowUp, Note

SHARED_FOR = 0.5
"""Seconds. With a question every 1.5 s, on beats of half a second, a change is on screen within 2.5 s and the time of the answer."""
LOOKED_AGAIN = 15
"""Seconds. Changes by time alone (overdue) or by deletion show within this time."""
STORED_LATE = timedelta(seconds=3)
"""So much later than it says a change may be stored: its transaction took so long."""
MOST_CHANGES = 20_000


@dataclass(frozen=True, slots=True)
class Concern:
    """What of all calls concerns one desk."""

    user_id: int
    all_lines: bool
    lines: frozenset[int]
    numbers: Collection[str]
    "Of the rows that are shown: whoever talks with one of them, on whatever line, may have done what is to be done."


@dataclass(frozen=True, slots=True)
class _Change:
    updated_at: datetime
    sip_id: int | None
    placed_by_id: int | None
    number: str

    def concerns(self, concern: Concern) -> bool:
        return (
            concern.all_lines
            or self.sip_id in concern.lines
            or self.placed_by_id == concern.user_id
            or self.number in concern.numbers
        )


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What has changed since the slot before this one, read before the rows that are shown: whatever comes meanwhile is new to the next question."""

    slot: int
    rest: str
    calls: Mapping[int, _Change]

    def pulse(self, concern: Concern) -> str:
        """A text that changes when anything does that concerns the desk, and every 15 seconds."""
        seen = sorted((pk, change.updated_at) for pk, change in self.calls.items() if change.concerns(concern))
        return f"{self.slot}-{digest_of(self.rest, seen)}"


class _Changes:
    def __init__(self) -> None:
        self._lock = Lock()
        self._read_at = 0.0
        self._known = Snapshot(0, "", {})

    def snapshot(self) -> Snapshot:
        slot = int(time.time()) // LOOKED_AGAIN
        with self._lock:
            if slot != self._known.slot or time.monotonic() - self._read_at >= SHARED_FOR:
                self._known = self._read(slot)
                self._read_at = time.monotonic()
            return self._known

    def forget(self) -> None:
        self._read_at, self._known = 0.0, Snapshot(0, "", {})

    def _read(self, slot: int) -> Snapshot:
        since = datetime.fromtimestamp((slot - 1) * LOOKED_AGAIN, UTC)
        known = {pk: change for pk, change in self._known.calls.items() if change.updated_at >= since}
        newest = max((change.updated_at for change in known.values()), default=since)
        rows = Call.everything.filter(updated_at__gte=max(since, newest - STORED_LATE)).order_by("-updated_at")
        columns = rows.values_list("pk", "updated_at", "sip_id", "placed_by_id", "customer_number")
        changed = {pk: _Change(at, sip, by, number) for pk, at, sip, by, number in columns[:MOST_CHANGES]}
        return Snapshot(slot, digest_of(_ends()), known | changed)


_changes = _Changes()
snapshot = _changes.snapshot
forget = _changes.forget


def digest_of(*shown: Any) -> str:
    """The same for the same values."""
    return hashlib.blake2b(repr(shown).encode(), digest_size=8).hexdigest()


def _ends() -> tuple[Any, ...]:
    """Of the indexes of follow-ups and notes, which are written by people, so seldom."""
    follow_ups = FollowUp.objects.aggregate(last=Max("updated_at"))["last"]
    notes = Note.objects.aggregate(last=Max("pk"))["last"]
    # There is no index of their times of change: those that are open are few, and one that ends leaves their number.
    call_backs = Autocall.objects.filter(status__in=OPEN).aggregate(last=Max("updated_at"), count=Count("pk"))
    return follow_ups, notes, call_backs["last"], call_backs["count"]
