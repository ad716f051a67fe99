"""The SIP dialer as the rest of the project sees it: orders in, reports out.

Importing this module makes the importing thread the owner of sippy's event loop; build and run the engine there, and nowhere else.
`place`, `hang_up`, `live` and `stop` may be called from any thread.
"""

import ipaddress
import logging
import socket
from collections.abc import Callable
from functools import partial
from threading import Lock, Thread

from integrations.sip_dialer import transactions
from integrations.sip_dialer.call import Limits, SipCall
from integrations.sip_dialer.dialog import Line
from integrations.sip_dialer.orders import SipOrder, SipReport
from integrations.sip_dialer.trace import Trace
from integrations.sip_dialer.transactions import Transactions, call_later, call_soon

USUAL_PORT = 5060
FAREWELL_SECONDS = 3.0
"How long a stopping engine waits for the far ends to confirm that their calls are over."
_FAREWELL_STEP_SECONDS = 0.02

logger = logging.getLogger(__name__)


class SipEngine:
    def __init__(
        self,
        *,
        report: Callable[[SipReport], None],
        local_address: str = "",
        port: int = 0,
        limits: Limits | None = None,
        trace: Callable[[str], None] | None = None,
    ) -> None:
        """Opens the port. Raises OSError when it is taken, RuntimeError in a thread that does not own the loop.

        `local_address`: numeric IPv4; blank: towards each server the one the routing table picks. `port` 0: any free one. `report` is called
        in the engine's thread. `trace` gets every SIP message, without credentials.
        """
        if not transactions.owns_loop():
            raise RuntimeError("the SIP engine must be built in the thread that first imported it")
        self._report = report
        self._limits = limits or Limits()
        self._local_address = local_address
        self._calls: dict[str, SipCall] = {}
        self._leaving: list[SipCall] = []
        self._lock = Lock()
        self._is_stopping = self._is_running = self._is_closed = False
        self._transactions = Transactions(address=local_address, port=port, trace=Trace(trace))
        self._sink = _open_sink(local_address)

    @property
    def port(self) -> int:
        return self._transactions.port

    def place(self, order: SipOrder) -> None:
        """Start the call. Exactly one of its reports will be an end. Raises ValueError for a reference that lives, RuntimeError when stopping."""
        call = SipCall(
            order,
            limits=self._limits,
            transactions=self._transactions,
            sink=self._sink.getsockname()[1],
            report=self._pass_on,
        )
        with self._lock:
            if self._is_stopping:
                raise RuntimeError("the SIP engine is stopping")
            if order.reference in self._calls:
                raise ValueError(f"the order {order.reference} is on its way already")
            self._calls[order.reference] = call
        call_soon(call.wait_for_address)
        if _is_numeric(order.server):
            self._connect(call, order, order.server)
        else:
            Thread(target=self._look_up, args=(call, order), daemon=True).start()

    def hang_up(self, reference: str) -> bool:
        """End a call, whatever it is at. False when there is none of that reference, or none any more."""
        with self._lock:
            call = self._calls.get(reference)
        if call is None:
            return False
        call_soon(call.hang_up)
        return True

    def live(self) -> int:
        """Orders without an end."""
        with self._lock:
            return len(self._calls)

    def run(self) -> None:
        """Serve until `stop`."""
        if self._is_closed:
            return
        self._is_running = True
        try:
            transactions.loop()
        finally:
            self._is_running = False
            self._close()

    def stop(self) -> None:
        """Hang up every call, wait a little for the far ends to notice, and end `run`. Returns at once; takes no more orders."""
        with self._lock:
            self._is_stopping = True
        call_soon(self._leave)

    def _look_up(self, call: SipCall, order: SipOrder) -> None:
        """In a thread of its own: looking up a name may take as long as it likes."""
        try:
            found = socket.getaddrinfo(order.server, order.port, socket.AF_INET, socket.SOCK_DGRAM)
        except (OSError, UnicodeError) as error:
            call_soon(call.fail, f"the address of {order.server} was not found: {error}")
        else:
            self._connect(call, order, str(found[0][4][0]))

    def _connect(self, call: SipCall, order: SipOrder, server_address: str) -> None:
        server = server_address, order.port
        try:
            local_address = self._local_address or _address_towards(server)
        except OSError as error:
            call_soon(call.fail, f"there is no way to {order.server}: {error.strerror}")
            return
        line = Line(
            username=order.username,
            password=order.password,
            domain=order.domain or order.server,
            domain_port=None if order.domain or order.port == USUAL_PORT else order.port,
            server=server,
            local_address=local_address,
        )
        call_soon(call.ring_operator, line)

    def _pass_on(self, report: SipReport) -> None:
        if report.is_end:
            with self._lock:
                self._leaving = [call for call in self._leaving if not call.is_quiet]
                self._leaving.append(self._calls.pop(report.reference))
        try:
            self._report(report)
        except Exception:
            logger.exception("the report of a SIP call was not taken")

    def _leave(self) -> None:
        with self._lock:
            calls = list(self._calls.values())
        for call in calls:
            call.hang_up()
        self._wait_for_quiet(FAREWELL_SECONDS)

    def _wait_for_quiet(self, seconds: float) -> None:
        if seconds > 0 and not all(call.is_quiet for call in self._leaving):
            call_later(_FAREWELL_STEP_SECONDS, partial(self._wait_for_quiet, seconds - _FAREWELL_STEP_SECONDS))
        elif self._is_running:
            transactions.break_loop()
        else:
            self._close()

    def _close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._sink.close()
            self._transactions.shutdown()


def _is_numeric(server: str) -> bool:
    try:
        ipaddress.IPv4Address(server)
    except ValueError:
        return False
    return True


def _address_towards(server: tuple[str, int]) -> str:
    """Our address as that server sees it, without NAT. Sends nothing. Raises OSError where no route leads there."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(server)
        return str(probe.getsockname()[0])


def _open_sink(address: str) -> socket.socket:
    """Where operators' telephones send their sound until the number answers: taken, never read, the least that a buffer can hold."""
    sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sink.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    sink.bind((address, 0))
    return sink
