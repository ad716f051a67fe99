"""One call of the dialer between two telephones that do as a test says, on a clock that it turns."""

from collections.abc import Callable
from typing import Any

from calls.events import CallEvent
from integrations.sip_dialer.call_session import CallSession
from integrations.sip_dialer.legs import Answer, Info, Leg, Listener
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

    def waiting(self) -> list["Timer"]:
        """The timers that would still go off."""
        return [timer for timer in self._timers if timer.action]


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
    def __init__(self, *, customer_first: bool = False, **limits: Any) -> None:
        self.clock, self.silence = Clock(), Quiet()
        self.events: list[CallEvent] = []
        self.legs: dict[Side, Any] = {}
        order = SipOrder(
            reference="r", host="pbx.example.com", username="crm", password="p", operator="100", number="48221234567",
            customer_first=customer_first,
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

    def talks(self) -> tuple[Any, Any]:
        """Both have answered, and hear each other."""
        operator, number = self.answers("operator", sdp(7000)), self.answers("number", sdp(8000))
        self.call.accepted(operator, sdp(7000))
        return operator, number

    def said(self) -> list[tuple[str | None, str]]:
        return [(event.status, event.reason) for event in self.events]

    def is_over(self) -> bool:
        return any(event.is_end for event in self.events)

    def hears(self, side: Side) -> Any:
        self.call.heard(self.legs[side])
        return self.legs[side]

    def answers(self, side: Side, description: str) -> Any:
        leg = self.hears(side)
        self.call.answered(leg, description)
        return leg
