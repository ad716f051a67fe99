"""Open desks that ask, and a server that answers them in place of the product."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from queue import Queue
from threading import Event, Thread
from time import monotonic, sleep

from bench.desk_clients import EVERY, Desk, connected
from bench.product import HOST

SETTLED = 2 * EVERY + 0.5
"""Seconds after which each desk has asked twice."""


@contextmanager
def nothing_new() -> Iterator[int]:
    """The port of a server in this process that answers every question with 204 and no work: what remains is what the clients take."""
    ports: Queue[int] = Queue()
    closing = Event()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    async def serve() -> None:
        server = await asyncio.start_server(answer, HOST, 0)
        ports.put(server.sockets[0].getsockname()[1])
        while not closing.is_set():
            await asyncio.sleep(0.2)
        server.close()

    thread = Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    try:
        yield ports.get()
    finally:
        closing.set()
        thread.join()


class Open:
    """Desks in a thread of their own, as wrk blocks; they keep their connections, and so their web process, as a browser does."""

    def __init__(self, desks: Sequence[Desk]) -> None:
        self._desks = desks
        self._asking, self._closing = Event(), Event()
        self._thread = Thread(target=lambda: asyncio.run(self._keep_open()))

    @contextmanager
    def kept(self) -> Iterator[None]:
        self._thread.start()
        try:
            yield
        finally:
            self._closing.set()
            self._thread.join()

    @contextmanager
    def asking(self) -> Iterator[None]:
        """They ask meanwhile; each has done so twice before."""
        self._asking.set()
        sleep(SETTLED)
        try:
            yield
        finally:
            self._asking.clear()

    async def _keep_open(self) -> None:
        await asyncio.gather(*(self._keep(desk, place) for place, desk in enumerate(self._desks)))

    async def _keep(self, desk: Desk, place: int) -> None:
        """A question every EVERY seconds, evenly spread."""
        await asyncio.sleep(EVERY * place / len(self._desks))
        async with connected(desk.port) as connection:
            due = monotonic()
            while not self._closing.is_set():
                if self._asking.is_set():
                    await desk.ask(connection)
                due = max(due + EVERY, monotonic())  # as a browser: so long after the last question, or at once
                await asyncio.sleep(due - monotonic())
