"""Offer and answer (RFC 3264) between two telephones, so that their RTP goes directly from one to the other.

Each `Party` has its remote SDP (the telephone's own) and its local SDP (the other telephone's, as this one last accepted it). Where a party's local
SDP is not the other's remote SDP, it is offered the newer one by re-INVITE. That one rule joins the two after the second answer, lets the first
hear early media, and carries hold, resume and a change of codec to the other side.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass

from integrations.sip_dialer import sdp
from integrations.sip_dialer.legs import Clock, Leg

RETRIES = 4
"""Of one offer that is refused temporarily (glare)."""
MOST_OFFERS = 8
"""To one telephone, since either last changed its media by itself. Two that answer every offer with another SDP are left as they are."""


@dataclass(eq=False, kw_only=True)
class Party:
    leg: Leg
    connected: bool = False
    remote_sdp: str = ""
    "The telephone's own; with early media before it is connected."
    local_sdp: str = ""
    "The other telephone's, as this one last accepted it."
    offered_sdp: str = ""
    "The other telephone's, while it is being offered to this one."
    declined_sdp: str = ""
    "An offer that this telephone has refused."
    awaits_answer: bool = False
    "Whether an offer of this telephone waits for the other one's answer."
    retries: int = 0
    offers_made: int = 0


class Media:
    """The media of one call. `joined` is called when the first telephone has accepted the SDP of the second one's answer, `refused` when it
    has refused it."""

    def __init__(
        self,
        first: Party,
        *,
        silence: str,
        clock: Clock,
        glare: tuple[float, float],
        joined: Callable[[], None],
        refused: Callable[[Leg, int, str], None],
    ) -> None:
        self.first = first
        self.second: Party | None = None
        first.local_sdp = self._silence = silence
        self._clock, self._glare = clock, glare
        self._joined, self._refused = joined, refused

    def align(self) -> None:
        """Offer each telephone the other's SDP where it has not accepted that yet."""
        second = self.second
        if second is None:
            return
        for party, other in ((self.first, second), (second, self.first)):
            if other.remote_sdp and party.connected and not party.offered_sdp and not other.awaits_answer:
                self._offer(party, other.remote_sdp)
        if second.connected and sdp.is_same(self.first.local_sdp, second.remote_sdp):
            self._joined()

    def _offer(self, party: Party, description: str) -> None:
        known = sdp.is_same(party.local_sdp, description) or (
            party.declined_sdp and sdp.is_same(party.declined_sdp, description)
        )
        if known or party.offers_made >= MOST_OFFERS:
            return
        party.offers_made += 1
        party.offered_sdp = description
        party.leg.offer(description)

    def answered(self, party: Party, description: str | None) -> None:
        """The telephone has answered the call. Without an SDP in the 2xx that of its 18x holds."""
        party.connected = True
        party.remote_sdp = description or party.remote_sdp
        self.first.declined_sdp = ""  # what was refused as early media is offered once more now that it matters
        if not sdp.has_audio(party.remote_sdp):
            self._refused(party.leg, 488, "The telephone accepts no audio")
        elif party is not self.first:
            self.align()

    def accepted(self, party: Party, description: str | None) -> None:
        party.local_sdp, party.offered_sdp, party.retries = party.offered_sdp, "", 0
        party.remote_sdp = description or party.remote_sdp
        other = self._other(party)
        if other is not None and other.awaits_answer:
            other.awaits_answer = False
            other.local_sdp = party.remote_sdp
            other.leg.answer(party.remote_sdp)
        self.align()

    def refresh(self, party: Party) -> bool:
        """Offer the SDP in force again. False while another offer is under way. Leads to `accepted` or `kept`."""
        other = self._other(party)
        if (
            not party.connected
            or party.offered_sdp
            or party.awaits_answer
            or (other is not None and other.awaits_answer)
        ):
            return False
        party.offered_sdp = party.local_sdp
        party.leg.offer(party.local_sdp)
        return True

    def kept(self, party: Party) -> None:
        """The telephone refused a refresh, which changes nothing."""
        party.offered_sdp = ""
        self.align()

    @property
    def is_silent(self) -> bool:
        """Whether the first telephone still has the black-hole SDP."""
        return self.first.connected and sdp.is_same(self.first.local_sdp, self._silence)

    def turned_down(self, party: Party, code: int, phrase: str, retry: bool) -> None:
        """The telephone refused our offer, for good or temporarily."""
        offer, party.offered_sdp = party.offered_sdp, ""
        other = self._other(party)
        if other is not None and other.awaits_answer:
            other.awaits_answer = False
            other.remote_sdp = party.local_sdp  # its earlier SDP stays in force
            other.leg.refuse(code, phrase)
        elif retry and party.retries < RETRIES:
            party.retries += 1
            party.offers_made -= 1  # the same offer once more is no other one
            self._clock.after(random.uniform(*self._glare), self.align)
        else:
            party.declined_sdp = offer
            if party is self.first and other is not None and other.connected:
                self._refused(party.leg, code, phrase)

    def offered(self, party: Party, description: str) -> None:
        """A telephone wants to change its media: hold, resume, another codec or address."""
        other = self._other(party)
        self._reset_offers_made()
        if other is None or not other.connected:
            party.remote_sdp = description
            party.leg.answer(party.local_sdp)
            self.align()
        elif other.offered_sdp:
            party.leg.refuse(491, "Request Pending")
        else:
            party.awaits_answer, party.remote_sdp = True, description
            other.offered_sdp, other.declined_sdp = description, ""
            other.leg.offer(description)

    def changed(self, party: Party, description: str) -> None:
        """After a re-INVITE without an offer: the telephone got the other one's SDP without hold, and answered with this."""
        party.remote_sdp, party.local_sdp = description, sdp.resumed(party.local_sdp)
        other = self._other(party)
        if other is not None:
            other.remote_sdp = sdp.resumed(other.remote_sdp)  # until it answers what it is offered now
        self._reset_offers_made()
        self.align()

    def _reset_offers_made(self) -> None:
        for party in (self.first, self.second):
            if party is not None:
                party.offers_made = 0

    def _other(self, party: Party) -> Party | None:
        return self.second if party is self.first else self.first
