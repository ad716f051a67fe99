"""The UDP transport with sippy's transaction layer (RFC 3261, section 17), and what that lacks."""

import logging
import re
import socket
from collections.abc import Callable
from functools import partial
from hashlib import md5
from weakref import WeakValueDictionary

from sippy.SipConf import SipConf
from sippy.SipResponse import SipResponse
from sippy.SipTransactionManager import TERMINATED, SipTransactionManager
from sippy.Time.Timeout import Timeout

from integrations.sip_dialer.legs import Timer
from integrations.sip_dialer.silent_sound import SilentSound
from integrations.sip_dialer.sippy_messages import ClientTransactionOfSippy, Request, Respond, Response, Source
from integrations.sip_dialer.sippy_reading import SMALLEST, Message, Unreadable, is_parsable, read
from integrations.sip_dialer.sippy_trace import Trace, log_refused, tame
from integrations.sip_dialer.sippy_udp import UdpOptions, UdpServer

SipConf.my_uaname = "voipcrm"

logger = logging.getLogger("integrations.sip_dialer")

WATCH = 10.0
"""Seconds between two looks at what the kernel has dropped."""


class _Transactions(SipTransactionManager):
    """What sippy leaves out: a response belongs to the request whose branch it has, whatever became of the other headers on its way (17.1.3); the
    ACK of a 2xx goes along the dialog's route set, also where the 2xx of a re-INVITE repeats no Record-Route; and a 2xx that comes from a second
    telephone (a fork), or after we gave up, is acknowledged as well (13.2.2.4)."""

    model_udp_server = (UdpServer, UdpOptions)

    def __init__(self, *parameters: object) -> None:
        self._sent: WeakValueDictionary[tuple[str, str], ClientTransactionOfSippy] = WeakValueDictionary()
        """Client transactions by branch and method: a CANCEL has the branch of its INVITE."""
        super().__init__(*parameters)

    def newTransaction(self, msg: Request, *parameters: object, **options: object) -> ClientTransactionOfSippy:
        transaction: ClientTransactionOfSippy = super().newTransaction(msg, *parameters, **options)
        self._sent[msg.getHFBody("via").getBranch(), msg.getMethod()] = transaction
        return transaction

    def handleIncoming(self, data_in: bytes, source: Source, server: object, rtime: object) -> None:
        if len(data_in) < SMALLEST:
            return
        try:
            message = read(data_in)
        except Unreadable as problem:
            log_refused(str(problem), source)
            return
        is_awaited = message.is_response and self._correlate(message)
        datagram = message.encode()
        is_late = message.start.startswith("SIP/2.0 2") and not is_awaited
        if not (is_late and self._acknowledge_late_answer(datagram, server)):
            super().handleIncoming(datagram, source, server, rtime)

    def _correlate(self, response: Message) -> bool:
        """Whether a transaction waits for it."""
        branch = re.search(r";\s*branch\s*=\s*([^\s;,]+)", response.first("via"), re.IGNORECASE)
        method = response.first("cseq").rpartition(" ")[2]
        transaction = self._sent.get((branch[1], method)) if branch else None
        if branch is None or transaction is None or transaction.tid is None:
            return False
        call_id, tag, cseq, _method, _branch = transaction.tid
        response.replace("call-id", call_id)
        response.replace("from", f"<sip:ours.invalid>;tag={tag}")
        response.replace("cseq", f"{cseq} {method}")
        if not is_parsable("via", response.first("via")):
            response.replace("via", f"SIP/2.0/UDP ours.invalid;branch={branch[1]}")
        return transaction.state is not TERMINATED

    def incomingResponse(self, response: Response, transaction: ClientTransactionOfSippy, checksum: bytes) -> None:
        server = transaction.userv
        super().incomingResponse(response, transaction, checksum)
        make_ack = getattr(transaction, "make_ack", None)
        if make_ack is not None:
            transaction.make_ack = None
            ack = make_ack()
            self.transmitMsg(server, ack, ack.getTarget()[0], checksum)  # and again for each retransmission of the 2xx

    def _acknowledge_late_answer(self, datagram: bytes, server: object) -> bool:
        checksum = md5(datagram, usedforsecurity=False).digest()  # sippy's key of its cache
        if checksum in self.l1rcache or checksum in self.l2rcache:
            return False  # seen before; sippy repeats what was sent then
        try:
            response: Response = SipResponse(datagram.decode())
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

    def __init__(self, address: str, port: int, *, may_reach: Callable[[str], bool]) -> None:
        """port: 0 for any free one. may_reach: whether sound may be sent to that IP address. Raises OSError when the port is taken."""
        tame()
        configuration = {"_sip_address": address, "_sip_port": port, "_sip_logger": Trace()}
        self.transactions = _Transactions(configuration, _answer_stranger)
        self._server = self.transactions.l4r.getServer((address, 0))
        (self.address, self.port), _transport = self._server.getSIPaddr()
        # Receives and drops the RTP of a telephone that waits, and sends it silence.
        self._sink = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM)
        self._sink.bind((address.strip("[]"), 0))
        self.sink_port: int = self._sink.getsockname()[1]
        self.silent_sound = SilentSound(self._sink, may_reach=may_reach)
        self.closed = False
        self._watch(0)

    def send(self, request: Request, respond: Respond) -> ClientTransactionOfSippy:
        """Begin a transaction; returns it."""
        return self.transactions.newTransaction(request, resp_cb=respond, cb_ifver=2)

    def acknowledge(self, transaction: ClientTransactionOfSippy, make_ack: Callable[[], Request]) -> None:
        """Send that ACK for the 2xx being handled, instead of sippy's own, which would not follow the route set."""
        transaction.needack = False
        transaction.make_ack = make_ack

    def after(self, seconds: float, action: Callable[[], None]) -> Timer:
        timer: Timer = Timeout(partial(self._unless_closed, action), seconds, 1)
        return timer

    def close(self) -> None:
        self.closed = True
        self.transactions.shutdown()
        self.silent_sound.close()
        self._sink.close()

    def _watch(self, known: int) -> None:
        dropped = self._server.dropped
        if dropped > known:
            logger.warning("sip_datagrams_dropped", extra={"datagrams": dropped - known})
        self.after(WATCH, partial(self._watch, dropped))

    def _unless_closed(self, action: Callable[[], None]) -> None:
        if not self.closed:
            action()


def _answer_stranger(request: Request, _transaction: object) -> tuple[Response, None, None]:
    """Requests outside our dialogs: we take no calls."""
    if request.getMethod() == "OPTIONS":
        answer = (200, "OK")
    elif request.getHFBody("to").getTag():
        answer = (481, "Call/Transaction Does Not Exist")
    else:
        answer = (403, "Forbidden") if request.getMethod() == "INVITE" else (405, "Method Not Allowed")
    return request.genResponse(*answer), None, None
