"""The Engine on sippy: calls by reference, sockets by our own address, and the loop that moves them."""

import ipaddress
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from time import monotonic

from sippy.Core.EventDispatcher import ED2

from calls.events import CallEvent
from integrations.sip_dialer import outcomes, sdp
from integrations.sip_dialer.conversation import Conversation, Side
from integrations.sip_dialer.legs import Listener, Timer
from integrations.sip_dialer.orders import Report, SipOrder
from integrations.sip_dialer.outcomes import Outcome
from integrations.sip_dialer.sippy_dialog import Account, Dialog
from integrations.sip_dialer.sippy_endpoint import Endpoint
from integrations.sip_dialer.sippy_leg import SippyLeg

logger = logging.getLogger("integrations.sip_dialer")

DRAIN_STEP = 0.02


class SippyEngine:
    """An `orders.Engine`."""

    def __init__(self, report: Report, *, port: int = 0) -> None:
        """port: of our UDP socket on each of our addresses; 0 for any free one."""
        self._report, self._port = report, port
        self._calls: dict[str, Conversation] = {}
        self._legs = 0
        """Those that still have something under way."""
        self._endpoints: dict[str, Endpoint] = {}
        self._drained_by: float | None = None

    def place(self, order: SipOrder) -> None:
        # The look-up may take seconds and belongs to the caller's thread; SIP by UDP to an address needs none besides (no SRV).
        try:
            found = socket.getaddrinfo(order.host.strip("[]"), order.port, type=socket.SOCK_DGRAM)
        except (OSError, UnicodeError) as problem:
            words = f"{order.host}: {getattr(problem, 'strerror', None) or problem}"
            ED2.callFromThread(self._fail, order, outcomes.SERVER_UNREACHABLE, words)
        else:
            ED2.callFromThread(self._start, order, min(found)[4][0])  # IPv4 first

    def hang_up(self, reference: str) -> None:
        ED2.callFromThread(self._hang_up, reference, "hung_up")

    def drain(self, seconds: float) -> None:
        ED2.callFromThread(self._drain, seconds)

    def run(self) -> None:
        self._drained_by = None
        try:
            ED2.loop()
        finally:
            ED2.tlisteners.clear()
            for endpoint in self._endpoints.values():
                endpoint.close()
            self._endpoints.clear()

    @property
    def live(self) -> int:
        """Calls being held now."""
        return len(self._calls)

    # In the loop's thread

    def _start(self, order: SipOrder, address: str) -> None:
        if order.reference in self._calls:
            return
        if self._drained_by is not None:
            self._fail(order, outcomes.CANCELED._replace(reason="shutdown"), "the dialer is stopping")
            return
        try:
            endpoint = self._endpoint_towards(address)
        except OSError as problem:
            self._fail(order, outcomes.SERVER_UNREACHABLE, f"{order.host}: {problem.strerror}")
            return
        guard = partial(self._guard, order.reference)
        call = Conversation(
            order,
            clock=_GuardedClock(endpoint, guard),
            make_leg=partial(self._make_leg, order, _bracketed(address), endpoint),
            silence=sdp.silence(endpoint.address, endpoint.sink_port),
            report=self._report,
            over=partial(self._forget, order.reference),
        )
        self._calls[order.reference] = call
        with guard():
            call.start()

    def _make_leg(self, order: SipOrder, address: str, endpoint: Endpoint, side: Side, listener: Listener) -> SippyLeg:
        is_operator = side == "operator"
        dialog = Dialog(
            Account(
                username=order.username,
                password=order.password,
                host=order.host,
                port=order.port,
                address=address,
            ),
            call_id=f"{order.reference}-{side}",
            user=order.operator if is_operator else order.number,
            display=order.display if is_operator else "",
            contact=(endpoint.address, endpoint.port),
        )
        self._legs += 1
        return SippyLeg(endpoint, dialog, listener, guard=partial(self._guard, order.reference), over=self._leg_over)

    def _leg_over(self) -> None:
        self._legs -= 1

    def _forget(self, reference: str) -> None:
        self._calls.pop(reference, None)

    def _hang_up(self, reference: str, reason: str) -> None:
        call = self._calls.get(reference)
        if call is not None:
            with self._guard(reference):
                call.hang_up(reason)

    def _drain(self, seconds: float) -> None:
        self._drained_by = monotonic() + seconds
        for reference in list(self._calls):
            self._hang_up(reference, "shutdown")
        self._stop_when_silent()

    def _stop_when_silent(self) -> None:
        assert self._drained_by is not None
        endpoint = next(iter(self._endpoints.values()), None)
        if endpoint is None or not self._legs or monotonic() >= self._drained_by:
            ED2.breakLoop()
        else:
            endpoint.after(DRAIN_STEP, self._stop_when_silent)

    def _fail(self, order: SipOrder, outcome: Outcome, words: str) -> None:
        self._report(
            CallEvent(
                provider_call_id=order.reference, status=outcome.status, reason=outcome.reason, provider_status=words
            )
        )

    @contextmanager
    def _guard(self, reference: str) -> Iterator[None]:
        """A mistake of ours in one call ends that call, is logged, and leaves the others alone."""
        try:
            yield
        except Exception:
            logger.exception("call %s broke off", reference)
            call = self._calls.pop(reference, None)
            if call is not None:
                call.break_off()

    def _endpoint_towards(self, address: str) -> Endpoint:
        """The socket on the address of ours from which that one is reached. Raises OSError."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 9))  # sends nothing
            ours = _bracketed(probe.getsockname()[0])
        if ours not in self._endpoints:
            self._endpoints[ours] = Endpoint(ours, self._port)
        return self._endpoints[ours]


class _GuardedClock:
    def __init__(self, endpoint: Endpoint, guard: Callable[[], AbstractContextManager[None]]) -> None:
        self._endpoint, self._guard = endpoint, guard

    def after(self, seconds: float, action: Callable[[], None]) -> Timer:
        return self._endpoint.after(seconds, partial(self._run, action))

    def _run(self, action: Callable[[], None]) -> None:
        with self._guard():
            action()


def _bracketed(address: str) -> str:
    return f"[{address}]" if ipaddress.ip_address(address.split("%", maxsplit=1)[0]).version == 6 else address
