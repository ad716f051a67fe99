"""From a requested call to an order for the SIP engine."""

import logging
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import ClassVar, cast

from django.conf import settings
from django.db import Error as DatabaseError
from django.db import InterfaceError, OperationalError, connections
from django.db.models import QuerySet
from procrastinate.contrib.django import app as jobs

from calls import dialing
from calls.claiming import claim, claiming
from calls.models import Call
from calls.reasons import Reason
from integrations.providers.foundation.provider import Refused
from integrations.sip_dialer import presence
from integrations.sip_dialer.orders import CallerIdHeader, Engine, RingLimits, SipOrder
from integrations.sip_dialer.pacing import Pacing
from integrations.sip_dialer.reports import Reports
from sips.encryption import DecryptionError
from sips.models import Sip, Voip

logger = logging.getLogger(__name__)

SECRETS_OF_VOIP = ("voip__api_key", "voip__webhook_secret")
AT_ONCE = 32
"""Calls that are claimed by one statement, at most: enough to share its cost, and few enough to be placed before the next ones are claimed."""
_CLAIM = claiming(presence.LIVING)
PATIENCE, LATER = 0.2, 1
"""Seconds to wait for a server that has not answered earlier calls, and until the job is looked at again."""


class OrderIntake:
    """Claims requested calls for one dialer and gives them to its engine. One per process, the one that is `current`."""

    current: ClassVar["OrderIntake | None"] = None

    def __init__(self, name: str, engine: Engine, reports: Reports, pacing: Pacing | None = None) -> None:
        self._name, self._engine, self._reports = name, engine, reports
        self._pacing = pacing or Pacing()
        self._asked: dict[int, int] = {}
        """Calls whose jobs have begun, and their configurations."""
        self._lock = threading.Lock()
        self._is_open = True

    def take_waiting(self) -> None:
        """Claim and place what waits, as far as the servers have room and other dialers do not take it."""
        try:
            while self._take():
                pass
        except Exception as problem:  # those that are left are fetched as jobs, each tried again by itself
            level = logging.WARNING if isinstance(problem, DatabaseError) else logging.ERROR
            logger.log(level, "sip_taking_failed", exc_info=True)
            connections.close_all()

    def _take(self) -> bool:
        with self._lock:  # so that nothing is claimed once `close` has returned
            if not self._is_open:
                return False
            taken = claim(_CLAIM, self._name, most=min(AT_ONCE, self._pacing.most), rooms=self._pacing.rooms())
            self._note(taken.calls)
        self._place_all(taken.calls)
        return taken.jobs > 0

    def dial(self, call_id: int) -> None:
        """Claim the call and place it, and with it those that wait behind it for the same server. One that comes while the dialer stops, or while the
        server is behind, is left to another dialer or to later."""
        voip_id = Call.objects.filter(pk=call_id).values_list("voip_id", flat=True).first() or 0
        self._asked[call_id] = voip_id
        self._pacing.room(voip_id, seconds=PATIENCE)
        with self._lock:
            if call_id not in self._asked:
                return  # claimed with another's
            room = self._pacing.room(voip_id, seconds=0) if self._is_open else 0
            claimed = self._claim(voip_id, room) if room else []
            if not room:
                del self._asked[call_id]
        if not room:
            pause = LATER if self._is_open else 0
            dial_later = jobs.configure_task("integrations.dial_by_sip", queue="sip", schedule_in={"seconds": pause})
            dial_later.defer(call_id=call_id)
        self._place_all(claimed)

    def _claim(self, voip_id: int, room: int) -> list[Call]:
        """All that are asked for at that server and those behind them. Where it fails each job tries again."""
        asked = [call_id for call_id, at in list(self._asked.items()) if at == voip_id]
        taken = claim(_CLAIM, self._name, most=min(AT_ONCE, room), asked=asked, voip_id=voip_id)
        for call_id in asked:
            del self._asked[call_id]
        self._note(taken.calls)
        return taken.calls

    def _note(self, claimed: list[Call]) -> None:
        for call in claimed:
            self._pacing.placed(cast("int", call.voip_id), call.reference)

    def _place_all(self, claimed: list[Call]) -> None:
        """Lines are read at once; one by one where a password of theirs cannot be decrypted, so that the other calls are placed."""
        ids = {call.sip_id for call in claimed}
        try:
            lines = _read_again_if_lost(lambda: _lines().in_bulk(ids)) if ids else {}
        except DecryptionError:
            lines = {}
        for call in claimed:
            self._place(call, lines)

    def _place(self, call: Call, lines: Mapping[int, Sip]) -> None:
        try:
            if call.sip_id is not None:
                call.sip = line = lines.get(call.sip_id) or _lines().get(pk=call.sip_id)
                if line.voip_id == call.voip_id:
                    call.voip = line.voip
            order = make_order(call)
        except (Refused, DecryptionError, ValueError, Sip.DoesNotExist) as problem:
            self._pacing.heard(call.reference)
            dialing.fail(call.pk, reason=Reason.REFUSED, provider_status=str(problem))
            return
        assert call.voip is not None  # make_order has seen to it
        self._reports.expect(call.reference, call.voip)
        self._engine.place(order)

    def close(self) -> None:
        with self._lock:
            self._is_open = False


def _lines() -> QuerySet[Sip]:
    """With their configurations, without the secrets of these."""
    return Sip.objects.select_related("voip").defer(*SECRETS_OF_VOIP)


def _read_again_if_lost(read: Callable[[], dict[int, Sip]]) -> dict[int, Sip]:
    """Once more on a new connection: what is claimed already is nobody else's any more."""
    try:
        return read()
    except (OperationalError, InterfaceError):
        connections.close_all()
        return read()


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
