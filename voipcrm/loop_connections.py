"""Connections of the event loop to PostgreSQL: a statement is sent, and the loop turns to others until its answer has come.

Through libpq itself, as psycopg offers it (`psycopg.pq`): for one prepared statement psycopg's own asynchronous cursor takes three times as much of
the processor, as it registers its socket anew each time (docs/performance.md).
"""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import Any, TypeVar

import psycopg
from django.db import OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg import pq
from psycopg.adapt import PyFormat, Transformer

from calls.sql import Row, Statement

Result = TypeVar("Result")
LONGEST = 600.0
"""Seconds; then the pool makes a new one, as of a thread's (`voipcrm.kept_connection`)."""
PAUSE = 1.0
"""Seconds in which no connection is asked for after none was to be had: a thread has waited for one already."""
ANSWERS = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)


class LoopConnections:
    """So many at most, opened when they are needed, in a thread and from Django's pool. One that fails is not used again."""

    def __init__(self, threads: ThreadPoolExecutor, *, most: int) -> None:
        self._threads = threads
        self._idle: list[LoopConnection] = []
        self._free = asyncio.Semaphore(most)
        self._missed_at = float("-inf")

    async def in_thread(self, function: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, copy_context().run, function)

    async def fetch_one(self, statement: Statement, parameters: Mapping[str, object]) -> Row | None:
        """The first row, committed. Raises psycopg's and Django's database errors."""
        async with self._free:
            used = self._take() or await self._open()
            try:
                row = await used.fetch_one(statement, parameters)
            except BaseException:
                self._dismiss(used)
                raise
            self._idle.append(used)
            return row

    def _take(self) -> "LoopConnection | None":
        """The one used last, so that those not needed grow old."""
        while self._idle:
            used = self._idle.pop()
            if used.is_usable():
                return used
            self._dismiss(used)
        return None

    async def _open(self) -> "LoopConnection":
        now = asyncio.get_running_loop().time
        if now() - self._missed_at < PAUSE:
            raise OperationalError("There was no connection a moment ago.")
        try:
            return LoopConnection(await self.in_thread(_connect))
        except Exception:
            self._missed_at = now()
            raise

    def _dismiss(self, used: "LoopConnection") -> None:
        used.close()
        self._threads.submit(used.django.close)  # the pool may have to wait


def _connect() -> BaseDatabaseWrapper:
    django = connection.copy()
    django.inc_thread_sharing()
    django.ensure_connection()
    return django


def _array(texts: list[str]) -> str:
    """As PostgreSQL writes an array: psycopg's adapter of lists looks at each text before it writes any."""
    written = ('"' + text.replace("\\", r"\\").replace('"', r"\"") + '"' for text in texts)
    return "{" + ",".join(written) + "}"


class LoopConnection:
    """One statement at a time."""

    def __init__(self, django: BaseDatabaseWrapper) -> None:
        self.django = django
        self._connection: psycopg.Connection = django.connection
        self._libpq = self._connection.pgconn
        self._adapters = Transformer(self._connection)
        self._socket = self._libpq.socket
        self._prepared: dict[bytes, bytes] = {}
        self._result: pq.abc.PGresult | None = None
        self._answer: asyncio.Future[pq.abc.PGresult | None] | None = None
        self._loop = asyncio.get_running_loop()
        self._opened_at = self._loop.time()
        self._is_closed = False
        self._loop.add_reader(self._socket, self._guarded, self._read)

    def is_usable(self) -> bool:
        return not self._is_closed and self._loop.time() - self._opened_at < LONGEST

    def close(self) -> None:
        if self._is_closed:  # and its socket's number maybe another one's
            return
        self._is_closed = True
        self._loop.remove_reader(self._socket)
        self._loop.remove_writer(self._socket)
        self._connection.close()

    async def fetch_one(self, statement: Statement, parameters: Mapping[str, object]) -> Row | None:
        """Raises psycopg's errors."""
        values = self._adapters.dump_sequence(
            [_array(value) if type(value := parameters[name]) is list else value for name in statement.names],
            [PyFormat.TEXT] * len(statement.names),
        )
        if self._connection.prepare_threshold is None:
            result = await self._ask(self._libpq.send_query_params, statement.encoded, values)
        else:
            result = await self._ask(self._libpq.send_query_prepared, await self._prepare(statement), values)
        if not result.ntuples:
            return None
        self._adapters.set_pgresult(result)
        return self._adapters.load_row(0, tuple)

    async def _prepare(self, statement: Statement) -> bytes:
        """The name under which it is known to the server."""
        name = self._prepared.get(statement.encoded)
        if name is None:
            name = b"loop_%d" % len(self._prepared)
            await self._ask(self._libpq.send_prepare, name, statement.encoded)
            self._prepared[statement.encoded] = name
        return name

    async def _ask(self, send: Callable[..., None], *arguments: Any) -> pq.abc.PGresult:
        self._answer, self._result = self._loop.create_future(), None
        send(*arguments)
        self._write()
        result = await self._answer
        if result is None or result.status not in ANSWERS:
            raise psycopg.errors.error_from_result(result) if result else psycopg.OperationalError("no answer")
        return result

    def _write(self) -> None:
        if self._libpq.flush():  # there is more to send than the socket takes at once
            self._loop.add_writer(self._socket, self._guarded, self._write)
        else:
            self._loop.remove_writer(self._socket)

    def _read(self) -> None:
        """Of an idle connection too, to which the server only speaks to say farewell."""
        self._libpq.consume_input()
        while not self._libpq.is_busy():
            result = self._libpq.get_result()
            if result is None:
                if self._answer and not self._answer.done():
                    self._answer.set_result(self._result)
                return
            self._result = result

    def _guarded(self, step: Callable[[], None]) -> None:
        """What the loop calls: whoever waits for the answer learns of what goes wrong."""
        try:
            step()
        except psycopg.Error as problem:
            if self._answer and not self._answer.done():
                self._answer.set_exception(problem)
            self.close()
