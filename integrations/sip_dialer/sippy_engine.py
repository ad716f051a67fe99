"""The Engine on sippy: calls by reference, sockets by local address, and the event loop."""

import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from threading import get_ident
from time import monotonic

from sippy.Core.EventDispatcher import ED2

from calls import dialer_sentences
from calls.events import CallEvent
from calls.reasons import Reason
from integrations.outbound.addresses import Allowed
from integrations.sip_dialer import destinations, outcomes, sdp
from integrations.sip_dialer.call_session import CallSession
from integrations.sip_dialer.destinations import Destination, ForbiddenDestination, NoDestination
from integrations.sip_dialer.legs import Listener, Timer
from integrations.sip_dialer.orders import Report, SipOrder
from integrations.sip_dialer.outcomes import DialOutcome, Side
from integrations.sip_dialer.registrar_findings import NO_RESPONSE, RegistrarAnswer
from integrations.sip_dialer.sippy_callers import towards_number, towards_operator
from integrations.sip_dialer.sippy_dialog import SipAccount
from integrations.sip_dialer.sippy_endpoint import Endpoint
from integrations.sip_dialer.sippy_leg import SippyLeg
from integrations.sip_dialer.sippy_registrar import RegistrarQuery, ReportAnswer

logger = logging.getLogger("integrations.sip_dialer")

Heard = Callable[[str], None]
"""Takes the reference of a call whose server has answered anything, or which is over. Called often."""
DRAIN_STEP = 0.02
AVOIDED = 300.0
"""Seconds for which a server that did not respond comes after the other addresses of its name. The same call does not fail over: the first server
may have rung the telephone."""


