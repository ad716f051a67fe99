"""Our end of the wire: a UDP socket with sippy's transactions (RFC 3261, section 17) on it, and what they lack."""

import socket
from collections.abc import Callable
from functools import partial
from hashlib import md5
from typing import Any

from sippy.SipConf import SipConf
from sippy.SipResponse import SipResponse
from sippy.SipTransactionManager import TERMINATED, SipTransactionManager
from sippy.Time.Timeout import Timeout
from sippy.Udp_server import Udp_server, Udp_server_opts

from integrations.sip_dialer.legs import Timer
from integrations.sip_dialer.sippy_trace import Trace, tame

SipConf.my_uaname = "voipcrm"

Respond = Callable[[Any, Any], None]
"""Takes a response and its transaction."""


class _UdpOptions(Udp_server_opts):  # type: ignore[misc]  # sippy is untyped
    nworkers = 1
    """One sender keeps the order of what we send: an ACK must not be overtaken by the BYE behind it."""
    flags = 0
    """A port that is taken is an error, not shared."""


class _Transactions(SipTransactionManager):  # type: ignore[misc]  # sippy is untyped
    """Three things sippy leaves out: a message in another encoding than UTF-8 is a message all the same; the ACK of a 2xx goes along the dialog's
    route set, also where the 2xx of a re-INVITE repeats no Record-Route; and a 2xx that comes from a second telephone (a fork), or after we gave
    up, is acknowledged as well (13.2.2.4)."""

    model_udp_server = (Udp_server, _UdpOptions)

    def handleIncoming(self, data_in: bytes, source: Any, server: Any, rtime: Any) -> None:  # noqa: N802 - sippy's name
        data_in = _readable(data_in)
        if not (data_in.startswith(b"SIP/2.0 2") and self._acknowledge_late_answer(data_in, server)):
            super().handleIncoming(data_in, source, server, rtime)

    def incomingResponse(self, response: Any, transaction: Any, checksum: bytes) -> None:  # noqa: N802 - sippy's name
        server = transaction.userv
        super().incomingResponse(response, transaction, checksum)
        make_ack = getattr(transaction, "make_ack", None)
        if make_ack is not None:
            transaction.make_ack = None
            ack = make_ack()
            self.transmitMsg(server, ack, ack.getTarget()[0], checksum)  # and again for each retransmission of the 2xx

    def _acknowledge_late_answer(self, datagram: bytes, server: Any) -> bool:
        checksum = md5(datagram).digest()  # noqa: S324 - sippy's key of its cache
        if checksum in self.l1rcache or checksum in self.l2rcache:
            return False  # seen before; sippy repeats what was sent then
        try:
            response = SipResponse(datagram.decode())
            transaction = self.tclient.get(response.getTId(True, True))
        except Exception:  # whatever it does not like, the usual way meets and logs it again
            return False
        is_invite = response.getHFBody("cseq").getCSeqMethod() == "INVITE"
        if not is_invite or (transaction is not None and transaction.state is not TERMINATED):
            return False
        for consumer in self.req_consumers.get(str(response.getHFBody("call-id")), ()):
            ack = consumer.cobj.answered_late(response)
            self.transmitMsg(server, ack, ack.getTarget()[0], checksum)
            return True
        return False


class Endpoint:
    """One address of ours. Belongs to the thread of sippy's event loop."""

    def __init__(self, address: str, port: int) -> None:
        """port: 0 for any free one. Raises OSError when it is taken."""
        tame()
        configuration = {"_sip_address": address, "_sip_port": port, "_sip_logger": Trace()}
        self.transactions = _Transactions(configuration, _answer_stranger)
        (self.address, self.port), _transport = self.transactions.l4r.getServer((address, 0)).getSIPaddr()
        # Takes and drops what the operator's telephone says before there is anybody to say it to.
        self._sink = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        self._sink.bind((address.strip("[]"), 0))
        self.sink_port: int = self._sink.getsockname()[1]
        self.closed = False

    def send(self, request: Any, respond: Respond) -> Any:
        """Begin a transaction; returns it."""
        return self.transactions.newTransaction(request, resp_cb=respond, cb_ifver=2)

    def acknowledge(self, transaction: Any, make_ack: Callable[[], Any]) -> None:
        """Answer the 2xx of an INVITE, which is being dealt with, with that ACK instead of sippy's own: that would not follow the route set."""
        transaction.needack = False
        transaction.make_ack = make_ack

    def after(self, seconds: float, action: Callable[[], None]) -> Timer:
        timer: Timer = Timeout(partial(self._unless_closed, action), seconds, 1)
        return timer

    def close(self) -> None:
        """Send what waits to be sent, then let go of the sockets."""
        self.closed = True
        self.transactions.shutdown()
        self._sink.close()

    def _unless_closed(self, action: Callable[[], None]) -> None:
        if not self.closed:
            action()


def _readable(datagram: bytes) -> bytes:
    """As UTF-8. Exchanges write reasons and names in the encodings of their countries; what is not ASCII there becomes a question mark, so that
    the length stays."""
    try:
        datagram.decode()
    except UnicodeDecodeError:
        return bytes(byte if byte < 128 else ord("?") for byte in datagram)
    return datagram


def _answer_stranger(request: Any, _transaction: Any) -> tuple[Any, None, None]:
    """Requests that belong to no call of ours. We are no telephone: nobody can call us."""
    if request.getMethod() == "OPTIONS":
        answer = (200, "OK")
    elif request.getHFBody("to").getTag():
        answer = (481, "Call/Transaction Does Not Exist")
    else:
        answer = (403, "Forbidden") if request.getMethod() == "INVITE" else (405, "Method Not Allowed")
    return request.genResponse(*answer), None, None
