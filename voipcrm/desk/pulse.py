"""What has changed, read by a process once in half a second for all of its desks. Every open desk asks every one and a half seconds.

Of this each desk is told apart what concerns it: a busy exchange changes a hundred calls a second, but those of one operator's line now and then.
It compares what is stored, not when it was seen, so a row that was stored late is noticed late, not never.
"""

import asyncio
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from threading import Lock

from autocalls.statuses import OPEN_IN_SQL
from calls.sql import EventLoop, Row, Statement, fetch_one
from calls.statuses import MISSED, Kind
from voipcrm.desk.changes import Change, Snapshot, Task
from voipcrm.desk.task_watch import MOST_LATEST, NOTHING, TO_ALL, latest_of

SHARED_FOR = 0.5
"""Seconds. With a question every 1.5 s, on beats of half a second, a change is on screen within 2.5 s and the time of the answer."""
LOOKED_AGAIN = 15
"""Seconds. What the time alone changes (overdue) shows within this time."""
STORED_LATE = timedelta(seconds=3)
"""So much later than it says a change may be stored: its transaction took so long."""
MOST_CHANGES, MOST_NOTES = 20_000, 50
_MISSED = ", ".join(f"'{status.value}'" for status in MISSED)
_MICROSECONDS = "(extract(epoch FROM {}) * 1000000)::bigint"
_CHANGED = _MICROSECONDS.format("updated_at")

_Row = tuple[int, int, int | None, int | None, str, bool, bool]
"""Of a call, as READ has it."""

READ = Statement(f"""
SELECT {_MICROSECONDS.format("clock_timestamp()")},
    (SELECT ROW(count(*), sum(extract(epoch FROM updated_at)))::text FROM autocalls_autocall WHERE status IN ({OPEN_IN_SQL})),
    (SELECT json_agg(json_build_array(id, {_CHANGED}, number)) FROM (
        SELECT id, updated_at, number FROM calls_followup ORDER BY updated_at DESC LIMIT {MOST_LATEST}) AS latest),
    (SELECT json_agg(json_build_array(note.id, calls_call.customer_number) ORDER BY note.id DESC) FROM (
        SELECT id, call_id FROM calls_note ORDER BY id DESC LIMIT {MOST_NOTES}) AS note JOIN calls_call ON calls_call.id = note.call_id),
    (SELECT json_agg(json_build_array(id, {_CHANGED}, sip_id, placed_by_id, customer_number,
        kind = '{Kind.INCOMING.value}' AND status IN ({_MISSED}), deleted_at IS NOT NULL)) FROM (
        SELECT id, updated_at, sip_id, placed_by_id, customer_number, kind, status, deleted_at FROM calls_call
        WHERE updated_at >= %(since)s::timestamptz ORDER BY updated_at DESC LIMIT {MOST_CHANGES}) AS changed)
""")  # noqa: S608 - of constants
"""The moment, the open call-backs as one text, the follow-ups changed last, the last notes, and the calls that have changed since."""


