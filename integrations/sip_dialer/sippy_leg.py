"""A `legs.Leg` on sippy's transactions: the calling side of a dialog.

sippy has a user agent of its own, made for its B2BUA. It does not answer UPDATE, retries no BYE or OPTIONS with credentials, sends the ACK of a
re-INVITE past the proxies, and knows no forks; so we take its transactions, its parser and its digest, and keep the dialog ourselves.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from enum import Enum, auto
from functools import partial

from integrations.sip_dialer.legs import Answer, Info, Listener
from integrations.sip_dialer.reason_header import Cause, read_cause
from integrations.sip_dialer.sippy_dialog import METHODS, Content, Dialog, body_of, info_of, respond
from integrations.sip_dialer.sippy_endpoint import Endpoint
from integrations.sip_dialer.sippy_messages import Request, Response, SipMessage
from integrations.sip_dialer.sippy_offers import Descriptions, Offers
from integrations.sip_dialer.sippy_transaction import ClientTransaction, Handle

LINGER = 32.0
"""Seconds a leg stays known after its end, for what is still under way: 64 × T1."""
GONE = (0, 408, 481)
"""To a request within a dialog: no response, or the dialog is not known any more (RFC 3261, 12.2.1.2)."""


def cause_of(message: SipMessage) -> Cause:
    reasons = [str(header.body) for header in message.getHFs("reason")]
    return read_cause(reasons, "".join(str(h.body) for h in message.getHFs("x-asterisk-hangupcausecode")[:1]))


Guard = Callable[[], AbstractContextManager[None]]


class _State(Enum):
    INVITING = auto()
    CANCELING = auto()
    CONNECTED = auto()
    ENDED = auto()


class SippyLeg:
    """A `legs.Leg`. guard: entered around all that is received. over: called once when no transaction is left."""

    def __init__(
        self, endpoint: Endpoint, dialog: Dialog, listener: Listener, *, guard: Guard, over: Callable[[], None]
    ) -> None:
        self._endpoint, self._dialog, self._listener, self._guard, self._over = endpoint, dialog, listener, guard, over
        self._state = _State.INVITING
        self._invitation: ClientTransaction | None = None
        self._descriptions = Descriptions(endpoint.address)
        self._offers = Offers(self, endpoint, dialog, listener, self._descriptions, guard=guard)
        self._offering = self._finished = False
        self._heard_cseq = -1

    @property
    def is_connected(self) -> bool:
        return self._state is _State.CONNECTED

    # Leg: what the call session asks

    def invite(self, description: str) -> None:
        self._endpoint.transactions.regConsumer(self, self._dialog.call_id)
        self._descriptions.local = self._descriptions.as_ours(description)
        self._invitation = self._transaction("INVITE", self._on_invite_answered, self._descriptions.local)
        self._invitation.send()

    def offer(self, description: str) -> None:
        if self.is_connected:
            self._offering = True
            ours = self._descriptions.as_ours(description)
            transaction = self._transaction("INVITE", partial(self._on_reinvite_answered, ours), ours)
            self._endpoint.after(
                0, transaction.send
            )  # behind the ACK, if an answer to the offer before this one brought us here

    def answer(self, description: str) -> None:
        self._offers.answer(description)

    def refuse(self, code: int, phrase: str) -> None:
        self._offers.refuse(code, phrase)

    def send_keepalive(self) -> None:
        if self.is_connected:
            self._transaction("OPTIONS", self._on_keepalive_answered).send()

    def send_info(self, info: Info, answer: Answer) -> None:
        if self.is_connected:
            self._transaction("INFO", partial(self._on_info_answered, answer), info).send()
        else:
            answer(481, "Call/Transaction Does Not Exist")

    def release(self) -> None:
        if self._state is _State.INVITING and self._invitation is not None:
            self._state = _State.CANCELING
            self._invitation.withdraw()
            self._endpoint.after(LINGER, self._finish)
        elif self.is_connected:
            self._offers.refuse(487, "Request Terminated")
            self._bye(self._dialog)

    # Responses

    def _transaction(
        self, method: str, handle: Handle, content: Content = None, *, dialog: Dialog | None = None
    ) -> ClientTransaction:
        return ClientTransaction(
            self._endpoint,
            dialog or self._dialog,
            method,
            content,
            handle=handle,
            heard=self._heard,
            guard=self._guard,
        )

    def _heard(self) -> None:
        if self._state in (_State.INVITING, _State.CONNECTED):
            self._listener.heard(self)

    def _on_invite_answered(self, response: Response, code: int, phrase: str) -> None:
        if 200 <= code < 300:
            self._dialog.confirm(response)
        if self._state is _State.CANCELING:
            if 200 <= code < 300:
                self._bye(self._dialog)  # the answer crossed our CANCEL
            elif code >= 300 or not code:
                self._finish()
        elif 100 < code < 200:
            self._listener.rang(self, code, phrase, body_of(response))
        elif 200 <= code < 300:
            self._state = _State.CONNECTED
            self._descriptions.remote = body_of(response) or ""
            self._listener.answered(self, body_of(response))
        elif code != 100:
            self._state = _State.ENDED
            self._finish()
            self._listener.failed(self, code, phrase, cause_of(response))

    def _on_reinvite_answered(self, ours: str, response: Response, code: int, phrase: str) -> None:
        if 100 <= code < 200:
            return
        self._offering = False
        if not self.is_connected:
            return
        if 200 <= code < 300:
            self._dialog.refresh_target(response)
            self._descriptions.local = ours
            self._descriptions.remote = body_of(response) or self._descriptions.remote
            self._listener.accepted(self, body_of(response))
        elif code in GONE:
            self._listener.gone(self, code, phrase)
        else:
            retry = code == 491 or (code in (500, 503) and response.countHFs("retry-after") > 0)
            self._listener.refused(self, code, phrase, retry)

    def _on_keepalive_answered(self, _response: object, code: int, phrase: str) -> None:
        if self.is_connected and not 100 <= code < 200:
            self._listener.keepalive_answered(self, code, phrase)

    @staticmethod
    def _on_info_answered(answer: Answer, _response: object, code: int, phrase: str) -> None:
        if not 100 <= code < 200:
            answer(code or 504, phrase if code else "Server Time-out")

    def _bye(self, dialog: Dialog) -> None:
        if dialog is self._dialog:
            self._state = _State.ENDED
        transaction = self._transaction("BYE", self._on_bye_answered, dialog=dialog)
        self._endpoint.after(0, transaction.send)  # behind the ACK, if an answer brought us here

    def _on_bye_answered(self, _response: object, code: int, _words: str) -> None:
        if not 100 <= code < 200:
            self._finish()

    def answered_late(self, response: Response) -> Request:
        """A 2xx that no transaction waits for: sippy asks for its ACK. The answer of another telephone is ended at once."""
        cseq = response.getHFBody("cseq").getCSeqNum()
        if response.getHFBody("to").getTag() == self._dialog.remote.getTag():
            return self._dialog.ack(cseq)
        other = self._dialog.fork(response)
        self._bye(other)
        return other.ack(cseq)

    # Requests from the telephone

    def isYours(self, request: Request) -> "SippyLeg | None":
        is_ours = request.getHFBody("to").getTag() == self._dialog.local.getTag()
        return self if is_ours and request.getHFBody("from").getTag() == self._dialog.remote.getTag() else None

    def recvRequest(self, request: Request, transaction: object) -> tuple[Response | None, None, Callable[[], None]]:
        """Called by sippy for a request of this dialog; returns the response (None: it comes later) and what to do without an ACK."""
        response: Response | None = respond(request, 500, "Server Internal Error")
        with self._guard():
            response = self._take(request, transaction)
        return response, None, self._offers.on_no_ack

    def _take(self, request: Request, transaction: object) -> Response | None:
        method, cseq = request.getMethod(), request.getHFBody("cseq").getCSeqNum()
        if cseq <= self._heard_cseq:
            return respond(request, 500, "Out of order")
        self._heard_cseq = cseq
        if method == "INVITE":
            return self._offers.take(request, transaction, glare=self._offering)
        if method == "INFO" and (info := info_of(request)) is not None:
            self._listener.info_received(self, info, partial(self._respond, request, transaction))
            return None
        if method == "BYE":
            self._on_bye(request)
        elif method not in METHODS and (method != "UPDATE" or body_of(request)):
            return respond(request, 405, "Method Not Allowed")
        return respond(request, 200, "OK")

    def _respond(self, request: Request, transaction: object, code: int, phrase: str) -> None:
        self._endpoint.transactions.sendResponse(respond(request, code, phrase), t=transaction)

    def _on_bye(self, bye: Request) -> None:
        if self.is_connected:
            self._offers.refuse(487, "Request Terminated")
            self._state = _State.ENDED
            self._finish()
            self._listener.hung_up(self, cause_of(bye))

    # The end

    def _finish(self) -> None:
        if not self._finished:
            self._finished = True
            self._endpoint.after(LINGER, self._forget)
            self._over()

    def _forget(self) -> None:
        self._endpoint.transactions.unregConsumer(self, self._dialog.call_id)
