"""A dialer's periodic work: its heartbeat, hang-ups that staff ask for, and the calls of dead dialers."""

import logging
import threading
import time

from django.db import Error as DatabaseError
from django.db import connections

from calls.models import Call
from integrations.sip_dialer import presence
from integrations.sip_dialer.orders import Engine

logger = logging.getLogger(__name__)

STEP = 0.25
"""Seconds between two looks for hang-ups: one index look-up on `held_by`."""
SETTLE = 5.0


class Housekeeping:
    def __init__(self, name: str, engine: Engine) -> None:
        self._name, self._engine = name, engine
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="sip housekeeping", daemon=True)
        self._next_beat = 0.0
        self._next_settling = time.monotonic() + presence.DEAD.total_seconds()

    def start(self) -> None:
        """The first heartbeat is written when this returns: nothing may be claimed before. Raises DatabaseError."""
        self._beat()
        self._thread.start()

    def stop(self, seconds: float) -> None:
        self._stopping.set()
        self._thread.join(seconds)

    def _keep(self) -> None:
        while not self._stopping.wait(STEP):
            try:
                self._step()
            except DatabaseError:
                logger.warning("sip_housekeeping_delayed", exc_info=True)
                connections.close_all()
                # While the database was gone no dialer could write its heartbeat: give them time.
                self._next_settling = time.monotonic() + presence.DEAD.total_seconds()
        connections.close_all()

    def _step(self) -> None:
        now = time.monotonic()
        if now >= self._next_beat:
            self._beat()
        wanted = Call.everything.in_progress().filter(held_by=self._name, hangup_requested_at__isnull=False)
        for reference in wanted.values_list("reference", flat=True):
            self._engine.hang_up(reference)
        if now >= self._next_settling:
            self._next_settling = now + SETTLE
            if lost := presence.settle_dead():
                logger.warning("sip_calls_lost", extra={"calls": lost})

    def _beat(self) -> None:
        presence.beat(self._name, self._engine.live)
        self._next_beat = time.monotonic() + presence.BEAT.total_seconds()
