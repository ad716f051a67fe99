"""Offer and answer with one telephone (RFC 3264 in RFC 3261 dialogs): one at a time, in either direction."""

import random
from typing import Any, Protocol

from integrations.sip_dialer import sdp
from integrations.sip_dialer.dialog import Dialog, Exchange, Reply, reply_of, session_of
from integrations.sip_dialer.shield import shielded
from integrations.sip_dialer.transactions import Address, Answer, call_later

PATIENCE_SECONDS = (2.1, 4.0)
"After two offers met: who chose the Call-ID, and that is us, waits that long (RFC 3261, section 14.1)."

_TRYING = Reply(100, "Trying")
_OK = Reply(200, "OK")
_PENDING = Reply(491, "Request Pending")
_ENDED = Reply(487, "Request Terminated")


class Owner(Protocol):
    """The leg whose telephone it is."""

    def agreed(self) -> None: ...

    def disagreed(self, reply: Reply) -> None: ...

    def offered(self) -> None: ...

    def vanished(self, reply: Reply) -> None: ...

    def broke(self) -> None: ...


class Negotiation:
    def __init__(self, dialog: Dialog, owner: Owner) -> None:
        self.told = ""
        "What the telephone was last told of the other one's media."
        self.heard = ""
        "What it last said of its own."
        self._dialog = dialog
        self._owner = owner
        self._before = ("", "")
        self._session = random.getrandbits(31)
        self._version = 0
        self._last_body = ""
        self._own_offer: Exchange | None = None
        self._their_offer: Any = None
        self._awaits_ack = False
        self._patience: Any = None

    @property
    def is_busy(self) -> bool:
        """An offer is under way, theirs or ours: another would collide with it."""
        return bool(self._is_offering or self._their_offer or self._awaits_ack or self._patience)

    @property
    def has_offer(self) -> bool:
        """The telephone waits for our answer."""
        return self._their_offer is not None

    def tell(self, description: str) -> str:
        """The body that tells of this media, as a further version of one session."""
        self.told = description
        self._version += 1
        address = self._dialog.line.local_address
        self._last_body = sdp.with_origin(description, session=self._session, version=self._version, address=address)
        return self._last_body

    def offer(self, description: str) -> None:
        """Ends in `agreed`, `disagreed` or `vanished`."""
        self._before = self.told, self.heard
        self._own_offer = self._dialog.ask("INVITE", self._receive_refusal, body=self.tell(description))

    def succeed(self, response: Any, source: Address) -> None:
        """A 200 to our offer, or one repeated because its ACK was lost."""
        self._dialog.acknowledge(response)
        offer = self._own_offer
        if offer is None or offer.is_over or offer.cseq != response.getHFBody("cseq").getCSeqNum():
            return
        offer.succeed()
        self._dialog.refresh(response, source)
        self.heard = session_of(response) or self.heard
        self._owner.agreed()

    def receive(self, request: Any) -> Answer | None:
        """The telephone's offer, its question for ours, or its sign of life."""
        if self._is_offering or self._their_offer is not None:
            self._dialog.respond(request, _PENDING)
            return None
        description = session_of(request)
        self._dialog.refresh(request, request.getSource())
        self._dialog.respond(request, _TRYING)
        if not description or sdp.unchanged(description, self.heard):
            self._accept(request, self._last_body)
        else:
            self._before = self.told, self.heard
            self.heard = description
            self._their_offer = request
            self._owner.offered()
        return None, self._withdraw, self._give_up

    def answer(self, description: str) -> None:
        request, self._their_offer = self._their_offer, None
        self._accept(request, self.tell(description))

    def refuse(self, reply: Reply) -> None:
        request, self._their_offer = self._their_offer, None
        self.told, self.heard = self._before
        self._dialog.respond(request, reply)

    def wait(self) -> None:
        """Two offers have met. `agreed` is said when ours may be made again."""
        self._patience = call_later(random.uniform(*PATIENCE_SECONDS), self._resume)  # noqa: S311  not a secret

    def close(self) -> None:
        """The call is over."""
        if self._their_offer is not None:
            self.refuse(_ENDED)
        if self._patience is not None:
            self._patience.cancel()
            self._patience = None

    def broke(self) -> None:
        self._owner.broke()

    @property
    def _is_offering(self) -> bool:
        return self._own_offer is not None and not self._own_offer.is_over

    def _accept(self, request: Any, body: str) -> None:
        self._awaits_ack = True
        self._dialog.respond(request, _OK, body=body, on_ack=self._conclude)

    @shielded
    def _receive_refusal(self, response: Any) -> None:
        reply = reply_of(response)
        if reply.code < 300:
            return
        self.told, self.heard = self._before
        if reply.code in (408, 481):
            self._owner.vanished(reply)
        else:
            self._owner.disagreed(reply)

    @shielded
    def _conclude(self, ack: Any) -> None:
        self._awaits_ack = False
        self.heard = session_of(ack) or self.heard
        self._owner.agreed()

    @shielded
    def _withdraw(self, _at: object, _request: object) -> None:
        """The telephone canceled its offer; sippy has said 487."""
        if self._their_offer is not None:
            self._their_offer = None
            self.told, self.heard = self._before
            self._owner.agreed()

    @shielded
    def _give_up(self) -> None:
        """No ACK came for our 200."""
        if self._awaits_ack:
            self._awaits_ack = False
            self._owner.vanished(Reply(408, "Request Timeout", is_local=True))

    @shielded
    def _resume(self) -> None:
        self._patience = None
        self._owner.agreed()
