"""One third-party-controlled call: ring one telephone, then the other, join the two, and report what happens.

Third-party call control as in RFC 3725. Of its flows this has the order of IV, the one it recommends where the second party takes its time: the
first answers a black-hole SDP, gets its ACK at once, and the second one's media by re-INVITE when there is any. Two things differ,
because real telephones and networks want them so: that first offer has a sound line (many telephones answer 488 to one without), and the
second is called *with* an offer, the first one's own (networks refuse calls without one, and only so can it send early media).
Flow I, which holds back the first one's ACK until the second answers, dies after 32 seconds of ringing.

The operator is first, unless the order says that the customer is; whose telephone failed, and not when, decides what the result is called.
"""

from collections.abc import Callable

from calls import dialer_sentences
from calls.reasons import Reason
from calls.statuses import Status
from integrations.sip_dialer import outcomes
from integrations.sip_dialer.keepalive import Keepalive
from integrations.sip_dialer.legs import Answer, Clock, Info, Leg, Listener, Silence, Timer
from integrations.sip_dialer.media import Media, Party
from integrations.sip_dialer.orders import Report, SipOrder
from integrations.sip_dialer.outcomes import NO_SOUND_CAUSE, DialOutcome, Side
from integrations.sip_dialer.progress import Progress
from integrations.sip_dialer.reason_header import NO_CAUSE, Cause

MakeLeg = Callable[[Side, Listener], Leg]


