"""One call between two telephones that do as the test says, on a clock that it turns."""

from collections.abc import Callable
from typing import Any

import pytest

from calls.events import CallEvent
from calls.reasons import Reason
from calls.statuses import Status
from integrations.sip_dialer.call_session import CallSession
from integrations.sip_dialer.legs import Answer, Info, Leg, Listener
from integrations.sip_dialer.media import MOST_OFFERS
from integrations.sip_dialer.orders import RingLimits, SipOrder
from integrations.sip_dialer.outcomes import Side

SDP = "v=0\r\nm=audio {port} RTP/AVP 8\r\n"
LIMITS = RingLimits(operator_ring=8, number_ring=9, no_response=20, keepalive=1000)


def sdp(port: int) -> str:
    return SDP.format(port=port)


class Clock:
    def __init__(self) -> None:
        self.now = 0.0
        self._timers: list[Timer] = []

    def after(self, seconds: float, action: Callable[[], None]) -> "Timer":
        timer = Timer(self.now + seconds, action)
        self._timers.append(timer)
        return timer

    def advance(self, seconds: float) -> None:
        until = self.now + seconds
        while due := [each for each in self._timers if each.at <= until and each.action]:
            timer = min(due, key=lambda each: each.at)
            self.now, action = timer.at, timer.action
            timer.cancel()
            assert action is not None
            action()
        self.now = until


class Timer:
    def __init__(self, at: float, action: Callable[[], None]) -> None:
        self.at = at
        self.action: Callable[[], None] | None = action

    def cancel(self) -> None:
        self.action = None


