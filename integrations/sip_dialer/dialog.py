"""One dialog as the one who calls (RFC 3261, section 12): who we are to the far end, where it is, and our requests to it."""

import ipaddress
from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sippy.MsgBody import MsgBody
from sippy.SipAddress import SipAddress
from sippy.SipCallId import SipCallId
from sippy.SipContact import SipContact
from sippy.SipContentType import SipContentType
from sippy.SipCSeq import SipCSeq
from sippy.SipExpires import SipExpires
from sippy.SipFrom import SipFrom
from sippy.SipHeader import SipHeader
from sippy.SipRequest import SipRequest
from sippy.SipTo import SipTo
from sippy.SipURL import SipURL

from integrations.sip_dialer.authentication import Credentials
from integrations.sip_dialer.sdp import CONTENT_TYPE
from integrations.sip_dialer.transactions import ALLOW, Address, Face, Transactions, header


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """The account a call is placed with, and the way to its server."""

    username: str
    password: str = field(repr=False)
    domain: str
    domain_port: int | None
    "Written into the address we dial, where it is not the usual one."
    server: Address
    local_address: str


class Reply(NamedTuple):
    code: int
    text: str
    is_local: bool = False
    "Nobody answered: the transaction gave up."

    def __str__(self) -> str:
        return f"{self.code} {self.text}"


class Dialog:
    def __init__(self, line: Line, transactions: Transactions, *, number: str, shown_name: str) -> None:
        self.line = line
        self.transactions = transactions
        self.face = Face(transactions.socket, line.local_address)
        self.call_id = str(SipCallId())
        self.remote_tag: str | None = None
        self.cseq: int = SipCSeq.genRandCSeq()
        own = SipURL(username=line.username, host=line.domain)
        self._from = SipFrom(address=SipAddress(name=_quotable(shown_name), url=own))
        self._from.genTag()
        self._to = SipTo(address=SipAddress(url=SipURL(username=number, host=line.domain)))
        self._target = SipURL(username=number, host=line.domain, port=line.domain_port)
        self._routes: list[Any] = []
        self._next_hop = line.server

    def ask(
        self,
        method: str,
        on_reply: Callable[[Any], None],
        *,
        body: str = "",
        content_type: str = CONTENT_TYPE,
        expires: int | None = None,
    ) -> "Exchange":
        """Send a request. `on_reply` gets every response but successes of an INVITE, and challenges we can meet."""
        exchange = Exchange(self, method, on_reply, content=_content(body, content_type), expires=expires)
        exchange.send()
        return exchange

    def establish(self, response: Any, source: Address) -> None:
        """Take the success of the first INVITE for the other half of the dialog."""
        self.remote_tag = response.getHFBody("to").getTag() or ""
        self._to = response.getHFBody("to").getCopy()
        self._routes = [route.getCopy() for route in reversed(response.getHFBodys("record-route"))]
        self.refresh(response, source)

    def refresh(self, message: Any, source: Address) -> None:
        """The far end may move to another Contact with each INVITE."""
        if message.countHFs("contact"):
            self._target = message.getHFBody("contact").getUrl().getCopy()
        first = self._routes[0].getUrl() if self._routes else self._target
        self._next_hop = _reachable(first, source)

    def sibling(self, response: Any, source: Address) -> "Dialog":
        """The dialog with another telephone that answered the same INVITE, behind a proxy that forks."""
        other = copy(self)
        other.establish(response, source)
        return other

    def acknowledge(self, response: Any) -> None:
        cseq = response.getHFBody("cseq").getCSeqNum()
        self.transactions.send(self._request("ACK", cseq), self.face)

    def owns(self, request: Any) -> bool:
        tags = request.getHFBody("from").getTag() or "", request.getHFBody("to").getTag()
        return tags == (self.remote_tag, self._from.getTag())

    def contact(self) -> Any:
        url = SipURL(username=self.line.username, host=self.line.local_address, port=self.transactions.port)
        return SipContact(address=SipAddress(url=url))

    def respond(
        self, request: Any, reply: Reply, *, body: str = "", on_ack: Callable[[Any], None] | None = None
    ) -> None:
        response = request.genResponse(reply.code, reply.text)
        response.appendHeader(header("allow", ALLOW))
        if body:
            response.appendHeader(SipHeader(name="contact", body=self.contact()))
            response.setBody(_content(body, CONTENT_TYPE))
        self.transactions.sendResponse(response, ack_cb=on_ack)

    def next_request(self, method: str, *, content: Any, expires: int | None) -> Any:
        self.cseq += 1
        request = self._request(method, self.cseq)
        request.delHFs("expires")
        if expires is not None:
            request.appendHeader(header("expires", str(SipExpires(number=expires))))
        if method == "INVITE":
            request.appendHeader(header("allow", ALLOW))
        if content is not None:
            request.setBody(content)
        return request

    def _request(self, method: str, cseq: int) -> Any:
        return SipRequest(
            method=method,
            ruri=self._target.getCopy(),
            to=self._to.getCopy(),
            fr0m=self._from.getCopy(),
            cseq=cseq,
            callid=SipCallId(self.call_id),
            contact=None if method in ("ACK", "BYE") else self.contact(),
            routes=[route.getCopy() for route in self._routes],
            target=(self._next_hop, "udp"),
        )


