"""What sippy does at length and a dialer needs hundreds of times a second, done briefly. Nothing here changes what is sent or understood.

Measured by the processor time of one call set up (docs/performance.md): looking for an attribute by `dir`, the clock by ctypes, and copies of each
request for an ACK, a CANCEL and a time-out of which most are never needed.
"""

import time
from collections.abc import Callable
from functools import partial

from sippy import SipConf, SipURL, SipVia
from sippy.SipRequest import SipRequest
from sippy.Time import MonoTime


def take() -> None:
    """Put the short ways into sippy's modules, which hold what they use by name."""
    for module in (SipConf, SipURL, SipVia):
        module.dir = _dir
    MonoTime.clock_getdtime = time.clock_gettime


def _dir(thing: object) -> tuple[str, ...]:
    """sippy only asks whether "my" is there, by which it knows the placeholders for our own address."""
    return ("my",) if hasattr(thing, "my") else ()


class BriefRequest(SipRequest):
    """One whose ACK, CANCEL and time-out are made when they are needed. It is not to be changed once its transaction has begun."""

    def genACK(self, *parameters: object) -> "_Later":
        return _Later(partial(super().genACK, *parameters))

    def genCANCEL(self) -> "_Later":
        return _Later(super().genCANCEL)

    def genResponse(self, *parameters: object, **options: object) -> "_Later":
        return _Later(partial(super().genResponse, *parameters, **options))


class _Later:
    """A message that is made when it is first looked at."""

    def __init__(self, make: Callable[[], object]) -> None:
        self._make = make

    def __getattr__(self, name: str) -> object:
        if "_made" not in self.__dict__:
            self._made = self._make()
        return getattr(self._made, name)
