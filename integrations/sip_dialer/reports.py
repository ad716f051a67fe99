"""From the engine's events to the Calls, in a thread of its own, so that SIP never waits for the database.

Whatever has come while one transaction was written is the next one: a single report is written at once, and of hundreds a second many share a commit.
"""

import logging
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from queue import Empty, SimpleQueue

from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, connections

from calls.events import CallEvent
from calls.several_reports import DialerReport, report_several
from sips.models import Voip

logger = logging.getLogger(__name__)

MOST = 256
"""Reports in one transaction."""
GATHER = 0.05
"""Seconds between the beginnings of two transactions: a report that comes after a pause is written at once, those in a crowd together."""
RETRY = 0.5
"""Seconds between two attempts while the database does not answer."""

Waiting = tuple[CallEvent, datetime]


class Reports:
    """Takes events from any thread and merges them, those of one call in order."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[Waiting | None] = SimpleQueue()
        self._voips: dict[str, Voip] = {}
        self._giving_up = threading.Event()
        self._thread = threading.Thread(target=self._write_all, name="sip reports", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def expect(self, reference: str, voip: Voip) -> None:
        """Before the call is placed: the configuration of its reports."""
        self._voips[reference] = voip

    def put(self, event: CallEvent) -> None:
        self._waiting.put((event, datetime.now(UTC)))

    def finish(self, seconds: float) -> bool:
        """Write what is queued. False when that was not done in time."""
        deadline = time.monotonic() + seconds
        self._waiting.put(None)
        self._thread.join(max(0.0, deadline - time.monotonic()))
        self._giving_up.set()
        return not self._thread.is_alive()

    def _write_all(self) -> None:
        is_over, began = False, -GATHER
        while not is_over:
            time.sleep(max(0.0, began + GATHER - time.monotonic()))
            taken, is_over = self._take()
            began = time.monotonic()
            while not self._write(taken) and not self._giving_up.wait(RETRY):
                pass
            for event, _received_at in taken:
                if event.is_end:
                    self._voips.pop(event.provider_call_id, None)
        connections.close_all()

    def _take(self) -> tuple[list[Waiting], bool]:
        """Waits for one, and takes those behind it along. Whether it was the last."""
        taken: list[Waiting] = []
        one = self._waiting.get()
        while one is not None:
            taken.append(one)
            if len(taken) == MOST:
                return taken, False
            try:
                one = self._waiting.get_nowait()
            except Empty:
                return taken, False
        return taken, True

    def _write(self, taken: Sequence[Waiting]) -> bool:
        """False when it is worth trying again: nothing of it is stored then."""
        references = [event.provider_call_id for event, _received_at in taken]
        try:
            if taken:
                report_several([DialerReport(event, self._voips[event.provider_call_id], at) for event, at in taken])
        except (OperationalError, InterfaceError):
            logger.warning("sip_reports_delayed", exc_info=True, extra={"references": references})
            connections.close_all()
            return False
        except Exception as problem:
            if len(taken) > 1:  # one faulty report must not take the others with it
                return all(self._write_alone(each) for each in taken)
            # Such as one whose configuration was deleted after the call had been given up: the call stays as it is, or ends by expiry.
            level = logging.WARNING if isinstance(problem, DatabaseError) else logging.ERROR
            logger.log(level, "sip_report_lost", exc_info=True, extra={"references": references})
        return True

    def _write_alone(self, one: Waiting) -> bool:
        while not self._write([one]):
            if self._giving_up.wait(RETRY):
                return False
        return True
