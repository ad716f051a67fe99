"""Whether anything can have changed on one desk. Every open desk asks that every one and a half seconds, so a process reads it once for all of them.

What has changed lately is read once for all. Of this each desk is told apart what concerns it: a busy exchange changes a hundred calls a second,
but those of one operator's line now and then. It compares what is stored, not when it was seen, so it does not matter which process is asked, and
a row that was stored late is noticed late, not never.
"""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from threading import Lock

from django.db import connection
from django.db.models import Q
from django.utils import timezone

from autocalls import attention
from autocalls.models import OPEN, Autocall
from autocalls.models import Status as AutocallStatus
from calls.models import Call, FollowUp, Note
from calls.statuses import MISSED, Kind
from voipcrm.desk.changes import Change, Snapshot, digest_of

SHARED_FOR = 0.5
"""Seconds. With a question every 1.5 s, on beats of half a second, a change is on screen within 2.5 s and the time of the answer."""
LOOKED_AGAIN = 15
"""Seconds. What the time alone changes (overdue) shows within this time, and who asks is checked again."""
STORED_LATE = timedelta(seconds=3)
"""So much later than it says a change may be stored: its transaction took so long."""
MOST_CHANGES = 20_000


MOST_DUE, MOST_NOTES = 2_000, 50
COLUMNS = ("pk", "updated_at", "sip_id", "placed_by_id", "customer_number", "kind", "status", "deleted_at")
_ENDS = """
SELECT extract(epoch FROM clock_timestamp()) * 1000000, count(*), sum(extract(epoch FROM updated_at)),
    (SELECT array_agg((id, updated_at)::text) FROM (SELECT id, updated_at FROM calls_followup ORDER BY updated_at DESC LIMIT 50) AS latest)
FROM autocalls_autocall WHERE status = ANY(%s)
"""
_Row = tuple[int, datetime, int | None, int | None, str, str, str, datetime | None]


class Changes:
    """What one process knows of what has changed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._read_at, self._due = 0.0, ""
        self._known = Snapshot(slot=0, at=0, rest="", rest_order=0, notes={}, calls={}, order=0)

    def snapshot(self, *, after: int | None = None) -> Snapshot:
        """after: it has to have been read later than this moment of the database's clock, in microseconds."""
        slot = int(time.time()) // LOOKED_AGAIN
        with self._lock:
            is_old = time.monotonic() - self._read_at >= SHARED_FOR
            if is_old or slot != self._known.slot or (after is not None and self._known.at < after):
                self._known = self._read(slot)
                self._read_at = time.monotonic()
            return self._known

    def fresh_snapshot(self) -> Snapshot:
        with self._lock:
            self._known = self._read(int(time.time()) // LOOKED_AGAIN)
            self._read_at = time.monotonic()
            return self._known

    def forget(self) -> None:
        """All that was made of it has to be made anew."""
        order = self._known.order + 1
        self._known = Snapshot(
            slot=0, at=0, rest="", rest_order=order, notes={}, calls={}, order=order, forgotten=order
        )
        self._read_at, self._due = 0.0, ""

    def _read(self, slot: int) -> Snapshot:
        known = self._known
        if slot != known.slot:
            self._due = _due()
        at, ends = _ends()
        rest = digest_of(ends, self._due)
        calls, order = self._read_calls(slot, known.order)
        rest_order = known.rest_order if rest == known.rest else order + 1
        left = (change.order for pk, change in known.calls.items() if pk not in calls)
        forgotten = max(left, default=known.forgotten)
        return Snapshot(slot, at, rest, rest_order, _notes(), calls, max(order, rest_order), forgotten)

    def _read_calls(self, slot: int, order: int) -> tuple[dict[int, Change], int]:
        since = datetime.fromtimestamp((slot - 1) * LOOKED_AGAIN, UTC)
        calls = {pk: change for pk, change in self._known.calls.items() if change.updated_at >= since}
        newest = max((change.updated_at for change in calls.values()), default=since)
        # In a new slot all of them once more: some are stored later than others that say they are newer.
        if slot == self._known.slot:
            since = max(since, newest - STORED_LATE)
        rows = Call.everything.filter(updated_at__gte=since).order_by("-updated_at")
        for row in rows.values_list(*COLUMNS)[:MOST_CHANGES]:
            change = _change(row, order + 1)
            if calls.get(change.pk) != change:
                order += 1
                calls.pop(change.pk, None)  # to the end
                calls[change.pk] = change
        return calls, order


_changes = Changes()


def snapshot(*, after: int | None = None) -> Snapshot:
    return _changes.snapshot(after=after)


def fresh_snapshot() -> Snapshot:
    """Read now: for a page, which may follow what its reader has just done."""
    return _changes.fresh_snapshot()


def forget() -> None:
    _changes.forget()


def _change(row: _Row, order: int) -> Change:
    pk, updated_at, sip_id, placed_by_id, number, kind, status, deleted_at = row
    is_missed = kind == Kind.INCOMING and status in MISSED
    return Change(pk, updated_at, sip_id, placed_by_id, number, is_missed, deleted_at is not None, order)


def _ends() -> tuple[int, object]:
    """The moment, and of what people write, so seldom: the open call-backs, which are few, and the follow-ups that were changed last, also those of a
    transaction that took longer than the next."""
    with connection.cursor() as cursor:
        cursor.execute(_ENDS, [list(OPEN)])
        at, *ends = cursor.fetchone()
    return int(at), ends


def _notes() -> Mapping[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for pk, number in Note.objects.order_by("-pk").values_list("pk", "call__customer_number")[:MOST_NOTES]:
        found[number] = (*found.get(number, ()), pk)
    return found


def _due() -> str:
    """What the time alone brings."""
    now = timezone.now()
    follow_ups = FollowUp.objects.due(now).order_by("pk").values_list("pk", flat=True)
    is_due = Q(status=AutocallStatus.SCHEDULED, call_at__lte=now) | attention.overdue()
    call_backs = Autocall.objects.filter(is_due).order_by("pk")
    late = [
        (pk, promised < now - attention.OVERDUE_AFTER)
        for pk, promised in call_backs.values_list("pk", "promised_at")[:MOST_DUE]
    ]
    return digest_of(list(follow_ups[:MOST_DUE]), late)
