"""The part of a dialog (RFC 3261, section 12) that requests are made of: identifiers, route set, sequence, credentials."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any

from sippy.MsgBody import MsgBody
from sippy.SipAddress import SipAddress
from sippy.SipAllow import SipAllow
from sippy.SipCallId import SipCallId
from sippy.SipContact import SipContact
from sippy.SipExpires import SipExpires
from sippy.SipFrom import SipFrom
from sippy.SipHeader import SipHeader
from sippy.SipRequest import SipRequest
from sippy.SipRoute import SipRoute
from sippy.SipTo import SipTo
from sippy.SipURL import SipURL

METHODS = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS")
"""What we understand (Allow). Without UPDATE in it, telephones refresh their sessions by re-INVITE."""
INVITE_EXPIRES = 300
"""Seconds; longer than any ringing. sippy gives up an INVITE that rings after as much."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who we are, and where the server is."""

    username: str
    password: str = field(repr=False)
    host: str
    "The server as configured: the domain of all our addresses."
    port: int
    address: str
    "The server's IP address; IPv6 in brackets."


class Dialog:
    """Begins with the INVITE and is confirmed by its 2xx."""

    def __init__(self, account: Account, *, call_id: str, user: str, display: str, contact: tuple[str, int]) -> None:
        """user: whom to call. display: of the caller. contact: our address and port."""
        self.account, self._call_id = account, call_id
        self.local = SipFrom(address=_address(account.username, account.host, name=display.replace('"', "'")))
        self.local.setTag(token_hex(8))
        self.remote = SipTo(address=_address(user, account.host))
        self._contact = contact
        self._target = SipURL(username=user, host=account.host, port=account.port)
        self._routes: list[Any] = []
        self._next_hop = (account.address, account.port)
        self._cseq = 0

    @property
    def call_id(self) -> str:
        return self._call_id

    def request(
        self, method: str, description: str | None = None, challenges: Iterable[tuple[Any, str | None]] = ()
    ) -> Any:
        """The next request; challenges: (challenge, qop) of those that asked who we are."""
        self._cseq += 1
        request = self._request(method, self._cseq)
        if description is not None:
            request.setBody(_body(description))
        request.appendHeader(SipHeader(body=SipAllow(methods=list(METHODS))))
        for challenge, qop in challenges:
            body = (description or "") if qop == "auth-int" else None
            account = self.account
            proof = challenge.genAuthHF(account.username, account.password, method, str(self._target), body, qop)
            request.appendHeader(SipHeader(body=proof))
        return request

    def ack(self, cseq: int) -> Any:
        """The acknowledgement of the 2xx to that INVITE."""
        return self._request("ACK", cseq)

    def confirm(self, response: Any) -> None:
        """Take the route set and the other side's address from the 2xx (12.1.2)."""
        self.remote.setTag(response.getHFBody("to").getTag())
        if response.countHFs("contact"):
            self._target = response.getHFBody("contact").getUrl().getCopy()
        self._routes = [route.getCopy() for route in reversed(response.getHFBodys("record-route"))]
        if self._routes and not self._routes[0].getUrl().lr:  # a strict router of RFC 2543 (12.2.1.1)
            self._routes.append(SipRoute(address=SipAddress(url=self._target)))
            self._target = self._routes.pop(0).getUrl()
        self._next_hop = self._resolve(self._routes[0].getUrl() if self._routes else self._target)

    def fork(self, response: Any) -> "Dialog":
        """The dialog that another telephone's 2xx to the same INVITE makes."""
        other = Dialog.__new__(Dialog)
        other.__dict__.update(self.__dict__)
        other.remote = self.remote.getCopy()
        other.confirm(response)
        return other

    def learn_contact(self, response: Any) -> None:
        """Behind a NAT our address is the one under which the server saw us (RFC 3581)."""
        seen = response.getHFBody("via").params
        host, port = self._contact
        self._contact = seen.get("received") or host, int(seen.get("rport") or port)

    def contact(self) -> Any:
        host, port = self._contact
        return SipHeader(body=SipContact(address=_address(self.account.username, host, port=port)))

    def _request(self, method: str, cseq: int) -> Any:
        request = SipRequest(
            method=method,
            ruri=self._target.getCopy(),
            to=self.remote.getCopy(),
            fr0m=self.local.getCopy(),
            cseq=cseq,
            callid=SipCallId(self._call_id),
            routes=[route.getCopy() for route in self._routes],
            target=(self._next_hop, "udp"),
            expires=SipExpires(number=INVITE_EXPIRES) if method == "INVITE" else None,
        )
        if method == "INVITE":
            request.appendHeader(self.contact())
        return request

    def _resolve(self, url: Any) -> tuple[str, int]:
        """Where to send to: the address in the URL. A name there, which would have to be looked up while calls wait, means the server."""
        host, port = url.getAddr()
        is_literal = host.startswith("[") or host.replace(".", "").isdigit()
        return (host, int(port)) if is_literal else (self.account.address, int(port))


def body_of(message: Any) -> str | None:
    body = message.getBody()
    return None if body is None else str(body)


def respond(request: Any, code: int, words: str, *, retry_after: int | None = None) -> Any:
    response = request.genResponse(code, words)
    if retry_after is not None:
        response.appendHeader(SipHeader(name="retry-after", bodys=str(retry_after)))
    if code in (200, 405):
        response.appendHeader(SipHeader(body=SipAllow(methods=list(METHODS))))
    return response


def with_body(response: Any, description: str) -> Any:
    response.setBody(_body(description))
    return response


def _body(description: str) -> Any:
    body = MsgBody(description)
    body.needs_update = False
    return body


def _address(user: str, host: str, *, port: int | None = None, name: str = "") -> Any:
    return SipAddress(name=name or None, url=SipURL(username=user, host=host, port=port), hadbrace=True)
