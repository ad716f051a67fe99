"""Whether a telephone that has answered is still in the call: in-dialog OPTIONS, and what the responses mean.

A proxy answers for a telephone that is gone, so not every response is a sign of life.
"""

import time
from collections.abc import Callable

from integrations.sip_dialer.legs import Clock, Timer
from integrations.sip_dialer.orders import RingLimits

MISSES = frozenset({0, 404, 408, 410, 430, 477, 478, 480, 481, 500, 502, 503, 504, 604})
"""No response (0), or the dialog or the telephone is not known or not reached any more (RFC 3261, 12.2.1.2; RFC 5057, 5.1; 477 and 478 are
Kamailio's for a next hop that it cannot send to). Any other response comes from a telephone that knows the dialog, even if not the method."""
MAY_BE_ALIVE = frozenset({404})
"""What a living telephone may answer to every OPTIONS: JsSIP does where the address is not the one it expects (its issue 644), Asterisk where its
`contact_user` is no extension."""
MOST_MISSES = 3
"""In a row; then the telephone counts as gone. Not one alone: a restarting proxy answers so for all its telephones."""
MOST_SILENCES = 2
"""Of those, misses without any response, each after 32 seconds of retransmissions (timer F)."""


class Keepalive:
    """send: sends OPTIONS or, with True, a re-INVITE with the SDP in force, which every telephone understands.
    gone: called once, with the code and the reason phrase of the last miss."""

    def __init__(
        self, *, clock: Clock, limits: RingLimits, send: Callable[[bool], None], gone: Callable[[int, str], None]
    ) -> None:
        self._clock, self._limits, self._send, self._gone = clock, limits, send, gone
        self._understands = True
        self._timer: Timer | None = None
        self.begin()

    def begin(self) -> None:
        """Start over with short pauses: at the answer, and again when the two are joined."""
        self._pause = min(self._limits.first_keepalive, self._limits.keepalive)
        self._misses = self._silences = 0
        self.seen = time.monotonic()
        """The last sign of life, on the monotonic clock."""
        self._wait(self._pause)

    def answered(self, code: int, phrase: str) -> None:
        """The keepalive; code 0 when no response came."""
        if code in MISSES:
            self._miss(code, phrase)
            return
        self.seen, self._misses, self._silences = time.monotonic(), 0, 0
        self._pause = min(2 * self._pause, self._limits.keepalive)
        self._wait(self._pause)

    def postpone(self) -> None:
        """No keepalive could be sent now."""
        self._wait(self._limits.keepalive_retry)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _miss(self, code: int, phrase: str) -> None:
        self._misses += 1
        self._silences += code == 0
        if self._misses >= MOST_MISSES or self._silences >= MOST_SILENCES:
            if self._understands and code in MAY_BE_ALIVE:
                self._understands, self._misses = False, MOST_MISSES - 1
                self._send(True)
            else:
                self._gone(code, phrase)
        else:
            self._wait(0 if code == 0 else min(self._limits.keepalive, self._limits.keepalive_retry))

    def _wait(self, seconds: float) -> None:
        self.stop()
        self._timer = self._clock.after(seconds, lambda: self._send(not self._understands))