class Exchange:
    """One request of ours until its final reply, sent again with credentials when the server asks for them."""

    def __init__(
        self, dialog: Dialog, method: str, on_reply: Callable[[Any], None], *, content: Any, expires: int | None
    ) -> None:
        self.is_over = False
        self.cseq = 0
        self._dialog = dialog
        self._method = method
        self._on_reply = on_reply
        self._content = content
        self._expires = expires
        self._credentials = Credentials(dialog.line.username, dialog.line.password)
        self._is_canceled = False
        self._transaction: Any = None

    def send(self) -> None:
        request = self._dialog.next_request(self._method, content=self._content, expires=self._expires)
        self.cseq = self._dialog.cseq
        body = "" if self._content is None else str(self._content)
        request.appendHeaders(self._credentials.headers(method=self._method, uri=str(request.getRURI()), body=body))
        self._transaction = self._dialog.transactions.ask(request, self._dialog.face, self._receive)

    def cancel(self) -> None:
        """Ask the far end to give an INVITE up; it still gets a final reply. CANCEL waits for a first sign of it, as it must."""
        if not (self._is_canceled or self.is_over):
            self._is_canceled = True
            self._dialog.transactions.cancelTransaction(self._transaction)

    def succeed(self) -> None:
        """The INVITE's success, which went past the transaction."""
        self.is_over = True

    def _receive(self, response: Any, _transaction: Any) -> None:
        if response.scode in (401, 407) and not self._is_canceled and self._credentials.learn(response):
            self.send()
            return
        self.is_over = response.scode >= 200
        self._on_reply(response)


def reply_of(response: Any) -> Reply:
    return Reply(response.scode, response.reason, is_local=response.source is None)


def session_of(message: Any) -> str:
    """The session description in a message, or ""."""
    body = message.getBody()
    return str(body) if body is not None and body.getType() == CONTENT_TYPE else ""


def _content(body: str, content_type: str) -> Any:
    if not body:
        return None
    parsed_type = SipContentType(content_type)
    parsed_type.parse()
    return MsgBody(body.encode("ascii", "replace").decode(), parsed_type)


def _quotable(name: str) -> str:
    return name.replace("\\", " ").replace('"', "'").strip()


def _reachable(url: Any, source: Address) -> Address:
    """Where to send what is meant for that address.

    A host name, or a private address given to us from a public one, leads back to whom we hear: looking names up would stop the loop,
    and behind its NAT nobody else is reached.
    """
    try:
        stated = ipaddress.IPv4Address(url.host)
    except ValueError:
        return source
    if stated.is_private and not ipaddress.IPv4Address(source[0]).is_private:
        return source
    return str(stated), int(url.getPort())
