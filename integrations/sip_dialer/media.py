"""Keeping two telephones told of each other's media, so that their sound goes directly from one to the other.

Each `Party` has what it says of itself and what it was last given of the other. Whenever the two do not match, it is offered the newer
(re-INVITE). That one rule joins the two after the second answer, lets the first hear an announcement before it (early media), and carries a
hold, a resume or a change of codec to the other side.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from integrations.sip_dialer import sdp
from integrations.sip_dialer.legs import Clock, Leg

TRIES = 4
"""Of one offer that is refused only for the moment."""
ROUNDS = 8
"""Offers to one telephone, since one of them last changed by itself, until the two agree. Those that change their mind with every offer are left
as they are."""


@dataclass(eq=False, kw_only=True)
class Party:
    leg: Leg
    connected: bool = False
    said: str = ""
    "What the telephone last said of its own media; with early media before it is connected."
    given: str = ""
    "The other one's media as this telephone last accepted it."
    offering: str = ""
    "The other one's media as it is being offered to this telephone now."
    declined: str = ""
    "An offer this telephone does not take."
    asking: bool = False
    "Whether this telephone has made an offer that waits for the other one's answer."
    tries: int = 0
    rounds: int = 0


class Media:
    """The media of one call. `joined` is called when the first telephone has taken the answered second one's, `refused` when it will not."""

    def __init__(
        self,
        first: Party,
        *,
        silence: str,
        clock: Clock,
        glare: tuple[float, float],
        joined: Callable[[], None],
        refused: Callable[[int, str], None],
    ) -> None:
        self.first = first
        self.second: Party | None = None
        first.given = silence
        self._clock, self._glare = clock, glare
        self._joined, self._refused = joined, refused

    def align(self) -> None:
        """Offer each telephone what it does not know yet of the other."""
        second = self.second
        if second is None:
            return
        for party, other in ((self.first, second), (second, self.first)):
            if other.said and party.connected and not party.offering and not other.asking:
                self._offer(party, other.said)
        if second.connected and sdp.is_same(self.first.given, second.said):
            self._joined()

    def _offer(self, party: Party, description: str) -> None:
        known = sdp.is_same(party.given, description) or (party.declined and sdp.is_same(party.declined, description))
        if known or party.rounds >= ROUNDS:
            return
        party.rounds += 1
        party.offering = description
        party.leg.offer(description)

    def answered(self, party: Party, description: str | None) -> None:
        """The telephone has answered the call. Without a description the one it sent while ringing holds."""
        party.connected = True
        party.said = description or party.said
        self.first.declined = ""  # what was refused as early media is asked once more now that it matters
        if not sdp.has_audio(party.said):
            self._refused(488, "The telephone takes no sound")
        elif party is not self.first:
            self.align()

    def accepted(self, party: Party, description: str | None) -> None:
        party.given, party.offering, party.tries = party.offering, "", 0
        party.said = description or party.said
        other = self._other(party)
        if other is not None and other.asking:
            other.asking = False
            other.given = party.said
            other.leg.answer(party.said)
        self.align()

    def turned_down(self, party: Party, code: int, words: str, retry: bool) -> None:
        """The telephone refused our offer, finally or for the moment."""
        offer, party.offering = party.offering, ""
        other = self._other(party)
        if other is not None and other.asking:
            other.asking = False
            other.said = party.given  # it stays with what it had
            other.leg.refuse(code, words)
        elif retry and party.tries < TRIES:
            party.tries += 1
            self._clock.after(random.uniform(*self._glare), self.align)  # noqa: S311 - not a secret
        else:
            party.declined = offer
            if party is self.first and other is not None and other.connected:
                self._refused(code, words)

    def offered(self, party: Party, description: str) -> None:
        """A telephone wants to change its media: hold, resume, another codec or address."""
        other = self._other(party)
        self._begin_anew()
        if other is None or not other.connected:
            party.said = description
            party.leg.answer(party.given)
            self.align()
        elif other.offering:
            party.leg.refuse(491, "Request Pending")
        else:
            party.asking, party.said = True, description
            other.offering, other.declined = description, ""
            other.leg.offer(description)

    def changed(self, party: Party, description: str) -> None:
        """A telephone that left the offer to us was given the other one's sound without any hold, and answered so."""
        party.said, party.given = description, sdp.resumed(party.given)
        other = self._other(party)
        if other is not None:
            other.said = sdp.resumed(other.said)  # until it answers what it is offered now
        self._begin_anew()
        self.align()

    def _begin_anew(self) -> None:
        for party in (self.first, self.second):
            if party is not None:
                party.rounds = 0

    def _other(self, party: Party) -> Party | None:
        return self.second if party is self.first else self.first
