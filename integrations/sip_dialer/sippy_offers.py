"""The telephone's re-INVITEs: session refresh, hold, resume."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from secrets import randbelow
from typing import TYPE_CHECKING

from integrations.sip_dialer import sdp
from integrations.sip_dialer.legs import Listener
from integrations.sip_dialer.sippy_dialog import Dialog, body_of, respond, with_body
from integrations.sip_dialer.sippy_endpoint import Endpoint
from integrations.sip_dialer.sippy_messages import Request, Response

if TYPE_CHECKING:
    from integrations.sip_dialer.sippy_leg import SippyLeg


class Descriptions:
    """Local and remote SDP of one dialog."""

    def __init__(self, address: str) -> None:
        self.local = self.remote = ""
        self._address, self._session, self._version = address, randbelow(2**31), 0

    def as_ours(self, description: str) -> str:
        self._version += 1
        return sdp.as_ours(description, address=self._address, session=self._session, version=self._version)


class Offers:
    """Passes one offer at a time to the listener and waits for `answer` or `refuse`."""

    def __init__(
        self,
        leg: "SippyLeg",
        endpoint: Endpoint,
        dialog: Dialog,
        listener: Listener,
        descriptions: Descriptions,
        *,
        guard: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._leg, self._transactions, self._dialog, self._listener = leg, endpoint.transactions, dialog, listener
        self._descriptions, self._guard = descriptions, guard
        self._waiting: tuple[Request, object, str] | None = None
        """Request, transaction, description."""
        self._unacknowledged = False

    def take(self, request: Request, transaction: object, *, glare: bool) -> Response | None:
        """The response, or None if it has been sent or will be. glare: an offer of ours is pending (RFC 3261, 14.2)."""
        description = body_of(request)
        if not self._leg.is_connected:
            return respond(request, 481, "Call/Transaction Does Not Exist")
        if description is None and request.getBody() is not None:
            return respond(request, 415, "Unsupported Media Type")
        if glare:
            return respond(request, 491, "Request Pending")
        if self._waiting is not None:
            return respond(request, 500, "Request Pending", retry_after=randbelow(11))
        if description is None:
            self._resume()
        if description is None or sdp.is_same(description, self._descriptions.remote):  # a refresh
            self._accept(request, transaction)
            return None
        self._transactions.sendResponse(respond(request, 100, "Trying"), t=transaction)
        self._waiting = (request, transaction, description)
        self._listener.offered(self._leg, description)
        return None

    def _resume(self) -> None:
        """A re-INVITE without an offer, by which a PBX resumes: a hold in our offer could only be answered by a hold (RFC 3264, 6.1)."""
        offer = sdp.resumed(self._descriptions.local)
        if not sdp.is_same(offer, self._descriptions.local):
            self._descriptions.local = self._descriptions.as_ours(offer)

    def answer(self, description: str) -> None:
        if self._waiting is not None:
            request, transaction, self._descriptions.remote = self._waiting
            self._waiting = None
            self._descriptions.local = self._descriptions.as_ours(description)
            self._accept(request, transaction)

    def refuse(self, code: int, phrase: str) -> None:
        if self._waiting is not None:
            request, transaction, _description = self._waiting
            self._waiting = None
            self._transactions.sendResponse(respond(request, code, phrase), t=transaction)

    def on_no_ack(self) -> None:
        with self._guard():
            if self._leg.is_connected and self._unacknowledged:
                self._listener.gone(self._leg, 0, "no ACK")

    def _accept(self, request: Request, transaction: object) -> None:
        self._dialog.refresh_target(request)
        response = with_body(respond(request, 200, "OK"), self._descriptions.local)
        response.appendHeader(self._dialog.contact())
        self._unacknowledged = True
        self._transactions.sendResponse(response, t=transaction, ack_cb=self._on_ack)

    def _on_ack(self, request: Request) -> None:
        """Brings the answer when the re-INVITE left the offer to us."""
        with self._guard():
            self._unacknowledged = False
            description = body_of(request)
            if self._leg.is_connected and description and not sdp.is_same(description, self._descriptions.remote):
                self._descriptions.remote = description
                self._listener.changed(self._leg, description)
