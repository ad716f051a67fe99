"""The interface to the SIP stack: a leg, its listener, a clock.

A Leg hides transactions, retransmissions, digest authentication and dialogs; session descriptions (SDP) are text. Everything happens in one thread.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from integrations.sip_dialer.reason_header import Cause

Answer = Callable[[int, str], None]
"""Takes a final status code and its reason phrase."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """The content of an INFO request (RFC 6086), such as DTMF."""

    content_type: str
    body: str
    headers: tuple[tuple[str, str], ...] = ()
    "Those that describe the body, such as Info-Package."


class Timer(Protocol):
    def cancel(self) -> None: ...


class Clock(Protocol):
    def after(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Run the action once, unless the timer is canceled. Canceling one that has run is harmless."""


class Silence(Protocol):
    """Silence by RTP for the telephone that waits for the other one."""

    @property
    def black_hole_sdp(self) -> str:
        """The offer of the first leg: an address that takes RTP and drops it (RFC 3725, 4.3)."""

    def play(self, description: str) -> None:
        """Send silence to where that session description listens."""

    def stop(self) -> None: ...


class Leg(Protocol):
    """One telephone's part of a call: a dialog in which we are the caller."""

    def invite(self, description: str) -> None:
        """Call it. Leads to `rang` any number of times, then `answered` or `failed`."""

    def offer(self, description: str) -> None:
        """Ask the telephone, once answered, to change its media. Leads to `accepted` or `refused`; one at a time."""

    def answer(self, description: str) -> None:
        """Accept what the telephone offered last."""

    def refuse(self, code: int, phrase: str) -> None:
        """Refuse what the telephone offered last."""

    def send_keepalive(self) -> None:
        """OPTIONS within the dialog. Leads to `keepalive_answered`."""

    def send_info(self, info: Info, answer: Answer) -> None:
        """Forward the other telephone's INFO."""

    def release(self) -> None:
        """End it in any state: CANCEL, BYE, or both when a 2xx crosses the CANCEL. No listener method is called afterwards."""


class Listener(Protocol):
    def heard(self, leg: Leg) -> None:
        """Any response has come: the server is alive."""

    def rang(self, leg: Leg, code: int, phrase: str, description: str | None) -> None:
        """101 to 199; with a session description where there is early media."""

    def answered(self, leg: Leg, description: str | None) -> None: ...

    def failed(self, leg: Leg, code: int, phrase: str, cause: Cause) -> None:
        """It did not answer; code 0 when nothing came at all."""

    def hung_up(self, leg: Leg, cause: Cause) -> None: ...

    def offered(self, leg: Leg, description: str) -> None:
        """The telephone wants to change its media; to be followed by `Leg.answer` or `Leg.refuse`."""

    def changed(self, leg: Leg, description: str) -> None:
        """A re-INVITE without an offer was answered by the stack with the SDP in force, resumed; this is the telephone's answer to it."""

    def accepted(self, leg: Leg, description: str | None) -> None: ...

    def refused(self, leg: Leg, code: int, phrase: str, retry: bool) -> None:
        """retry: the refusal is temporary (491, or Retry-After; RFC 3261, 14.1)."""

    def info_received(self, leg: Leg, info: Info, answer: Answer) -> None:
        """The telephone sent an INFO for the other one; `answer` is to be called once."""

    def keepalive_answered(self, leg: Leg, code: int, phrase: str) -> None:
        """The response to `Leg.send_keepalive`; code 0 when none came."""

    def gone(self, leg: Leg, code: int, phrase: str) -> None:
        """A response to another request shows that the dialog is gone."""
