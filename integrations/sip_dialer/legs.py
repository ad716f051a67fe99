"""The seam to the SIP stack: one telephone's part of a call, and the time.

A Leg hides transactions, retransmissions, digest and dialogs; session descriptions are text. Everything happens in one thread.
"""

from collections.abc import Callable
from typing import Protocol


class Timer(Protocol):
    def cancel(self) -> None: ...


class Clock(Protocol):
    def after(self, seconds: float, action: Callable[[], None]) -> Timer:
        """Do that once, later, unless the timer is canceled. Canceling one that has run is harmless."""


class Leg(Protocol):
    """A telephone we call."""

    def invite(self, description: str) -> None:
        """Call it. Leads to `rang` any number of times, then `answered` or `failed`."""

    def offer(self, description: str) -> None:
        """Ask the telephone, once answered, to change its media. Leads to `accepted` or `refused`; one at a time."""

    def answer(self, description: str) -> None:
        """Accept what the telephone offered last."""

    def refuse(self, code: int, words: str) -> None:
        """Refuse what the telephone offered last."""

    def check(self) -> None:
        """Ask whether the telephone is still in the call. Leads to `alive` or `missed`."""

    def release(self) -> None:
        """End it, however far it is: CANCEL, BYE, or both in turn when an answer crosses the CANCEL. Nothing is heard of it afterwards."""


class Listener(Protocol):
    """Who is told what a Leg does."""

    def heard(self, leg: Leg) -> None:
        """The server has answered something: it is alive."""

    def rang(self, leg: Leg, code: int, words: str, description: str | None) -> None:
        """180 to 199; with a description when there is sound already."""

    def answered(self, leg: Leg, description: str | None) -> None: ...

    def failed(self, leg: Leg, code: int, words: str) -> None:
        """It did not answer; code 0 when nothing came at all."""

    def hung_up(self, leg: Leg) -> None: ...

    def offered(self, leg: Leg, description: str) -> None:
        """The telephone wants to change its media; to be followed by `Leg.answer` or `Leg.refuse`."""

    def changed(self, leg: Leg, description: str) -> None:
        """The telephone has changed its media, and nothing is to be answered: it asked for an offer, got what it was given before with the sound
        both ways, and answered that."""

    def accepted(self, leg: Leg, description: str | None) -> None: ...

    def refused(self, leg: Leg, code: int, words: str, retry: bool) -> None:
        """retry: it says so only for the moment (RFC 3261, 14.1)."""

    def alive(self, leg: Leg) -> None: ...

    def missed(self, leg: Leg, code: int, words: str, gone: bool) -> None:
        """No sign of life; gone: it says itself that it knows no such call."""
