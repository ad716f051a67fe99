"""SIP transactions over one UDP port: sippy's, with what it leaves open closed.

Whoever imports this module first owns sippy's event loop: everything in here but `call_soon` belongs to that thread.
"""

import logging
import os
import warnings
from collections.abc import Callable
from functools import partial
from threading import get_ident
from typing import Any, Protocol, TypeAlias

from sippy.Core.EventDispatcher import ED2
from sippy.SipConf import SipConf
from sippy.SipHeader import SipHeader
from sippy.SipRequest import SipRequest
from sippy.SipResponse import SipResponse
from sippy.SipTransactionManager import SipTransactionManager
from sippy.Time.Timeout import Timeout
from sippy.Udp_server import Udp_server, Udp_server_opts

from integrations.sip_dialer.trace import Trace

Address: TypeAlias = tuple[str, int]
"Numeric IPv4 address and port."
Answer: TypeAlias = tuple[Any, Callable[..., None] | None, Callable[[], None] | None]
"What sippy wants for a request: a response or None, what to call on CANCEL, what to call when no ACK came."

ALL_ADDRESSES = "0.0.0.0"  # noqa: S104  a telephone may be anywhere
ALLOW = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO"

logger = logging.getLogger(__name__)


class Receiver(Protocol):
    """Who owns a Call-ID."""

    def succeed(self, response: Any, source: Address) -> None: ...

    def receive(self, request: Any) -> Answer | None:
        """None when it has been answered."""


def call_soon(action: Callable[..., object], *details: object) -> None:
    """Have the loop do that; from any thread."""
    ED2.callFromThread(action, *details)


def call_later(seconds: float, action: Callable[..., object], *details: object) -> Any:
    """A timer with a `cancel()`."""
    return Timeout(action, seconds, 1, *details)


class Timers:
    """Some timers by name; one name, one timer."""

    def __init__(self) -> None:
        self._running: dict[str, Any] = {}

    def start(self, name: str, seconds: float, action: Callable[..., object], *details: object) -> None:
        self.stop(name)
        self._running[name] = call_later(seconds, action, *details)

    def stop(self, *names: str) -> None:
        for name in names:
            timer = self._running.pop(name, None)
            if timer is not None:
                timer.cancel()

    def stop_all(self) -> None:
        self.stop(*self._running)


def loop() -> None:
    ED2.loop()


def break_loop() -> None:
    ED2.breakLoop()


def owns_loop() -> bool:
    return bool(ED2.my_ident == get_ident())


def header(name: str, text: str) -> Any:
    return SipHeader(name=name, bodys=text)


class _PortOptions(Udp_server_opts):  # type: ignore[misc]
    nworkers = 1  # several would overtake each other: an ACK after its BYE


class _Port(Udp_server):  # type: ignore[misc]
    my_pid = os.getpid()  # sippy reads it when receiving fails, and nowhere sets it


class Face:
    """The port as one of our addresses: what goes into Via when the socket itself is bound to all of them."""

    transport = "udp"

    def __init__(self, port: Any, address: str) -> None:
        self._port = port
        self._address = address
        self.uopts = port.uopts

    def getSIPaddr(self) -> tuple[Address, str]:  # noqa: N802  sippy's name
        return (self._address, self._port.uopts.laddress[1]), self.transport

    def send_to(self, data: str, address: Address) -> None:
        self._port.send_to(data, address)

    def addr2str(self, address: Address) -> str:
        return str(self._port.addr2str(address))


class Transactions(SipTransactionManager):  # type: ignore[misc]
    """Client and server transactions (RFC 3261, section 17).

    Successes of an INVITE go to the owner of the Call-ID and to no transaction, as section 13.2.2.4 wants it: each one, repeated or from
    another branch of a fork, must be acknowledged, and sippy knows of the first only.
    """

    model_udp_server = (_Port, _PortOptions)

    def __init__(self, *, address: str, port: int, trace: Trace) -> None:
        SipConf.my_uaname = "voipcrm"
        self.receivers: dict[str, Receiver] = {}
        settings = {"_sip_address": address or ALL_ADDRESSES, "_sip_port": port, "_sip_logger": trace}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # sippy drops the socket it tried IPv6 with
            super().__init__(settings, self._receive)
        self.socket: Any = self.l4r.getServer(None)
        self.port: int = self.socket.uopts.laddress[1]

    def handleIncoming(self, data: bytes, remote: Any, server: Any, at: Any) -> None:  # noqa: N802  sippy's name
        """One datagram. Read byte by character: sippy compares Content-Length with characters, and a telephone may write any charset."""
        text = data.decode("latin-1")
        if text.startswith("SIP/2.0 "):
            response = _parse(partial(SipResponse, text))
            if response is not None and self._is_success_of_invite(response):
                self.global_config["_sip_logger"].write(f"RECEIVED message from {remote}:\n", text)
                self._succeed(response, remote.address)
                return
        elif _parse(partial(SipRequest, text)) is None:
            return
        super().handleIncoming(text, remote, server, at)

    def incomingResponse(self, response: Any, transaction: Any, checksum: bytes) -> None:  # noqa: N802  sippy's name
        """sippy would send the ACK of a refusal to the address in its Contact, a redirection's for one. It belongs to whom we asked."""
        if response.scode >= 300:
            response.delHFs("contact")
            response.delHFs("record-route")
        super().incomingResponse(response, transaction, checksum)

    def ask(self, request: Any, face: Face, on_response: Callable[[Any, Any], None]) -> Any:
        return self.newTransaction(request, resp_cb=on_response, cb_ifver=2, userv=face)

    def send(self, request: Any, face: Face) -> None:
        """A request without a transaction: the ACK of a success."""
        self.transmitMsg(face, request, request.getTarget()[0], None)

    def shutdown(self) -> None:
        """Closes the port and stops every timer: the loop, which may serve others, keeps nothing of ours."""
        for transaction in (*self.tclient.values(), *self.tserver.values()):
            _stop_timers(transaction)
        self.receivers.clear()
        super().shutdown()

    def _is_success_of_invite(self, response: Any) -> bool:
        return bool(200 <= response.scode < 300 and response.getHFBody("cseq").getCSeqMethod() == "INVITE")

    def _succeed(self, response: Any, source: Address) -> None:
        transaction = self.tclient.pop(response.getTId(True, True), None)
        if transaction is not None:
            _stop_timers(transaction)
            transaction.cleanup()
        receiver = self.receivers.get(str(response.getHFBody("call-id")))
        if receiver is not None:
            receiver.succeed(response, source)

    def _receive(self, request: Any, _transaction: Any) -> Answer | None:
        receiver = self.receivers.get(str(request.getHFBody("call-id")))
        if receiver is not None:
            return receiver.receive(request)
        if request.getMethod() == "OPTIONS":
            response = request.genResponse(200, "OK")
            response.appendHeader(header("allow", ALLOW))
            return response, None, None
        known = request.getHFBody("to").getTag() is None
        return request.genResponse(*((403, "Forbidden") if known else (481, "Call Does Not Exist"))), None, None


def _parse(read: Callable[[], Any]) -> Any:
    """A message, or None: sippy would print what it cannot read. Any UDP port gets such things from all over the world."""
    try:
        message = read()
        message.getTId(True, True)
    except Exception as error:  # whatever it stumbles over in foreign text
        logger.debug("not a SIP message: %s", type(error).__name__)
        return None
    return message


def _stop_timers(transaction: Any) -> None:
    for name in ("teA", "teB", "teC", "teD", "teE", "teF", "teG"):
        timer = getattr(transaction, name, None)
        if timer is not None:
            timer.cancel()
