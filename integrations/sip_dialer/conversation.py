"""One call: ring one telephone, then the other, join the two, and tell what became of it.

Third-party call control as in RFC 3725. Of its flows this has the order of IV, the one it recommends where the second party takes its time: the
first answers an offer that leads nowhere, gets its ACK at once, and the second one's media by re-INVITE when there is any. Two things differ,
because real telephones and networks want them so: that first offer has a sound line (many telephones answer 488 to one without), and the
second is called *with* an offer, the first one's own (networks refuse calls without one, and only so can it send early media).
Flow I, which holds back the first one's ACK until the second answers, dies after 32 seconds of ringing.

The operator is first, unless the order says that the customer is; whose telephone failed, and not when, decides what the result is called.
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
        self._sides: tuple[Side, Side] = ("number", "operator") if order.customer_first else ("operator", "number")
        self._first = Party(leg=make_leg(self._sides[0], self))
        self._media = Media(
            self._first,
            silence=silence,
            clock=clock,
            glare=order.limits.glare,
            joined=self._join,
            refused=self._not_joined,
        )

    def start(self) -> None:
        self._first.leg.invite(self._silence)
        self._wait_for_answer(self._first.leg)

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
        if leg not in self._rang:
            self._rang.add(leg)
            if self._side(leg) == "operator":
                self._tell(Status.DIALING, f"{code} {words}", "operator_ringing")
            else:
                self._tell(Status.RINGING, f"{code} {words}")
        if description and leg is not self._first.leg:
            self._party(leg).said = description
            self._media.align()

    def answered(self, leg: Leg, description: str | None) -> None:
        self._forget("ring")
        self._seen[leg] = time.monotonic()
        self._wait_for_check(leg)
        if leg is not self._first.leg:
            self._answered = time.monotonic()
        self._media.answered(self._party(leg), description)
        if leg is self._first.leg and not self._ended:
            side = self._side(leg)
            self._tell(Status.RINGING if side == "number" else Status.DIALING, "200 OK", f"{side}_answered")
            self._call_second()

    def failed(self, leg: Leg, code: int, words: str) -> None:
        if code:
            self._end(self._outcome(leg, code), f"{code} {words}")
        else:
            self._no_response()

    def hung_up(self, leg: Leg) -> None:
        self._end(outcomes.CANCELED, "BYE", f"{self._side(leg)}_hung_up")

    def offered(self, leg: Leg, description: str) -> None:
        self._media.offered(self._party(leg), description)

    def changed(self, leg: Leg, description: str) -> None:
        self._media.changed(self._party(leg), description)

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

    def _call_second(self) -> None:
        second = self._media.second = Party(leg=self._make_leg(self._sides[1], self), given=self._first.said)
        second.leg.invite(self._first.said)
        self._wait_for_answer(second.leg)

    def _wait_for_answer(self, leg: Leg) -> None:
        limits = self._order.limits
        ring = limits.operator_ring if self._side(leg) == "operator" else limits.number_ring
        self._wait("response", limits.no_response, self._no_response)
        self._wait("ring", ring, lambda: self._end(self._outcome(leg, 408), f"no answer within {ring:g} s"))

    def _outcome(self, leg: Leg, code: int) -> Outcome:
        if self._side(leg) == "operator":
            return outcomes.of_operator(code, rang=leg in self._rang)
        return outcomes.of_number(code)

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

    def _end(self, outcome: Outcome, words: str, reason: str = "", *, at: float | None = None) -> None:
        """The one way out: both legs are released, and one result is told.

        reason: the outcome's own unless given. at: when it ended, on the monotonic clock, if not now.
        """
        if self._ended:
            return
        self._ended = True
        for timer in self._timers.values():
            timer.cancel()
        for party in (self._first, self._media.second):
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
        second = self._media.second
        return self._first if second is None or leg is self._first.leg else second

    def _side(self, leg: Leg) -> Side:
        return self._sides[0 if leg is self._first.leg else 1]

    def _wait(self, name: str, seconds: float, action: Callable[[], None]) -> None:
        self._forget(name)
        self._timers[name] = self._clock.after(seconds, action)

    def _wait_for_check(self, leg: Leg) -> None:
        self._wait(f"check {self._side(leg)}", self._order.limits.check, leg.check)

    def _forget(self, name: str) -> None:
        if name in self._timers:
            self._timers.pop(name).cancel()
