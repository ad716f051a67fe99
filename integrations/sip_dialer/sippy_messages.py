"""What we ask of sippy's objects, which are not typed: messages, the values of their headers, transactions."""

from collections.abc import Callable, Sequence
from typing import Literal, Protocol, TypeAlias, overload

Source: TypeAlias = tuple[str, int | str]
"""Where a datagram came from or goes to: an IP address, IPv6 in brackets, and a port."""


class Url(Protocol):
    lr: bool
    "Whether the proxy is a loose router (RFC 3261, 16.12)."
    headers: object
    method: object

    def getAddr(self) -> tuple[object, int]: ...
    def getCopy(self) -> "Url": ...


class RouteValue(Protocol):
    def getUrl(self) -> Url: ...
    def getCopy(self) -> "RouteValue": ...


class AddressValue(Protocol):
    """Of From and To."""

    def getTag(self) -> str | None: ...
    def setTag(self, tag: str) -> None: ...
    def getCopy(self) -> "AddressValue": ...


class CSeqValue(Protocol):
    def getCSeqNum(self) -> int: ...
    def getCSeqMethod(self) -> str: ...


class ViaValue(Protocol):
    params: dict[str, str | None]

    def getBranch(self) -> str: ...


class Header(Protocol):
    @property
    def body(self) -> object:
        """The value; its text as received is `str` of it."""


class Body(Protocol):
    mtype: object

    def getType(self) -> str: ...


class SipMessage(Protocol):
    """Headers are named in lower case. A name that occurs several times gives its first value, except where a list is returned."""

    @overload
    def getHFBody(self, name: Literal["from", "to"]) -> AddressValue: ...
    @overload
    def getHFBody(self, name: Literal["contact"]) -> RouteValue: ...
    @overload
    def getHFBody(self, name: Literal["cseq"]) -> CSeqValue: ...
    @overload
    def getHFBody(self, name: Literal["via"]) -> ViaValue: ...
    @overload
    def getHFBody(self, name: Literal["call-id"]) -> object: ...
    def getHFBodys(self, name: Literal["record-route"]) -> Sequence[RouteValue]: ...
    def getHFs(self, name: str) -> Sequence[Header]: ...
    def countHFs(self, name: str) -> int: ...
    def appendHeader(self, header: object) -> None: ...
    def getBody(self) -> Body | None: ...
    def setBody(self, body: Body) -> None: ...


class Response(SipMessage, Protocol):
    def getSCode(self) -> tuple[int, str]: ...
    def getTId(self, with_method: bool, with_branch: bool, /) -> tuple[str, ...]: ...


class Request(SipMessage, Protocol):
    def getMethod(self) -> str: ...
    def getRURI(self) -> Url: ...
    def getTarget(self) -> tuple[Source, str]: ...
    def genResponse(self, scode: int, reason: str) -> Response: ...


class ClientTransactionOfSippy(Protocol):
    r408: Response
    "Handed to the callback when no response has come in time."
    needack: bool
    "Whether sippy itself acknowledges the 2xx."
    make_ack: Callable[[], Request] | None
    "Ours: makes the ACK that is sent instead."
    userv: object
    "The socket it is sent from."
    state: object
    tid: tuple[str, str, str, str, str] | None
    "Call-ID, tag, sequence number, method and branch; None once it is over."


Respond: TypeAlias = Callable[[Response, ClientTransactionOfSippy], None]
"""Takes a response and its transaction."""
