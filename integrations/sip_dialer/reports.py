"""From the engine to the Calls: a thread of its own, so that no telephone ever waits for the database."""

import logging
import threading
from datetime import UTC, datetime
from queue import SimpleQueue

from django.db import Error as DatabaseError
from django.db import connections

from calls.events import CallEvent
from calls.services import apply_event
from sips.models import Voip

logger = logging.getLogger(__name__)

RETRY = 0.5
"""Seconds between two attempts while the database does not answer."""


class Reports:
    """Takes events from any thread and merges them in their order."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[tuple[CallEvent, datetime] | None] = SimpleQueue()
        self._voips: dict[str, Voip] = {}
        self._giving_up = threading.Event()
        self._thread = threading.Thread(target=self._write_all, name="sip reports", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def expect(self, reference: str, voip: Voip) -> None:
        """Before the call is placed: whose call it is."""
        self._voips[reference] = voip

    def put(self, event: CallEvent) -> None:
        self._waiting.put((event, datetime.now(UTC)))

    def finish(self, seconds: float) -> bool:
        """Write what has been told so far. False when that was not done in time."""
        self._waiting.put(None)
        self._thread.join(seconds)
        self._giving_up.set()
        return not self._thread.is_alive()

    def _write_all(self) -> None:
        for event, received_at in iter(self._waiting.get, None):
            while not self._write(event, received_at) and not self._giving_up.wait(RETRY):
                pass
            if event.is_end:
                self._voips.pop(event.provider_call_id, None)
        connections.close_all()

    def _write(self, event: CallEvent, received_at: datetime) -> bool:
        """False when it is worth trying again."""
        try:
            apply_event(event, voip=self._voips[event.provider_call_id], received_at=received_at)
        except DatabaseError:
            logger.warning("sip_report_delayed", exc_info=True, extra={"reference": event.provider_call_id})
            connections.close_all()
            return False
        except Exception:
            # A mistake in one report must not keep all that follow; the call itself ends with its last one or by expiry.
            logger.exception("sip_report_lost", extra={"reference": event.provider_call_id})
        return True