class Telephone:
    """A Leg that remembers what it was asked."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.invited = ""
        self.offers: list[str] = []
        self.answers: list[str] = []
        self.released = False
        self.infos: list[Info] = []

    def invite(self, description: str) -> None:
        self.invited = description

    def offer(self, description: str) -> None:
        self.offers.append(description)

    def answer(self, description: str) -> None:
        self.answers.append(description)

    def refuse(self, code: int, phrase: str) -> None:
        self.answers.append(f"{code} {phrase}")

    def send_keepalive(self) -> None: ...

    def send_info(self, info: Info, answer: Answer) -> None:
        self.infos.append(info)

    def release(self) -> None:
        self.released = True


class Quiet:
    """A Silence that remembers who heard it last."""

    black_hole_sdp = sdp(1)
    played = ""

    def play(self, description: str) -> None:
        self.played = description

    def stop(self) -> None:
        self.played = ""


class Scene:
    def __init__(self, **limits: Any) -> None:
        self.clock, self.silence = Clock(), Quiet()
        self.events: list[CallEvent] = []
        self.legs: dict[Side, Any] = {}
        order = SipOrder(
            reference="r", host="pbx.example.com", username="crm", password="p", operator="100", number="48221234567",
            limits=LIMITS if not limits else RingLimits(**({"keepalive": 1000} | limits)),
        )  # fmt: skip
        self.call = CallSession(
            order,
            clock=self.clock,
            make_leg=self._make_leg,
            silence=self.silence,
            report=self.events.append,
            over=lambda: None,
        )
        self.call.start()

    def _make_leg(self, side: Side, _listener: Listener) -> Leg:
        self.legs[side] = Telephone(side)
        leg: Leg = self.legs[side]
        return leg

    def is_over(self) -> bool:
        return any(event.is_end for event in self.events)

    def hears(self, side: Side) -> Any:
        self.call.heard(self.legs[side])
        return self.legs[side]

    def answers(self, side: Side, description: str) -> Any:
        leg = self.hears(side)
        self.call.answered(leg, description)
        return leg


def test_ringing_ends_with_the_answer() -> None:
    scene = Scene()
    scene.clock.advance(7.9)
    operator = scene.answers("operator", sdp(7000))
    scene.clock.advance(8.9)  # the operator's eight seconds are over
    scene.answers("number", sdp(8000))
    scene.call.accepted(operator, sdp(7000))

    scene.clock.advance(60)

    assert [event.status for event in scene.events] == [Status.DIALING, Status.IN_PROGRESS]
    assert not operator.released


@pytest.mark.parametrize("answered", [False, True])
def test_each_telephone_rings_as_long_as_it_may(answered: bool) -> None:
    scene = Scene()
    if answered:
        scene.answers("operator", sdp(7000))
    ringing = scene.hears("number" if answered else "operator")
    scene.call.rang(ringing, 180, "Ringing", None)

    scene.clock.advance(8.9 if answered else 7.9)
    assert not scene.is_over()

    scene.clock.advance(0.2)
    assert scene.is_over()
    reason = "" if answered else Reason.OPERATOR_NO_ANSWER
    assert (scene.events[-1].status, scene.events[-1].reason) == (Status.NO_ANSWER, reason)


@pytest.mark.parametrize(
    "limits", [{"operator_ring": 5, "no_response": 20}, {"operator_ring": 20, "no_response": 20}, {"operator_ring": 60}]
)
def test_a_silent_server_is_unreachable_whatever_the_ring_limit(limits: dict[str, float]) -> None:
    scene = Scene(**limits)

    scene.clock.advance(61)

    assert scene.is_over()
    assert (scene.events[-1].status, scene.events[-1].reason) == (Status.FAILED, Reason.SERVER_UNREACHABLE)
    assert scene.events[-1].provider_status.startswith("no answer from pbx.example.com by UDP")


def test_an_early_offer_that_is_refused_does_no_harm() -> None:
    scene = Scene()
    operator = scene.answers("operator", sdp(7000))
    number = scene.hears("number")
    scene.call.rang(number, 183, "Session Progress", sdp(8500))
    scene.call.refused(operator, 488, "Not Acceptable Here", False)

    scene.call.rang(number, 183, "Session Progress", sdp(8500))

    assert not scene.is_over()
    assert not (operator.released or number.released)
    assert operator.offers == [sdp(8500)]  # and the same is not offered again


@pytest.mark.parametrize("port", [8500, 8600])
def test_after_a_refused_early_offer_the_answer_joins_the_two(port: int) -> None:
    """Also where the answer says the same as the announcement did: now it matters."""
    scene = Scene()
    operator = scene.answers("operator", sdp(7000))
    scene.call.rang(scene.hears("number"), 183, "Session Progress", sdp(8500))
    scene.call.refused(operator, 488, "Not Acceptable Here", False)

    scene.answers("number", sdp(port))
    scene.call.accepted(operator, sdp(7000))

    assert operator.offers == [sdp(8500), sdp(port)]
    assert scene.events[-1].status == Status.IN_PROGRESS


def test_endless_counter_offers_are_given_up() -> None:
    scene = Scene()
    telephones = [scene.answers("operator", sdp(7000)), scene.answers("number", sdp(8000))]
    answered, port = dict.fromkeys(telephones, 0), 9000

    while waiting := [leg for leg in telephones if len(leg.offers) > answered[leg]]:
        port += 1
        answered[waiting[0]] += 1
        scene.call.accepted(waiting[0], sdp(port))
        assert port < 9100, "they are asked for ever"

    assert [len(leg.offers) for leg in telephones] == [MOST_OFFERS, MOST_OFFERS]
    assert not scene.is_over()


def test_a_users_media_change_resets_the_offer_limit() -> None:
    scene = Scene()
    operator, number = scene.answers("operator", sdp(7000)), scene.answers("number", sdp(8000))
    scene.call.accepted(operator, sdp(7000))

    for port in range(7001, 7001 + 3 * MOST_OFFERS):  # hold, resume, hold, …
        scene.call.offered(operator, sdp(port))
        scene.call.accepted(number, sdp(8000))

    assert operator.answers == [sdp(8000)] * 3 * MOST_OFFERS
    assert number.offers == [sdp(port) for port in range(7001, 7001 + 3 * MOST_OFFERS)]


def test_silence_is_played_until_the_join() -> None:
    scene = Scene()
    heard = [scene.silence.played]
    operator = scene.answers("operator", sdp(7000))
    heard.append(scene.silence.played)
    scene.call.offered(operator, sdp(7002))  # it moves its ear
    heard.append(scene.silence.played)
    scene.call.rang(scene.hears("number"), 183, "Session Progress", sdp(8500))
    scene.call.accepted(operator, sdp(7002))  # an announcement is on its way now
    heard.append(scene.silence.played)

    assert heard == ["", sdp(7000), sdp(7002), ""]


def test_silence_ends_with_the_call() -> None:
    scene = Scene()
    scene.answers("operator", sdp(7000))

    scene.call.hang_up(Reason.HUNG_UP)

    assert scene.silence.played == ""


def test_keepalives_restart_with_short_pauses_at_the_join() -> None:
    scene = Scene(keepalive=30, number_ring=120)
    operator = scene.answers("operator", sdp(7000))
    asked: list[float] = []

    def answer() -> None:
        asked.append(scene.clock.now)
        scene.call.keepalive_answered(operator, 200, "OK")

    operator.send_keepalive = answer
    scene.hears("number")
    scene.clock.advance(70)
    scene.answers("number", sdp(8000))
    scene.call.accepted(operator, sdp(7000))

    scene.clock.advance(16)

    assert asked == [5, 15, 35, 65, 75, 85]
