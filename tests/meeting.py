"""Two transactions that really meet, at a point that the test names.

The first is stopped just before it sends a chosen statement, with every lock it holds by then. The second runs until it is over or has to wait for a
lock, which PostgreSQL is asked. Then the first goes on. Nothing is left to chance and nothing is slept, so it is as quick as the work itself and the
same on a busy machine.
"""

import re
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import psycopg
from django.db import connection

COMMIT = "COMMIT"
"""For `at`: before the first's transaction is committed."""

LOOKS, SECONDS_BETWEEN = 12_000, 0.005
"""How often it is looked whether the second waits; all of them together are a minute, after which something hangs."""

_WAITING = """
SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend' AND wait_event_type = 'Lock')"""


@dataclass(frozen=True, slots=True)
class Met:
    """What the two returned, or the exceptions that were expected of them."""

    first: Any
    second: Any
    waited: bool
    "Whether the second had to wait for the first."


def meet(
    first: Callable[[], Any], second: Callable[[], Any], *, at: str, refusals: type[Exception] | tuple[()] = ()
) -> Met:
    """at: a regular expression that is found in the statement before which the first is stopped. refusals: exceptions that are an answer."""
    stop = _Stop(at)
    with ThreadPoolExecutor(2) as threads, stop.watching():
        try:
            ahead = threads.submit(_on_its_own_connection, first, refusals, stop)
            ahead.add_done_callback(lambda _: stop.reached.set())
            stop.reached.wait()
            if ahead.done():
                raise AssertionError(f"The first never came to {at!r}: {ahead.result()!r}")
            behind = threads.submit(_on_its_own_connection, second, refusals)
            waited = waits(behind)
        finally:
            stop.go_on.set()
        return Met(ahead.result(), behind.result(), waited)


class _Stop:
    def __init__(self, at: str) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()
        self.thread: int | None = None
        self._at = re.compile(at, re.IGNORECASE)

    def before(self, statement: Any) -> None:
        mine = threading.get_ident() == self.thread
        if mine and not self.reached.is_set() and self._at.search(str(statement)):
            self.reached.set()
            self.go_on.wait()

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Every way in which a statement leaves for the database: Django's cursors, our own in `calls.sql`, and the commit."""
        with (
            patch.object(psycopg.Cursor, "execute", self._watched(psycopg.Cursor.execute)),
            patch.object(psycopg.Cursor, "executemany", self._watched(psycopg.Cursor.executemany)),
            patch.object(psycopg.Connection, "commit", self._watched(psycopg.Connection.commit)),
        ):
            yield

    def _watched(self, plain: Callable[..., Any]) -> Callable[..., Any]:
        def watched(sender: Any, statement: Any = COMMIT, *arguments: Any, **options: Any) -> Any:
            self.before(statement)
            said = () if statement is COMMIT else (statement,)
            return plain(sender, *said, *arguments, **options)

        return watched


def _on_its_own_connection(work: Callable[[], Any], refusals: Any, stop: _Stop | None = None) -> Any:
    if stop is not None:
        stop.thread = threading.get_ident()
    try:
        return work()
    except refusals as refusal:
        return refusal
    finally:
        connection.close()


def waits(behind: "Future[Any]") -> bool:
    """Whether what runs behind somebody has to wait for a lock; False where it is over without."""
    for _ in range(LOOKS):
        if wait([behind], timeout=SECONDS_BETWEEN).done:
            return False
        with connection.cursor() as cursor:
            cursor.execute(_WAITING)
            if cursor.fetchone()[0]:
                return True
    raise AssertionError("The second neither ends nor waits for the first.")
