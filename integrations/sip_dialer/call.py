"""One order on its way: the operator is rung, then the number, then the two are joined, until one of them, or we, have had enough.

No media passes through here: the two telephones send their sound to each other.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum, auto
from time import monotonic
from typing import Any

from calls.statuses import Status
from integrations.sip_dialer import outcomes, sdp
from integrations.sip_dialer.dialog import Line, Reply
from integrations.sip_dialer.joining import Joint
from integrations.sip_dialer.leg import Leg
from integrations.sip_dialer.orders import Party, SipOrder, SipReport
from integrations.sip_dialer.outcomes import Outcome
from integrations.sip_dialer.pulse import Pulse
from integrations.sip_dialer.shield import shielded
from integrations.sip_dialer.transactions import Timers, Transactions


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Seconds."""

    first_reply: float = 8
    "Until the server says anything at all."
    join: float = 10
    "From the number's answer until both telephones know of each other."
    keepalive: float = 60
    "Between two questions whether a telephone still knows the call."


class Phase(IntEnum):
    ADDRESS = auto()
    OPERATOR = auto()
    NUMBER = auto()
    JOINING = auto()
    TALKING = auto()
    OVER = auto()


class SipCall:
    def __init__(
        self,
        order: SipOrder,
        *,
        limits: Limits,
        transactions: Transactions,
        sink: int,
        report: Callable[[SipReport], None],
    ) -> None:
        """`sink`: the UDP port where a telephone may send its sound while there is nobody to hear it."""
        self._order = order
        self._limits = limits
        self._transactions = transactions
        self._sink = sink
        self._report = report
        self._phase = Phase.ADDRESS
        self._joint: Joint | None = None
        self._timers = Timers()
        self._pulses: dict[Leg, Pulse] = {}
        self._has_rung = False
        self._answered_at: datetime | None = None
        self._answered = 0.0

    @property
    def is_quiet(self) -> bool:
        """Over, at the far ends as well."""
        return self._phase is Phase.OVER and all(leg.is_quiet for leg in self._legs)

    @shielded
    def wait_for_address(self) -> None:
        if self._phase is Phase.ADDRESS:
            self._watch_for_reply(f"the address of {self._order.server} was not found")

    @shielded
    def ring_operator(self, line: Line) -> None:
        if self._phase is Phase.OVER:
            return
        self._phase = Phase.OPERATOR
        silence_at = line.local_address, self._sink
        self._joint = Joint(silence_at=silence_at, on_joined=self._talk, on_refused=self._refuse_to_join)
        shown_name = self._order.caller_name or self._order.number
        leg = Leg(line, self._transactions, number=self._order.operator, listener=self, shown_name=shown_name)
        self._joint.operator = leg
        self._ring(leg, sdp.silence(*silence_at), self._order.operator_ring_seconds, outcomes.OPERATOR_RANG_OUT)
        self._say(Status.DIALING)

    @shielded
    def fail(self, sentence: str) -> None:
        """There is no way to the server."""
        self._finish(outcomes.SERVER_SILENT, sentence)

    @shielded
    def hang_up(self) -> None:
        self._part("crm")

    def progressed(self, leg: Leg, reply: Reply) -> None:
        self._timers.stop("reply")
        if leg is self._joined.operator:
            return
        if reply.code in (180, 183) and not self._has_rung:
            self._has_rung = True
            self._say(Status.RINGING, provider_status=str(reply))
        self._joined.play_early()

    def answered(self, leg: Leg) -> None:
        self._timers.stop("reply", "ring")
        if leg is self._joined.operator:
            self._ring_number(leg)
        elif leg.media.heard:
            self._phase = Phase.JOINING
            self._answered_at, self._answered = datetime.now(UTC), monotonic()
            sentence = f"the two telephones were not joined within {self._limits.join:g} s"
            self._timers.start("join", self._limits.join, self._finish, outcomes.NOT_JOINED, sentence)
            self._joined.open()
        else:
            self._finish(outcomes.NOT_JOINED, "the number answered without media")

    def refused(self, leg: Leg, reply: Reply) -> None:
        if reply.is_local:
            self._finish(outcomes.SERVER_SILENT, self._no_reply())
        else:
            read = outcomes.of_operator if leg is self._joined.operator else outcomes.of_number
            self._finish(read(reply.code), str(reply))

    def offered(self, leg: Leg) -> None:
        self._joined.offered(leg)

    def agreed(self, leg: Leg) -> None:
        self._joined.agreed(leg)

    def disagreed(self, leg: Leg, reply: Reply) -> None:
        self._joined.disagreed(leg, reply)

    def signalled(self, leg: Leg, body: str, content_type: str) -> None:
        other = self._joined.other(leg)
        if other is not None and other.is_talking:
            other.signal(body, content_type)

    def hung_up(self, leg: Leg) -> None:
        self._part("operator" if leg is self._joined.operator else "number")

    def vanished(self, leg: Leg, reply: Reply) -> None:
        if self._phase is Phase.TALKING:
            seen = self._pulses[leg].last_seen
            self._finish(Outcome(Status.ANSWERED, "lost"), str(reply), talked_until=seen)
        else:
            self._finish(outcomes.LOST, str(reply))

    def broke(self) -> None:
        self._finish(outcomes.BROKEN, "a fault in the dialer")

    @property
    def _joined(self) -> Joint:
        assert self._joint is not None
        return self._joint

    @property
    def _legs(self) -> list[Leg]:
        return self._joint.legs if self._joint is not None else []

    def _ring_number(self, operator: Leg) -> None:
        if not operator.media.heard:
            self._finish(outcomes.NOT_JOINED, "the operator's telephone answered without media")
            return
        self._phase = Phase.NUMBER
        leg = Leg(operator.line, self._transactions, number=self._order.number, listener=self)
        self._joined.number = leg
        self._ring(leg, operator.media.heard, self._order.number_ring_seconds, outcomes.NUMBER_RANG_OUT)

    def _ring(self, leg: Leg, description: str, seconds: float, rang_out: Outcome) -> None:
        self._watch_for_reply(self._no_reply())
        self._timers.start("ring", seconds, self._finish, rang_out)
        leg.invite(description, ring_seconds=seconds)

    def _talk(self) -> None:
        self._phase = Phase.TALKING
        self._timers.stop("join")
        for leg in self._legs:
            self._pulses[leg] = Pulse(leg, seconds=self._limits.keepalive, owner=self, on_silence=self.vanished)
        self._say(Status.IN_PROGRESS, answered_at=self._answered_at)

    def _refuse_to_join(self, reply: Reply) -> None:
        self._finish(outcomes.NOT_JOINED, str(reply))

    def _part(self, party: Party) -> None:
        """Somebody has had enough."""
        has_answered = self._phase in (Phase.JOINING, Phase.TALKING)
        self._finish(Outcome(Status.ANSWERED) if has_answered else outcomes.CANCELED, hung_up_by=party)

    @shielded
    def _finish(
        self, outcome: Outcome, provider_status: str = "", *, hung_up_by: Party = "", talked_until: float | None = None
    ) -> None:
        if self._phase is Phase.OVER:
            return
        self._phase = Phase.OVER
        self._timers.stop_all()
        for pulse in self._pulses.values():
            pulse.stop()
        talked = outcome.status is Status.ANSWERED
        self._say(
            outcome.status,
            reason=outcome.reason,
            provider_status=provider_status,
            answered_at=self._answered_at if talked else None,
            talk_seconds=round((talked_until or monotonic()) - self._answered) if talked else None,
            hung_up_by=hung_up_by,
        )
        for leg in self._legs:
            self._release(leg)

    @shielded
    def _release(self, leg: Leg) -> None:
        leg.end()

    def _say(self, status: Status, **facts: Any) -> None:
        self._report(SipReport(reference=self._order.reference, status=status, at=datetime.now(UTC), **facts))

    def _no_reply(self) -> str:
        return f"{self._order.server}:{self._order.port} did not answer within {self._limits.first_reply:g} s"

    def _watch_for_reply(self, sentence: str) -> None:
        self._timers.start("reply", self._limits.first_reply, self._finish, outcomes.SERVER_SILENT, sentence)
