"""A test bed per worker, and an engine per test.

sippy's event loop belongs to the thread that imports it, so one thread of the session imports it and runs all engines in turn.
"""

import importlib
import threading
import uuid
from collections.abc import Iterator
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest
from telephony.bed import PATIENCE, Bed, wait_until
from telephony.processes import require_programs

from calls.events import CallEvent
from integrations.outbound.addresses import parse_allowed
from integrations.sip_dialer.orders import Engine, Report, RingLimits, SipOrder

LOOPBACK = parse_allowed(["127.0.0.0/8", "::1"])
FAST = RingLimits(operator_ring=60, number_ring=60, no_response=60, keepalive=30, first_keepalive=30, glare=(0.1, 0.2))


class Runner:
    """Runs one engine after the other, in the one thread that may."""

    def __init__(self) -> None:
        self._engines: SimpleQueue[tuple[Report, SimpleQueue[Any]] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        self._over = threading.Event()

    def start(self, report: Report) -> Engine:
        answer: SimpleQueue[Engine] = SimpleQueue()
        self._over.clear()
        self._engines.put((report, answer))
        return answer.get(timeout=PATIENCE)

    def wait(self, seconds: float) -> None:
        assert self._over.wait(seconds), "the engine did not stop"

    def _run(self) -> None:
        module = importlib.import_module("integrations.sip_dialer.sippy_engine")
        while True:
            asked = self._engines.get()
            if asked is None:
                return
            report, answer = asked
            engine = module.SippyEngine(report, allowed=LOOPBACK)
            answer.put(engine)
            engine.run()
            self._over.set()


class Dialer:
    """An engine, and what it told."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner
        self.events: list[CallEvent] = []
        self.engine = runner.start(self.events.append)
        self._stopped = False

    def place(self, port: int, number: str, *, limits: RingLimits = FAST, **fields: Any) -> str:
        """Dial by the test bed's account unless told otherwise; returns the reference."""
        account = {"host": "127.0.0.1", "username": "crm", "password": "secretcrm", "operator": "100"}
        reference = f"vcrm-{uuid.uuid4().hex}"
        self.engine.place(SipOrder(reference=reference, port=port, number=number, limits=limits, **(account | fields)))
        return reference

    def of(self, reference: str) -> list[CallEvent]:
        return [event for event in self.events if event.provider_call_id == reference]

    def wait_for(self, reference: str, status: str, *, seconds: float = PATIENCE) -> CallEvent:
        def told() -> bool:
            return any(event.status == status for event in self.of(reference))

        def statuses() -> list[str]:
            return [f"{event.status} {event.reason}".strip() for event in self.of(reference)]

        wait_until(told, seconds=seconds, what=lambda: f"{status} (told: {statuses()})")
        return next(event for event in self.of(reference) if event.status == status)

    def end_of(self, reference: str, *, seconds: float = PATIENCE) -> CallEvent:
        def ended() -> bool:
            return any(event.is_end for event in self.of(reference))

        wait_until(ended, seconds=seconds, what="the end")
        (end,) = [event for event in self.of(reference) if event.is_end]
        return end

    def stop(self) -> None:
        if not self._stopped:
            self._stopped = True
            self.engine.drain(0.5)
            self._runner.wait(PATIENCE)


@pytest.fixture(scope="session")
def runner() -> Runner:
    return Runner()


@pytest.fixture
def dialer(runner: Runner) -> Iterator[Dialer]:
    dialer = Dialer(runner)
    yield dialer
    dialer.stop()


@pytest.fixture
def bed(tmp_path: Path) -> Iterator[Bed]:
    """A telephone company of the test's own."""
    require_programs()
    bed = Bed(tmp_path)
    yield bed
    bed.stop()
