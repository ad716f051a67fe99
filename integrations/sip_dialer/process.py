"""A dialer: the engine in the main thread, and around it threads that wait for the database, so that it need not.

taker            claims what has come into the queue "sip", and places it
worker           takes the other jobs of that queue, and those that the taker has left
reports          merge what the engine reports into the calls
housekeeping     heartbeat, hang-ups that staff ask for, calls of dead dialers
"""

import asyncio
import importlib
import logging
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from secrets import token_hex
from types import FrameType
from typing import Protocol

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import connections

from integrations.jobs import work
from integrations.sip_dialer import presence
from integrations.sip_dialer.housekeeping import STEP, Housekeeping
from integrations.sip_dialer.line_tests import LineTests, Registrars
from integrations.sip_dialer.order_intake import OrderIntake
from integrations.sip_dialer.orders import Engine
from integrations.sip_dialer.pacing import Pacing
from integrations.sip_dialer.reports import Reports

logger = logging.getLogger(__name__)

QUEUE = "sip"
AT_ONCE = 8
"""Batches of requests being claimed and resolved at the same time; it does not limit calls."""
SWITCH = 0.001
"""Seconds for which a thread may keep the others waiting: the one that serves the telephones gives way at each datagram it sends, and
Python's own 5 ms would add up."""
WORKER, DRAIN, ALL = 0.4, 1.6, 3.8
"""Seconds at SIGTERM: for jobs under way, for the BYEs to be answered, and in all with the last reports. Less than the five after which a process
manager kills."""


def run() -> None:
    """Dial until SIGTERM or SIGINT."""
    name = f"{socket.gethostname()}:{os.getpid()}:{token_hex(4)}"
    reports = Reports()
    pacing = Pacing()
    engine = _make_engine(reports, pacing)
    intake = OrderIntake.current = OrderIntake(name, engine, reports, pacing)
    housekeeping, worker = Housekeeping(name, engine), Worker(intake.take_waiting)
    LineTests.current = LineTests(engine)

    stopped_at: list[float] = []

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped_at.append(time.monotonic())
        # Not here: claiming may hold the intake's lock, and this thread must go on serving the telephones.
        threading.Thread(target=_drain, args=(intake, worker, engine), daemon=True).start()

    sys.setswitchinterval(SWITCH)
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    reports.start()
    housekeeping.start()
    worker.start()
    logger.info("sip_dialer_started", extra={"dialer": name})
    engine.run()
    housekeeping.stop(STEP)
    if reports.finish(ALL - (time.monotonic() - stopped_at[0])):
        _leave(name)
    logger.info("sip_dialer_stopped", extra={"dialer": name})


class DialerEngine(Engine, Registrars, Protocol):
    """Places calls, and asks registrars."""


def _make_engine(reports: Reports, pacing: Pacing) -> DialerEngine:
    # The event loop of sippy belongs to the thread that imports it, and no other process has any use for it.
    module = importlib.import_module("integrations.sip_dialer.sippy_engine")
    engine: DialerEngine = module.SippyEngine(
        reports.put, heard=pacing.heard, allowed=settings.OUTBOUND_ALLOWED, port=settings.SIP_LOCAL_PORT
    )
    return engine


def _leave(name: str) -> None:
    """Without a database this dialer counts as dead after a while, and another one settles its calls."""
    connections.close_all()  # this thread's is as old as the process, and the database may have been restarted since
    try:
        presence.leave(name)
    except DatabaseError:
        logger.warning("sip_dialer_leave_failed", exc_info=True)


def _drain(intake: OrderIntake, worker: "Worker", engine: Engine) -> None:
    intake.close()
    worker.stop(WORKER)
    engine.drain(DRAIN)


class Worker:
    """Works on the queue in a thread, so that calls go on whatever it waits for."""

    def __init__(self, take_waiting: Callable[[], None]) -> None:
        """take_waiting: called whenever something has come into the queue, before the worker fetches what is left."""
        self._take_waiting = take_waiting
        self._taker = ThreadPoolExecutor(1, "sip taker")
        self._thread = threading.Thread(target=self._work, name="sip worker", daemon=True)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._stopping = threading.Event()

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Take no more jobs; those under way are waited for so long."""
        self._stopping.set()
        if self._loop is not None and self._task is not None and self._thread.is_alive():
            with suppress(RuntimeError):  # its loop is closed already
                self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(seconds)

    def _work(self) -> None:
        try:
            asyncio.run(self._run())
        except asyncio.CancelledError:
            pass
        except Exception:
            logger.exception("sip_worker_died")
            os.kill(
                os.getpid(), signal.SIGTERM
            )  # a dialer that takes no orders is none: let the process manager start another

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        working = work(self._look, queues=[QUEUE], concurrency=AT_ONCE, shutdown_graceful_timeout=WORKER)
        self._task = asyncio.create_task(working)
        if self._stopping.is_set():  # stopped while this was starting
            self._task.cancel()
        await self._task

    async def _look(self) -> None:
        await asyncio.get_running_loop().run_in_executor(self._taker, self._take_waiting)
