"""One telephone's part of a call: it is rung, it answers, it changes its mind about media, it hangs up or is hung up."""

import math
from collections.abc import Callable
from enum import Enum, auto
from typing import Any, Protocol

from integrations.sip_dialer.dialog import Dialog, Exchange, Line, Reply, reply_of, session_of
from integrations.sip_dialer.negotiation import Negotiation
from integrations.sip_dialer.shield import shielded
from integrations.sip_dialer.transactions import Address, Answer, Transactions, call_later

LINGER_SECONDS = 40
"How long an ended leg answers what is still under way: longer than anything is retransmitted (64 × T1 = 32 s)."
EXPIRES_AFTER_RING_SECONDS = 15
"The telephone stops ringing by itself then, should we be gone."

_OK = Reply(200, "OK")
_NO_SUCH_CALL = Reply(481, "Call Does Not Exist")
_OUT_OF_ORDER = Reply(500, "Out Of Order")
_NOT_ALLOWED = Reply(405, "Method Not Allowed")


class Listener(Protocol):
    """The call a leg belongs to."""

    def progressed(self, leg: "Leg", reply: Reply) -> None: ...

    def answered(self, leg: "Leg") -> None: ...

    def refused(self, leg: "Leg", reply: Reply) -> None: ...

    def offered(self, leg: "Leg") -> None:
        """The telephone wants other media (hold, another codec): `leg.media.heard` is new. Answer or refuse the offer."""

    def agreed(self, leg: "Leg") -> None:
        """What the telephone was told, and what it says, stand for now."""

    def disagreed(self, leg: "Leg", reply: Reply) -> None: ...

    def signalled(self, leg: "Leg", body: str, content_type: str) -> None: ...

    def hung_up(self, leg: "Leg") -> None: ...

    def vanished(self, leg: "Leg", reply: Reply) -> None: ...

    def broke(self) -> None: ...


class Stage(Enum):
    CALLING = auto()
    CANCELING = auto()
    TALKING = auto()
    ENDED = auto()


class Leg:
    def __init__(
        self, line: Line, transactions: Transactions, *, number: str, listener: Listener, shown_name: str = ""
    ) -> None:
        self.stage = Stage.CALLING
        self._transactions = transactions
        self._listener = listener
        self._dialog = Dialog(line, transactions, number=number, shown_name=shown_name)
        self.media = Negotiation(self._dialog, self)
        self._invitation: Exchange | None = None
        self._goodbyes: list[Exchange] = []
        self._released: set[str] = set()
        self._remote_cseq = -1
        transactions.receivers[self._dialog.call_id] = self

    @property
    def line(self) -> Line:
        return self._dialog.line

    @property
    def is_talking(self) -> bool:
        return self.stage is Stage.TALKING

    @property
    def is_quiet(self) -> bool:
        """Ended for the far end too, as far as can be known."""
        return self.stage is Stage.ENDED and all(goodbye.is_over for goodbye in self._goodbyes)

    def invite(self, description: str, *, ring_seconds: float) -> None:
        """Ring."""
        expires = math.ceil(ring_seconds) + EXPIRES_AFTER_RING_SECONDS
        self._invitation = self._dialog.ask(
            "INVITE", self._receive_reply, body=self.media.tell(description), expires=expires
        )

    def signal(self, body: str, content_type: str) -> None:
        """Pass on what the other telephone sends beside its sound: pressed keys."""
        self._dialog.ask("INFO", lambda _response: None, body=body, content_type=content_type)

    def ask_alive(self, on_reply: Callable[[Reply], None]) -> None:
        self._dialog.ask("OPTIONS", lambda response: on_reply(reply_of(response)))

    def end(self) -> None:
        """Stop ringing, or hang up. Whatever crosses it on the way is brought to its end as well."""
        if self.stage is Stage.CALLING and self._invitation is not None:
            self.stage = Stage.CANCELING
            self._invitation.cancel()
            self._forget_later()
        elif self.stage is Stage.TALKING:
            self._finish()
            self._say_goodbye(self._dialog)

    @shielded
    def succeed(self, response: Any, source: Address) -> None:
        """A 200 to one of our INVITEs: the first, a repeated one, or one from another branch of a fork."""
        tag = response.getHFBody("to").getTag() or ""
        if self._dialog.remote_tag is None:
            self._connect(response, source)
        elif tag != self._dialog.remote_tag:
            self._release(tag, self._dialog.sibling(response, source), response)
        else:
            self.media.succeed(response, source)

    @shielded
    def receive(self, request: Any) -> Answer | None:
        """A request from the telephone."""
        method = request.getMethod()
        cseq = request.getHFBody("cseq").getCSeqNum()
        if self._dialog.remote_tag is None or not self._dialog.owns(request):
            self._dialog.respond(request, _NO_SUCH_CALL)
        elif cseq < self._remote_cseq:
            self._dialog.respond(request, _OUT_OF_ORDER)
        elif not self.is_talking:
            self._dialog.respond(request, _OK if method == "BYE" else _NO_SUCH_CALL)
        else:
            self._remote_cseq = cseq
            if method == "INVITE":
                return self.media.receive(request)
            self._receive_plain(request, method)
        return None

    def agreed(self) -> None:
        if self.is_talking:
            self._listener.agreed(self)

    def disagreed(self, reply: Reply) -> None:
        if self.is_talking:
            self._listener.disagreed(self, reply)

    def offered(self) -> None:
        self._listener.offered(self)

    def vanished(self, reply: Reply) -> None:
        if self.is_talking:
            self._listener.vanished(self, reply)

    def broke(self) -> None:
        self._listener.broke()

    @shielded
    def _receive_reply(self, response: Any) -> None:
        """To the invitation; its success comes by `succeed`."""
        reply = reply_of(response)
        if reply.code < 200:
            if self.stage is Stage.CALLING:
                self.media.heard = self.media.heard or session_of(response)
                self._listener.progressed(self, reply)
            return
        is_news = self.stage is Stage.CALLING
        self._finish()
        if is_news:
            self._listener.refused(self, reply)

    def _receive_plain(self, request: Any, method: str) -> None:
        self._dialog.respond(request, _OK if method in ("BYE", "INFO", "OPTIONS") else _NOT_ALLOWED)
        if method == "BYE":
            self._finish()
            self._listener.hung_up(self)
        elif method == "INFO" and request.getBody() is not None:
            self._listener.signalled(self, str(request.getBody()), str(request.getBody().mtype))

    def _connect(self, response: Any, source: Address) -> None:
        assert self._invitation is not None
        self._invitation.succeed()
        self._dialog.establish(response, source)
        self._dialog.acknowledge(response)
        if self.stage is Stage.CALLING:
            self.stage = Stage.TALKING
            self.media.heard = session_of(response) or self.media.heard
            self._listener.answered(self)
        else:
            self._finish()
            self._say_goodbye(self._dialog)

    def _release(self, tag: str, dialog: Dialog, response: Any) -> None:
        """Two telephones of a fork have answered; the first one has it."""
        dialog.acknowledge(response)
        if tag not in self._released:
            self._released.add(tag)
            self._say_goodbye(dialog)

    def _say_goodbye(self, dialog: Dialog) -> None:
        self._goodbyes.append(dialog.ask("BYE", lambda _response: None))

    def _finish(self) -> None:
        self.stage = Stage.ENDED
        self.media.close()
        self._forget_later()

    def _forget_later(self) -> None:
        call_later(LINGER_SECONDS, self._transactions.receivers.pop, self._dialog.call_id, None)