class CallSession:
    """The Listener of its two legs. Ends exactly once, with exactly one event that `is_end`."""

    def __init__(
        self,
        order: SipOrder,
        *,
        clock: Clock,
        make_leg: MakeLeg,
        silence: Silence,
        report: Report,
        over: Callable[[], None],
        heard: Callable[[], None] = lambda: None,
    ) -> None:
        """over: called once, at the end. heard: called at each response of the server."""
        self._order, self._clock, self._make_leg, self._over, self._heard = order, clock, make_leg, over, heard
        self._silence = silence
        self._progress = Progress(order.reference, report)
        self._timers: dict[str, Timer] = {}
        self._rang: set[Leg] = set()
        self._keepalives: dict[Leg, Keepalive] = {}
        self._refreshed: set[Leg] = set()
        self._ended = False
        self._sides: tuple[Side, Side] = ("number", "operator") if order.customer_first else ("operator", "number")
        self._first = Party(leg=make_leg(self._sides[0], self))
        self._media = Media(
            self._first,
            silence=silence.black_hole_sdp,
            clock=clock,
            glare=order.limits.glare,
            joined=self._join,
            refused=self._not_joined,
        )

    def start(self) -> None:
        self._first.leg.invite(self._silence.black_hole_sdp)
        self._wait_for_answer(self._first.leg)

    def hang_up(self, reason: Reason) -> None:
        self._end(outcomes.CANCELED._replace(reason=reason), "")

    def break_off(self) -> None:
        """End it because of an error of our own, which is logged."""
        self._end(outcomes.LOST, dialer_sentences.MISTAKE)

    # Listener: what the legs report

    def heard(self, leg: Leg) -> None:
        self._heard()
        self._forget("response")

    def rang(self, leg: Leg, code: int, phrase: str, description: str | None) -> None:
        if leg not in self._rang:
            self._rang.add(leg)
            if self._side(leg) == "operator":
                self._progress.report(Status.DIALING, f"{code} {phrase}", Reason.OPERATOR_RINGING)
            else:
                self._progress.report(Status.RINGING, f"{code} {phrase}")
        if description and leg is not self._first.leg:
            self._party(leg).remote_sdp = description
            self._media.align()

    def answered(self, leg: Leg, description: str | None) -> None:
        self._forget("ring")
        self._keepalives[leg] = Keepalive(
            clock=self._clock,
            limits=self._order.limits,
            send=lambda by_reinvite: self._send_keepalive(leg, by_reinvite),
            gone=lambda code, phrase: self.gone(leg, code, phrase),
        )
        if leg is not self._first.leg:
            self._progress.number_answered()
        self._media.answered(self._party(leg), description)
        self._play_silence()
        if leg is self._first.leg and not self._ended:
            side = self._side(leg)
            if side == "number":
                self._progress.report(Status.RINGING, "200 OK", Reason.NUMBER_ANSWERED)
            else:
                self._progress.report(Status.DIALING, "200 OK", Reason.OPERATOR_ANSWERED)
            self._call_second()

    def failed(self, leg: Leg, code: int, phrase: str, cause: Cause) -> None:
        if code:
            self._end(self._outcome(leg, code, cause), f"{code} {phrase}{cause}")
        else:
            self._no_response()

    def hung_up(self, leg: Leg, cause: Cause) -> None:
        side = self._side(leg)
        cause_code = cause.q850 if cause.q850 == NO_SOUND_CAUSE or not self._progress.is_talk else None
        self._end(outcomes.of_hang_up(side, cause_code), f"BYE{cause}")

    def offered(self, leg: Leg, description: str) -> None:
        self._media.offered(self._party(leg), description)
        self._play_silence()

    def changed(self, leg: Leg, description: str) -> None:
        self._media.changed(self._party(leg), description)
        self._play_silence()

    def accepted(self, leg: Leg, description: str | None) -> None:
        self._media.accepted(self._party(leg), description)
        self._play_silence()
        if leg in self._refreshed:
            self._refreshed.remove(leg)
            self._keepalives[leg].answered(200, "OK")

    def refused(self, leg: Leg, code: int, phrase: str, retry: bool) -> None:
        if leg in self._refreshed:
            self._refreshed.remove(leg)
            self._media.kept(self._party(leg))
            self._keepalives[leg].answered(code, phrase)
        else:
            self._media.turned_down(self._party(leg), code, phrase, retry)

    def info_received(self, leg: Leg, info: Info, answer: Answer) -> None:
        other = self._media.second if leg is self._first.leg else self._first
        if other is not None and other.connected:
            other.leg.send_info(info, answer)
        else:
            answer(480, "No other party")

    def keepalive_answered(self, leg: Leg, code: int, phrase: str) -> None:
        self._keepalives[leg].answered(code, phrase)

    def gone(self, leg: Leg, code: int, words: str) -> None:
        self._end(outcomes.LOST, f"{code} {words}" if code else dialer_sentences.GONE, at=self._keepalives[leg].seen)

    # Steps

    def _call_second(self) -> None:
        second = self._media.second = Party(leg=self._make_leg(self._sides[1], self), local_sdp=self._first.remote_sdp)
        second.leg.invite(self._first.remote_sdp)
        self._wait_for_answer(second.leg)

    def _wait_for_answer(self, leg: Leg) -> None:
        limits = self._order.limits
        ring = limits.operator_ring if self._side(leg) == "operator" else limits.number_ring
        self._wait("response", limits.no_response, self._no_response)
        self._wait("ring", ring, lambda: self._not_answered(leg, ring))

    def _not_answered(self, leg: Leg, ring: float) -> None:
        if "response" in self._timers:  # nothing has come at all: that is the server's silence and not the telephone's
            self._no_response()
        else:
            self._end(self._outcome(leg, 408), dialer_sentences.NOT_ANSWERED % {"seconds": f"{ring:g}"})

    def _outcome(self, leg: Leg, code: int, cause: Cause = NO_CAUSE) -> DialOutcome:
        code = cause.sip or code
        if self._side(leg) == "operator":
            return outcomes.of_operator(code, cause.q850, rang=leg in self._rang)
        return outcomes.of_number(code, cause.q850, logged_in=leg is not self._first.leg)

    def _send_keepalive(self, leg: Leg, by_reinvite: bool) -> None:
        if not by_reinvite:
            leg.send_keepalive()
        elif self._media.refresh(self._party(leg)):
            self._refreshed.add(leg)
        else:  # an offer is under way; its answer will show that the telephone is alive
            self._keepalives[leg].postpone()

    def _play_silence(self) -> None:
        if self._media.is_silent and not self._ended:
            self._silence.play(self._first.remote_sdp)
        else:
            self._silence.stop()

    def _join(self) -> None:
        if not self._progress.is_talk:
            self._progress.join()
            for keepalive in self._keepalives.values():
                keepalive.begin()
            self._wait("talk", self._order.limits.talk, lambda: self.hang_up(Reason.TALK_LIMIT))

    def _not_joined(self, leg: Leg, code: int, phrase: str) -> None:
        both = self._media.second is not None and self._media.second.connected
        self._end(outcomes.of_refused_media(self._side(leg), code, both_answered=both), f"{code} {phrase}")

    def _no_response(self) -> None:
        self._end(outcomes.SERVER_UNREACHABLE, dialer_sentences.SILENT % {"server": self._order.server})

    def _end(self, outcome: DialOutcome, phrase: str, *, at: float | None = None) -> None:
        """The single exit: both legs are released, and one result is reported. at: when it ended, on the monotonic clock, if not now."""
        if self._ended:
            return
        self._ended = True
        for timer in self._timers.values():
            timer.cancel()
        for keepalive in self._keepalives.values():
            keepalive.stop()
        self._silence.stop()
        for party in (self._first, self._media.second):
            if party is not None:
                party.leg.release()
        self._progress.end(outcome, phrase, at=at)
        self._over()

    def _party(self, leg: Leg) -> Party:
        second = self._media.second
        return self._first if second is None or leg is self._first.leg else second

    def _side(self, leg: Leg) -> Side:
        return self._sides[0 if leg is self._first.leg else 1]

    def _wait(self, name: str, seconds: float, action: Callable[[], None]) -> None:
        self._forget(name)
        self._timers[name] = self._clock.after(seconds, action)

    def _forget(self, name: str) -> None:
        if name in self._timers:
            self._timers.pop(name).cancel()
