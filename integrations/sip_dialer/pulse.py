"""Notices a telephone that vanished in the middle of a call: nothing is sent to hang up when its cable is pulled."""

from collections.abc import Callable
from time import monotonic
from typing import Any

from integrations.sip_dialer.dialog import Reply
from integrations.sip_dialer.leg import Leg
from integrations.sip_dialer.shield import Breakable, shielded
from integrations.sip_dialer.transactions import call_later

MOST_MISSED = 2
_RECHECK_SECONDS = 1.0


class Pulse:
    """Asks within the dialog (OPTIONS). Any answer is a sign of life but "no such call" and "it did not answer me" (RFC 5057)."""

    def __init__(self, leg: Leg, *, seconds: float, owner: Breakable, on_silence: Callable[[Leg, Reply], None]) -> None:
        self.last_seen = monotonic()
        self._leg = leg
        self._seconds = seconds
        self._owner = owner
        self._on_silence = on_silence
        self._missed = 0
        self._timer: Any = call_later(seconds, self._ask)

    def stop(self) -> None:
        self._timer.cancel()

    def broke(self) -> None:
        self._owner.broke()

    @shielded
    def _ask(self) -> None:
        if self._leg.is_talking:
            self._leg.ask_alive(self._receive)

    @shielded
    def _receive(self, reply: Reply) -> None:
        if reply.code < 200 or not self._leg.is_talking:
            return
        if reply.code not in (408, 481):
            self._missed = 0
            self.last_seen = monotonic()
            self._timer = call_later(self._seconds, self._ask)
            return
        self._missed += 1
        if self._missed < MOST_MISSED:
            self._timer = call_later(min(self._seconds, _RECHECK_SECONDS), self._ask)
        else:
            self._on_silence(self._leg, reply)
