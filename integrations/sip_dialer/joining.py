"""Carries between two telephones what each says of its media: when they are first joined, and whenever one changes it."""

import logging
from collections.abc import Callable

from integrations.sip_dialer import sdp
from integrations.sip_dialer.dialog import Reply
from integrations.sip_dialer.leg import Leg
from integrations.sip_dialer.transactions import Address

MOST_ROUNDS = 6
"Offers of ours in a row before we believe that two telephones will never settle."

_PENDING = Reply(491, "Request Pending")

logger = logging.getLogger(__name__)


class Joint:
    """Neither telephone is told anything while an offer of either is under way, so two offers of ours never meet."""

    def __init__(
        self, *, silence_at: Address, on_joined: Callable[[], None], on_refused: Callable[[Reply], None]
    ) -> None:
        self.operator: Leg | None = None
        self.number: Leg | None = None
        self.is_joined = False
        self._silence_at = silence_at
        self._on_joined = on_joined
        self._on_refused = on_refused
        self._is_open = False
        self._plays_early = False
        self._rounds = 0

    @property
    def legs(self) -> list[Leg]:
        return [leg for leg in (self.operator, self.number) if leg is not None]

    def other(self, leg: Leg) -> Leg | None:
        return self.number if leg is self.operator else self.operator

    def play_early(self) -> None:
        """Let the operator hear the network's ringing tone or announcement. Only the first branch of a fork is heard."""
        assert self.operator is not None and self.number is not None
        if self.number.media.heard and not self._plays_early and not self.operator.media.is_busy:
            self._plays_early = True
            self.operator.media.offer(self.number.media.heard)

    def open(self) -> None:
        """The number has answered. Ends in `on_joined` or `on_refused`, unless a telephone says nothing."""
        self._is_open = True
        self._synchronise()

    def offered(self, leg: Leg) -> None:
        other = self.other(leg)
        if other is None or not other.is_talking:
            leg.media.answer(sdp.silent_answer(leg.media.heard, *self._silence_at))
        elif other.media.is_busy:
            leg.media.refuse(_PENDING)
        else:
            self._rounds = 0
            other.media.offer(leg.media.heard)

    def agreed(self, leg: Leg) -> None:
        other = self.other(leg)
        if other is not None and other.media.has_offer:
            other.media.answer(leg.media.heard)
        if self._is_open:
            self._synchronise()

    def disagreed(self, leg: Leg, reply: Reply) -> None:
        other = self.other(leg)
        if other is not None and other.media.has_offer:
            other.media.refuse(reply)
        elif not self._is_open:
            logger.debug("the operator's telephone does not play what comes before the answer: %s", reply)
        elif reply.code == _PENDING.code:
            leg.media.wait()
        elif not self.is_joined:
            self._on_refused(reply)

    def _synchronise(self) -> None:
        """Tell each telephone where the other's sound is until both know."""
        assert self.operator is not None and self.number is not None
        if self.operator.media.is_busy or self.number.media.is_busy:
            return
        for leg, other in ((self.operator, self.number), (self.number, self.operator)):
            if not sdp.same_media(leg.media.told, other.media.heard):
                self._rounds += 1
                if self._rounds <= MOST_ROUNDS:
                    leg.media.offer(other.media.heard)
                return
        self._rounds = 0
        if not self.is_joined:
            self.is_joined = True
            self._on_joined()
