"""From a requested call to an order for the SIP engine."""

import threading
from datetime import timedelta
from typing import ClassVar, cast

from django.conf import settings
from procrastinate.contrib.django import app as jobs

from calls import dialing
from calls.models import Call
from calls.reasons import Reason
from integrations.providers.foundation.provider import Refused
from integrations.sip_dialer.orders import CallerIdHeader, Engine, RingLimits, SipOrder
from integrations.sip_dialer.reports import Reports
from sips.encryption import DecryptionError
from sips.models import Voip


class OrderIntake:
    """Claims requested calls for one dialer and gives them to its engine. One per process, the one that is `current`."""

    current: ClassVar["OrderIntake | None"] = None

    def __init__(self, name: str, engine: Engine, reports: Reports) -> None:
        self._name, self._engine, self._reports = name, engine, reports
        self._lock = threading.Lock()
        self._is_open = True

    def dial(self, call_id: int) -> None:
        """Claim the call and place it. One that comes while the dialer stops is left to another dialer."""
        with self._lock:  # so that nothing is claimed once `close` has returned
            call = dialing.claim(call_id, holder=self._name) if self._is_open else None
            if not self._is_open:
                jobs.configure_task("integrations.dial_by_sip", queue="sip").defer(call_id=call_id)
        if call is None:
            return
        try:
            order = make_order(call)
        except (Refused, DecryptionError, ValueError) as problem:
            dialing.fail(call_id, reason=Reason.REFUSED, provider_status=str(problem))
            return
        assert call.voip is not None  # make_order has seen to it
        self._reports.expect(call.reference, call.voip)
        self._engine.place(order)

    def close(self) -> None:
        with self._lock:
            self._is_open = False


def make_order(call: Call) -> SipOrder:
    """Raises Refused where the configuration no longer allows the call, DecryptionError, or ValueError for what SIP cannot carry."""
    voip, line = call.voip, call.sip
    if voip is None or line is None or not voip.active or not line.active:
        raise Refused("The line or its configuration has been removed or switched off.")
    if not (voip.address and line.username and line.password):
        raise Refused("The line's login or the server's address has been removed.")
    return SipOrder(
        reference=call.reference,
        host=host_of(voip),
        port=int(voip.port) if voip.port else None,
        proxy=voip.outbound_proxy,
        username=line.username,
        auth_username=line.auth_username,
        password=line.password,
        operator=line.sip,
        number=_dialed(call.number_to),
        customer_first=call.customer_first,
        display=call.number_to,
        caller_id=_dialed(line.caller_id or voip.caller_id),
        caller_id_header=cast("CallerIdHeader", voip.caller_id_header),
        hands_free=line.hands_free,
        limits=RingLimits(
            operator_ring=settings.SIP_OPERATOR_RING_SECONDS,
            number_ring=settings.SIP_NUMBER_RING_SECONDS,
            keepalive=settings.SIP_KEEPALIVE_SECONDS,
            # shorter than the time after which an answered call is given up: we see the end of every call ourselves
            talk=(settings.ANSWERED_CALL_EXPIRES - timedelta(minutes=1)).total_seconds(),
        ),
    )


def host_of(voip: Voip) -> str:
    """The server, as it stands in a SIP address."""
    return f"[{voip.address}]" if ":" in voip.address and not voip.address.startswith("[") else voip.address


def _dialed(number: str) -> str:
    """As the server wants international numbers: with a plus, with 00, or bare."""
    return settings.SIP_NUMBER_PREFIX + number[1:] if number.startswith("+") else number


def dial(call_id: int) -> None:
    """Place the call by this process's engine. Raises RuntimeError in a process that has none."""
    if OrderIntake.current is None:
        raise RuntimeError(
            "Calls by SIP are placed by the sip_dialer process; let no other worker take the queue “sip”."
        )
    OrderIntake.current.dial(call_id)
