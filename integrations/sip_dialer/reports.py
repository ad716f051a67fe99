"""From the engine's events to the Calls, in threads of their own, so that SIP never waits for the database."""

import logging
import threading
import time
from datetime import UTC, datetime
from queue import SimpleQueue
from zlib import crc32

from django.db import Error as DatabaseError
from django.db import IntegrityError, connections

from calls.events import CallEvent
from calls.services import apply_event
from sips.models import Voip

logger = logging.getLogger(__name__)

LANES = 4
"""Threads; most of a report's time is waiting for the database."""
RETRY = 0.5
"""Seconds between two attempts while the database does not answer."""


class Reports:
    """Takes events from any thread and merges them, those of one call in order."""

    def __init__(self) -> None:
        self._lanes: list[SimpleQueue[tuple[CallEvent, datetime] | None]] = [SimpleQueue() for _lane in range(LANES)]
        self._voips: dict[str, Voip] = {}
        self._giving_up = threading.Event()
        self._threads = [
            threading.Thread(target=self._write_all, args=(lane,), name="sip reports", daemon=True)
            for lane in self._lanes
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def expect(self, reference: str, voip: Voip) -> None:
        """Before the call is placed: the configuration of its reports."""
        self._voips[reference] = voip

    def put(self, event: CallEvent) -> None:
        lane = self._lanes[crc32(event.provider_call_id.encode()) % LANES]
        lane.put((event, datetime.now(UTC)))

    def finish(self, seconds: float) -> bool:
        """Write what is queued. False when that was not done in time."""
        deadline = time.monotonic() + seconds
        for lane in self._lanes:
            lane.put(None)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        self._giving_up.set()
        return not any(thread.is_alive() for thread in self._threads)

    def _write_all(self, lane: "SimpleQueue[tuple[CallEvent, datetime] | None]") -> None:
        for event, received_at in iter(lane.get, None):
            while not self._write(event, received_at) and not self._giving_up.wait(RETRY):
                pass
            if event.is_end:
                self._voips.pop(event.provider_call_id, None)
        connections.close_all()

    def _write(self, event: CallEvent, received_at: datetime) -> bool:
        """False when it is worth trying again."""
        try:
            apply_event(event, voip=self._voips[event.provider_call_id], received_at=received_at)
        except IntegrityError:
            # The configuration was deleted after the call had been given up; the call stays as it is.
            logger.warning("sip_report_refused", exc_info=True, extra={"reference": event.provider_call_id})
        except DatabaseError:
            logger.warning("sip_report_delayed", exc_info=True, extra={"reference": event.provider_call_id})
            connections.close_all()
            return False
        except Exception:
            # One faulty report must not block those that follow; the call ends with its last one or by expiry.
            logger.exception("sip_report_lost", extra={"reference": event.provider_call_id})
        return True