class Changes:
    """What one process knows of what has changed."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._read_at = 0.0
        self._known = Snapshot(slot=0, at=0, notes={}, calls={}, tasks=(), order=0)
        self._watched = NOTHING
        self._reading: asyncio.Future[Snapshot | None] | None = None

    def snapshot(self, *, after: int | None = None) -> Snapshot:
        """after: it has to have been read later than this moment of the database's clock, in microseconds."""
        with self._lock:
            is_late = after is not None and self._known.at < after
            return self._known if self._is_fresh() and not is_late else self._read()

    def fresh_snapshot(self) -> Snapshot:
        with self._lock:
            return self._read()

    async def snapshot_on_loop(self, loop: EventLoop) -> Snapshot | None:
        """None where a thread has to read it: after a change that needs to be looked at closely, and at the beginning of a slot."""
        if self._is_fresh():
            return self._known
        if self._reading is not None:
            return await asyncio.shield(self._reading)
        if self._known.slot != _slot() or not self._lock.acquire(blocking=False):
            return None
        self._reading, read = asyncio.get_running_loop().create_future(), None
        try:
            read = self._note(await loop.fetch_one(READ, {"since": self._since()}), on_loop=True)
        finally:
            self._reading.set_result(read)
            self._reading = None
            self._lock.release()
        return read

    def forget(self) -> None:
        """All that was made of it has to be made anew."""
        order = self._known.order + 1
        self._known = Snapshot(slot=0, at=0, notes={}, calls={}, tasks=(), order=order, forgotten=order)
        self._read_at, self._watched = 0.0, NOTHING

    def _is_fresh(self) -> bool:
        return time.monotonic() - self._read_at < SHARED_FOR and self._known.slot == _slot()

    def _since(self) -> datetime:
        """In a new slot all of them once more: some are stored later than others that say they are newer."""
        slot, known = _slot(), self._known
        begins = datetime.fromtimestamp((slot - 1) * LOOKED_AGAIN, UTC)
        if slot != known.slot or not known.calls:
            return begins
        newest = max(change.updated_at for change in known.calls.values())
        return max(begins, datetime.fromtimestamp(newest / 1_000_000, UTC) - STORED_LATE)

    def _read(self) -> Snapshot:
        read = self._note(fetch_one(READ, {"since": self._since()}))
        assert read is not None
        return read

    def _note(self, row: Row | None, *, on_loop: bool = False) -> Snapshot | None:
        """What is known now; None on the loop where more has to be read."""
        assert row is not None
        at, ends, follow_ups, notes, rows = row
        known, slot, latest = self._known, _slot(), latest_of(follow_ups or ())
        if on_loop and (latest != self._watched.latest or ends != self._watched.ends or slot != known.slot):
            return None
        watched = self._watched.after(latest, ends, is_new_slot=slot != known.slot)
        calls, order = _changed_calls(known, (slot - 1) * LOOKED_AGAIN * 1_000_000, rows or ())
        seen = [TO_ALL] if self._watched is NOTHING else watched.changed_since(self._watched)
        found = tuple(Task(one.number, one.lines, one.users, order + 1, slot) for one in seen)
        tasks = tuple(task for task in (*found, *known.tasks) if task.slot >= slot - 1)
        left = [call.order for pk, call in known.calls.items() if pk not in calls]
        left += [task.order for task in known.tasks if task.slot < slot - 1]
        forgotten = max([known.forgotten, *left])
        self._known = Snapshot(slot, at, _notes(notes or ()), calls, tasks, order + bool(found), forgotten)
        self._watched, self._read_at = watched, time.monotonic()
        return self._known


_changes = Changes()


def snapshot(*, after: int | None = None) -> Snapshot:
    return _changes.snapshot(after=after)


def fresh_snapshot() -> Snapshot:
    """Read now: for a page, which may follow what its reader has just done."""
    return _changes.fresh_snapshot()


async def snapshot_on_loop(loop: EventLoop) -> Snapshot | None:
    return await _changes.snapshot_on_loop(loop)


def forget() -> None:
    _changes.forget()


def _slot() -> int:
    return int(time.time()) // LOOKED_AGAIN


def _changed_calls(known: Snapshot, since: int, rows: Iterable[_Row]) -> tuple[dict[int, Change], int]:
    """Those since that moment, and the order of the last noticed."""
    calls = {pk: change for pk, change in known.calls.items() if change.updated_at >= since}
    order = known.order
    for row in rows:
        change = Change(*row, order=order + 1)
        if calls.get(change.pk) != change:
            order += 1
            calls.pop(change.pk, None)  # to the end
            calls[change.pk] = change
    return calls, order


def _notes(rows: Iterable[tuple[int, str]]) -> Mapping[str, tuple[int, ...]]:
    found: dict[str, tuple[int, ...]] = {}
    for pk, number in rows:
        found[number] = (*found.get(number, ()), pk)
    return found
