"""One call: ring the operator, then the number, join the two, and tell what became of it.

Third-party call control as in RFC 3725. Of its flows this has the order of IV, the one it recommends where the second party takes its time: the
operator answers an offer that leads nowhere, is called on (ACK) at once, and gets the number's media by re-INVITE when there is any. Two
things differ, because real telephones and networks want them so: that first offer has a sound line (many telephones answer 488 to one
without), and the number is called *with* an offer, the operator's own (networks refuse calls without one, and only so can it send early media).
Flow I, which holds back the operator's ACK until the number answers, dies after 32 seconds of ringing.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Literal

from calls.events import CallEvent
from calls.statuses import Status
from integrations.sip_dialer import outcomes
from integrations.sip_dialer.legs import Clock, Leg, Listener, Timer
from integrations.sip_dialer.media import Media, Party
from integrations.sip_dialer.orders import Report, SipOrder
from integrations.sip_dialer.outcomes import Outcome

Side = Literal["operator", "number"]
MakeLeg = Callable[[Side, Listener], Leg]

MISSED_ONCE_MORE = 2
"""Unanswered questions after which a telephone has left: one may be the network's fault."""


class Conversation:
    """The Listener of its two legs. Ends exactly once, with exactly one event that `is_end`."""

    def __init__(
        self,
        order: SipOrder,
        *,
        clock: Clock,
        make_leg: MakeLeg,
        silence: str,
        report: Report,
        over: Callable[[], None],
    ) -> None:
        self._order, self._clock, self._make_leg, self._report, self._over = order, clock, make_leg, report, over
        self._silence = silence
        self._started_at = datetime.now(UTC)
        self._began = time.monotonic()
        self._timers: dict[str, Timer] = {}
        self._rang: set[Leg] = set()
        self._seen: dict[Leg, float] = {}
        self._missed: dict[Leg, int] = {}
        self._answered = 0.0
        """When the number answered, on the clock of `time.monotonic`; 0 before."""
        self._talking = self._ended = False
        self._operator = Party(leg=make_leg("operator", self))
        self._media = Media(
            self._operator,
            silence=silence,
            clock=clock,
            glare=order.limits.glare,
            joined=self._join,
            refused=self._not_joined,
        )

    @property
    def _number(self) -> Party | None:
        return self._media.number

    def start(self) -> None:
        self._operator.leg.invite(self._silence)
        self._wait("response", self._order.limits.no_response, self._no_response)
        self._wait("ring", self._order.limits.operator_ring, self._operator_rang_out)

    def hang_up(self, reason: str) -> None:
        """End it from our side, whatever it is doing."""
        self._end(outcomes.CANCELED, "", reason)

    def break_off(self) -> None:
        """End it because we ourselves made a mistake; what the mistake was is in the log."""
        self._end(outcomes.LOST, "internal error", "lost")

    # What the legs tell

    def heard(self, leg: Leg) -> None:
        self._forget("response")

    def rang(self, leg: Leg, code: int, words: str, description: str | None) -> None:
        first = leg not in self._rang
        self._rang.add(leg)
        if leg is self._operator.leg:
            if first:
                self._tell(Status.DIALING, f"{code} {words}", "operator_ringing")
            return
        if first:
            self._tell(Status.RINGING, f"{code} {words}")
        if description and self._number is not None:
            self._number.said = description
            self._media.align()

    def answered(self, leg: Leg, description: str | None) -> None:
        self._forget("ring")
        self._seen[leg] = time.monotonic()
        self._wait_for_check(leg)
        if leg is not self._operator.leg:
            self._answered = time.monotonic()
            self._media.answered(self._party(leg), description)
            return
        self._media.answered(self._operator, description)
        if not self._ended:
            self._tell(Status.DIALING, "200 OK", "operator_answered")
            self._call_number()

    def failed(self, leg: Leg, code: int, words: str) -> None:
        said = f"{code} {words}"
        if not code:
            self._no_response()
        elif leg is self._operator.leg:
            self._end(outcomes.of_operator(code, rang=leg in self._rang), said)
        else:
            self._end(outcomes.of_number(code), said)

    def hung_up(self, leg: Leg) -> None:
        self._end(outcomes.CANCELED, "BYE", "operator_hung_up" if leg is self._operator.leg else "number_hung_up")

    def offered(self, leg: Leg, description: str) -> None:
        self._media.offered(self._party(leg), description)

    def changed(self, leg: Leg, description: str) -> None:
        self._party(leg).said = description
        self._media.align()

    def accepted(self, leg: Leg, description: str | None) -> None:
        self._media.accepted(self._party(leg), description)

    def refused(self, leg: Leg, code: int, words: str, retry: bool) -> None:
        self._media.turned_down(self._party(leg), code, words, retry)

    def alive(self, leg: Leg) -> None:
        self._seen[leg], self._missed[leg] = time.monotonic(), 0
        self._wait_for_check(leg)

    def missed(self, leg: Leg, code: int, words: str, gone: bool) -> None:
        self._missed[leg] = self._missed.get(leg, 0) + 1
        if gone or self._missed[leg] >= MISSED_ONCE_MORE:
            self._end(outcomes.LOST, f"{code} {words}" if code else "no sign of life", "lost", at=self._seen[leg])
        else:
            leg.check()

    # What follows from it

    def _call_number(self) -> None:
        number = self._media.number = Party(leg=self._make_leg("number", self), given=self._operator.said)
        number.leg.invite(self._operator.said)
        self._wait("response", self._order.limits.no_response, self._no_response)
        self._wait("ring", self._order.limits.number_ring, self._number_rang_out)

    def _join(self) -> None:
        """The two hear each other. Only now is it told that the number answered: a call whose ends were never joined was no talk."""
        if not self._talking:
            self._talking = True
            self._tell(Status.IN_PROGRESS, "200 OK")
            self._wait("talk", self._order.limits.talk, lambda: self.hang_up("talk_limit"))

    def _not_joined(self, code: int, words: str) -> None:
        self._end(outcomes.REFUSED, f"{code} {words}")

    def _no_response(self) -> None:
        self._end(outcomes.SERVER_UNREACHABLE, f"no answer from {self._order.host}:{self._order.port}")

    def _operator_rang_out(self) -> None:
        outcome = outcomes.of_operator(408, rang=self._operator.leg in self._rang)
        self._end(outcome, f"no answer within {self._order.limits.operator_ring:g} s")

    def _number_rang_out(self) -> None:
        self._end(outcomes.of_number(408), f"no answer within {self._order.limits.number_ring:g} s")

    def _end(self, outcome: Outcome, words: str, reason: str = "", *, at: float | None = None) -> None:
        """The one way out: both legs are released, and one result is told.

        reason: the outcome's own unless given. at: when it ended, on the monotonic clock, if not now.
        """
        if self._ended:
            return
        self._ended = True
        for timer in self._timers.values():
            timer.cancel()
        for party in (self._operator, self._number):
            if party is not None:
                party.leg.release()
        ended = max(at or time.monotonic(), self._answered)
        self._report(
            self._event(
                Status.ANSWERED if self._talking else outcome.status,
                provider_status=words,
                reason=reason or outcome.reason,
                ended_at=self._wall(ended),
                talk_seconds=int(ended - self._answered) if self._talking else None,
            )
        )
        self._over()

    # Words and time

    def _tell(self, status: Status, words: str, reason: str = "") -> None:
        self._report(self._event(status, provider_status=words, reason=reason))

    def _event(
        self,
        status: Status,
        *,
        provider_status: str,
        reason: str,
        ended_at: datetime | None = None,
        talk_seconds: int | None = None,
    ) -> CallEvent:
        return CallEvent(
            provider_call_id=self._order.reference,
            status=status,
            provider_status=provider_status,
            reason=reason,
            started_at=self._started_at,
            answered_at=self._wall(self._answered) if self._talking else None,
            ended_at=ended_at,
            talk_seconds=talk_seconds,
        )

    def _wall(self, monotonic: float) -> datetime:
        """The time of day of a monotonic moment, reckoned from the call's start so that a corrected clock makes no talk of it."""
        return self._started_at + timedelta(seconds=monotonic - self._began)

    def _party(self, leg: Leg) -> Party:
        if leg is self._operator.leg or self._number is None:
            return self._operator
        return self._number

    def _wait(self, name: str, seconds: float, action: Callable[[], None]) -> None:
        self._forget(name)
        self._timers[name] = self._clock.after(seconds, action)

    def _wait_for_check(self, leg: Leg) -> None:
        self._wait(
            "check operator" if leg is self._operator.leg else "check number", self._order.limits.check, leg.check
        )

    def _forget(self, name: str) -> None:
        if name in self._timers:
            self._timers.pop(name).cancel()