class SippyEngine:
    """An `orders.Engine`."""

    def __init__(
        self, report: Report, *, allowed: Allowed, port: int = 0, heard: Heard = lambda _reference: None
    ) -> None:
        """port: of our UDP socket on each of our addresses; 0 for any free one. allowed: special addresses that may be reached all the same."""
        self._report, self._allowed, self._port, self._heard = report, allowed, port, heard
        self._silent: dict[Destination, float] = {}
        self._calls: dict[str, CallSession] = {}
        self._legs = 0
        """Those that have not finished."""
        self._endpoints: dict[str, Endpoint] = {}
        self._drained_by: float | None = None

    def place(self, order: SipOrder) -> None:
        # DNS may take seconds, so it is done in the caller's thread.
        try:
            found = destinations.find(order, self._allowed)
        except NoDestination as problem:
            ED2.callFromThread(self._fail, order, outcomes.SERVER_UNREACHABLE, str(problem))
        except ForbiddenDestination as problem:
            ED2.callFromThread(self._fail, order, outcomes.REFUSED, str(problem))
        else:
            ED2.callFromThread(self._start, order, found)

    def inquire(self, login: SipOrder, report: ReportAnswer, *, seconds: float) -> None:
        """A `line_tests.Registrars`."""
        found = destinations.find(login, self._allowed)
        ED2.callFromThread(self._inquire, login, found[0], report, seconds)

    def hang_up(self, reference: str) -> None:
        ED2.callFromThread(self._hang_up, reference, Reason.HUNG_UP)

    def drain(self, seconds: float) -> None:
        ED2.callFromThread(self._drain, seconds)

    def run(self) -> None:
        self._drained_by = None
        # sippy takes the thread that imported it for the loop's, and prints a stack for each timer of another one.
        ED2.my_ident = get_ident()
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

    def _start(self, order: SipOrder, found: list[Destination]) -> None:
        if order.reference in self._calls:
            return
        if self._drained_by is not None:
            self._fail(order, outcomes.CANCELED._replace(reason=Reason.SHUTDOWN), dialer_sentences.STOPPING)
            return
        destination = min(found, key=self._is_avoided)
        try:
            endpoint = self._endpoint_towards(destination.address)
        except OSError as problem:
            self._fail(order, outcomes.SERVER_UNREACHABLE, f"{order.server}: {problem.strerror}")
            return
        guard = partial(self._guard, order.reference)
        call = CallSession(
            order,
            clock=_GuardedClock(endpoint, guard),
            make_leg=partial(self._make_leg, order, destination, endpoint),
            silence=_Silence(endpoint, order.reference),
            report=partial(self._report_from, destination),
            heard=partial(self._heard, order.reference),
            over=partial(self._forget, order.reference),
        )
        self._calls[order.reference] = call
        with guard():
            call.start()

    def _inquire(self, login: SipOrder, destination: Destination, report: ReportAnswer, seconds: float) -> None:
        def answer(found: RegistrarAnswer) -> None:
            report(found, destination.address, destination.port)

        try:
            endpoint = self._endpoint_towards(destination.address)
        except OSError as problem:
            answer(RegistrarAnswer(code=NO_RESPONSE, words=problem.strerror or "no way there"))
            return
        account = self._account(login, destination)
        RegistrarQuery(endpoint, account, call_id=login.reference, seconds=seconds, report=answer).ask()

    def _account(self, order: SipOrder, destination: Destination) -> SipAccount:
        return SipAccount(
            username=order.username,
            auth_username=order.auth_username or order.username,
            password=order.password,
            host=order.host,
            port=order.port,
            next_hop=(destination.address, destination.port),
            may_reach=partial(destinations.may_reach, allowed=self._allowed, host=order.next_hop[0]),
        )

    def _is_avoided(self, destination: Destination) -> bool:
        return monotonic() - self._silent.get(destination, -AVOIDED) < AVOIDED

    def _report_from(self, destination: Destination, event: CallEvent) -> None:
        if event.reason == outcomes.SERVER_UNREACHABLE.reason:
            self._silent[destination] = monotonic()
        self._report(event)

    def _make_leg(
        self, order: SipOrder, destination: Destination, endpoint: Endpoint, side: Side, listener: Listener
    ) -> SippyLeg:
        account = self._account(order, destination)
        call_id, contact = f"{order.reference}-{side}", (endpoint.address, endpoint.port)
        dialog = (
            towards_operator(order, account, call_id=call_id, contact=contact)
            if side == "operator"
            else towards_number(order, account, call_id=call_id, contact=contact)
        )
        self._legs += 1
        return SippyLeg(endpoint, dialog, listener, guard=partial(self._guard, order.reference), over=self._leg_over)

    def _leg_over(self) -> None:
        self._legs -= 1

    def _forget(self, reference: str) -> None:
        self._calls.pop(reference, None)
        self._heard(reference)

    def _hang_up(self, reference: str, reason: Reason) -> None:
        call = self._calls.get(reference)
        if call is not None:
            with self._guard(reference):
                call.hang_up(reason)

    def _drain(self, seconds: float) -> None:
        self._drained_by = monotonic() + seconds
        for reference in list(self._calls):
            self._hang_up(reference, Reason.SHUTDOWN)
        self._stop_when_silent()

    def _stop_when_silent(self) -> None:
        assert self._drained_by is not None
        endpoint = next(iter(self._endpoints.values()), None)
        if endpoint is None or not self._legs or monotonic() >= self._drained_by:
            ED2.breakLoop()
        else:
            endpoint.after(DRAIN_STEP, self._stop_when_silent)

    def _fail(self, order: SipOrder, outcome: DialOutcome, phrase: str) -> None:
        self._heard(order.reference)
        self._report(
            CallEvent(
                provider_call_id=order.reference, status=outcome.status, reason=outcome.reason, provider_status=phrase
            )
        )

    @contextmanager
    def _guard(self, reference: str) -> Iterator[None]:
        """An exception in one call is logged, ends that call, and leaves the others alone."""
        try:
            yield
        except Exception:
            logger.exception("call %s broke off", reference)
            call = self._calls.pop(reference, None)
            self._heard(reference)
            if call is not None:
                call.break_off()

    def _endpoint_towards(self, address: str) -> Endpoint:
        """The socket on the local address from which that one is reached. Raises OSError."""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address.strip("[]"), 9))  # sends nothing
            ours = str(probe.getsockname()[0])
            ours = f"[{ours}]" if family == socket.AF_INET6 else ours
        if ours not in self._endpoints:
            may_reach = partial(destinations.may_reach, allowed=self._allowed)
            self._endpoints[ours] = Endpoint(ours, self._port, may_reach=may_reach)
        return self._endpoints[ours]


class _Silence:
    """A `legs.Silence` for one call."""

    def __init__(self, endpoint: Endpoint, reference: str) -> None:
        self.black_hole_sdp = sdp.black_hole(endpoint.address, endpoint.sink_port)
        self._sound, self._reference = endpoint.silent_sound, reference

    def play(self, description: str) -> None:
        self._sound.play(self._reference, description)

    def stop(self) -> None:
        self._sound.stop(self._reference)


class _GuardedClock:
    def __init__(self, endpoint: Endpoint, guard: Callable[[], AbstractContextManager[None]]) -> None:
        self._endpoint, self._guard = endpoint, guard

    def after(self, seconds: float, action: Callable[[], None]) -> Timer:
        return self._endpoint.after(seconds, partial(self._run, action))

    def _run(self, action: Callable[[], None]) -> None:
        with self._guard():
            action()
