"""The part of a dialog (RFC 3261, section 12) that requests are made of: identifiers, route set, sequence, credentials."""

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from secrets import token_hex
from urllib.parse import quote

from sippy.MsgBody import MsgBody
from sippy.SipAddress import SipAddress
from sippy.SipAllow import SipAllow
from sippy.SipCallId import SipCallId
from sippy.SipContact import SipContact
from sippy.SipContentType import SipContentType
from sippy.SipExpires import SipExpires
from sippy.SipFrom import SipFrom
from sippy.SipHeader import SipHeader
from sippy.SipRoute import SipRoute
from sippy.SipTo import SipTo
from sippy.SipURL import SipURL

from integrations.sip_dialer import sdp
from integrations.sip_dialer.legs import Info
from integrations.sip_dialer.sippy_messages import AddressValue, Body, Request, Response, RouteValue, SipMessage, Url
from integrations.sip_dialer.sippy_shortcuts import BriefRequest

METHODS = ("INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "INFO")
"""What we understand (Allow). Without UPDATE in it, telephones refresh their sessions by re-INVITE."""
INVITE_EXPIRES = 300
"""Seconds; longer than any ringing. sippy gives up an INVITE that rings after as much."""


OF_INFO = ("info-package", "content-disposition", "content-encoding")
Content = str | Info | None
"""Of a request: SDP, or the content of an INFO."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SipAccount:
    """Who we are, and where the server is."""

    username: str
    auth_username: str
    "In credentials."
    password: str = field(repr=False)
    host: str
    "The domain of all our addresses."
    port: int | None
    "Of the domain, as configured."
    next_hop: tuple[str, int]
    "Where requests go: the IP address of the server or of the proxy before it, IPv6 in brackets, and the port."
    may_reach: Callable[[str], bool]
    "Whether requests may go to that IP address."


class Dialog:
    """Begins with the INVITE and is confirmed by its 2xx."""

    def __init__(
        self,
        account: SipAccount,
        *,
        call_id: str,
        user: str,
        contact: tuple[str, int],
        caller: str = "",
        display: str = "",
        headers: Sequence[tuple[str, str]] = (),
    ) -> None:
        """user: whom to call. contact: our address and port. caller, display: user part and name of From; the account's user name where
        `caller` is empty. headers: more of them for the INVITE."""
        self.account, self._call_id, self._headers = account, call_id, headers
        self.local: AddressValue = SipFrom(
            address=_address(caller or account.username, account.host, name=display.replace("\\", "").replace('"', "'"))
        )
        self.local.setTag(token_hex(8))
        self.remote: AddressValue = SipTo(address=_address(user, account.host))
        self._contact = contact
        self._target: Url = SipURL(username=escape(user), host=account.host, port=account.port)
        self._remote_target = self._target
        self._routes: list[RouteValue] = []
        """The route set, and as it is sent: with a strict router in front it ends with the peer."""
        self._sent_routes: list[RouteValue] = []
        self._next_hop = account.next_hop
        self._cseq = 0

    @property
    def call_id(self) -> str:
        return self._call_id

    def request(self, method: str, content: Content = None) -> Request:
        """The next request."""
        self._cseq += 1
        request = self._request(method, self._cseq)
        if isinstance(content, Info):
            request.setBody(MsgBody(content.body, SipContentType(content.content_type)))
            for name, value in content.headers:
                request.appendHeader(SipHeader(name=name, bodys=value))
        elif content is not None:
            request.setBody(_body(content))
        request.appendHeader(SipHeader(body=SipAllow(methods=list(METHODS))))
        if method == "INVITE" and self.remote.getTag() is None:
            for name, value in self._headers:
                request.appendHeader(SipHeader(name=name, bodys=value))
        return request

    def ack(self, cseq: int) -> Request:
        """The acknowledgement of the 2xx to that INVITE."""
        return self._request("ACK", cseq)

    def confirm(self, response: Response) -> None:
        """Take the route set and the other side's address from the 2xx (12.1.2)."""
        tag = response.getHFBody("to").getTag()
        if tag is not None:  # servers of RFC 2543 give none
            self.remote.setTag(tag)
        self._routes = [route.getCopy() for route in reversed(response.getHFBodys("record-route"))]
        self.refresh_target(response)

    def refresh_target(self, message: SipMessage) -> None:
        """The other side's address from its INVITE or the 2xx to ours: telephones move, from one network to another or behind their NAT (12.2)."""
        if message.countHFs("contact"):
            self._remote_target = _request_uri(message.getHFBody("contact").getUrl())
        target, routes = self._remote_target, self._routes
        self._sent_routes = routes
        if routes and not routes[0].getUrl().lr:  # a strict router of RFC 2543 (12.2.1.1)
            self._sent_routes = [*routes[1:], SipRoute(address=SipAddress(url=target))]
            target = _request_uri(routes[0].getUrl())
        self._target = target
        self._next_hop = self._resolve(routes[0].getUrl() if routes else target)

    def fork(self, response: Response) -> "Dialog":
        """The dialog that another telephone's 2xx to the same INVITE makes."""
        other = Dialog.__new__(Dialog)
        other.__dict__.update(self.__dict__)
        other.remote = self.remote.getCopy()
        other.confirm(response)
        return other

    def learn_contact(self, response: Response) -> None:
        """Behind a NAT our address is the one under which the server saw us (RFC 3581)."""
        seen = response.getHFBody("via").params
        host, port = self._contact
        received, rport = seen.get("received") or "", seen.get("rport") or ""
        is_port = rport.isascii() and rport.isdigit() and 0 < int(rport[:6]) < 65536
        self._contact = _literal(received) or host, int(rport) if is_port else port

    def contact(self) -> object:
        host, port = self._contact
        return SipHeader(body=SipContact(address=_address(self.account.username, host, port=port)))

    def _request(self, method: str, cseq: int) -> Request:
        request: Request = BriefRequest(
            method=method,
            ruri=self._target.getCopy(),
            to=self.remote.getCopy(),
            fr0m=self.local.getCopy(),
            cseq=cseq,
            callid=SipCallId(self._call_id),
            routes=[route.getCopy() for route in self._sent_routes],
            target=(self._next_hop, "udp"),
            expires=SipExpires(number=INVITE_EXPIRES) if method == "INVITE" else None,
        )
        if method == "INVITE":
            request.appendHeader(self.contact())
        return request

    def _resolve(self, url: Url) -> tuple[str, int]:
        """Where to send to: the address in the URL. A name there, which would have to be looked up while calls wait, means the server; and so does
        an address that no server can mean, such as the loopback of its own."""
        host, port = url.getAddr()
        address, here = _literal(str(host)), self.account.next_hop
        is_v6 = address.startswith("[")
        if (
            not address
            or is_v6 != here[0].startswith("[")
            or not 0 < port < 65536
            or not self.account.may_reach(address)
        ):
            return here
        return address, int(port)


def body_of(message: SipMessage) -> str | None:
    body = message.getBody()
    return None if body is None or body.getType() != sdp.CONTENT_TYPE else str(body)


def info_of(request: Request) -> Info | None:
    """The content of an INFO; None where it has none."""
    body = request.getBody()
    if body is None:
        return None
    headers = tuple((name, str(header.body)) for name in OF_INFO for header in request.getHFs(name))
    return Info(content_type=str(body.mtype), body=str(body), headers=headers)


def respond(request: Request, code: int, phrase: str, *, retry_after: int | None = None) -> Response:
    response = request.genResponse(code, phrase)
    if retry_after is not None:
        response.appendHeader(SipHeader(name="retry-after", bodys=str(retry_after)))
    if code == 415:
        response.appendHeader(SipHeader(name="accept", bodys=sdp.CONTENT_TYPE))
    if code in (200, 405):
        response.appendHeader(SipHeader(body=SipAllow(methods=list(METHODS))))
    return response


def with_body(response: Response, description: str) -> Response:
    response.setBody(_body(description))
    return response


def _body(description: str) -> Body:
    body = MsgBody(description)
    body.needs_update = False
    made: Body = body
    return made


def escape(user: str) -> str:
    """As the user part of an address: `#` would begin a fragment there, `;` parameters, and `?` headers (RFC 3261, 19.1.2)."""
    return quote(user, safe="&=+$,/-_.!~*'()")


def _address(user: str, host: str, *, port: int | None = None, name: str = "") -> object:
    return SipAddress(name=name or None, url=SipURL(username=escape(user), host=host, port=port), hadbrace=True)


def _request_uri(url: Url) -> Url:
    """Without what may stand in a Contact but not in a request's first line (RFC 3261, 19.1.1)."""
    target = url.getCopy()
    target.headers, target.method = None, None
    return target


@lru_cache
def _literal(host: str) -> str:
    """The IP address as it stands in a URL, or "" where it is none."""
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return ""
    return f"[{address}]" if address.version == 6 else str(address)
