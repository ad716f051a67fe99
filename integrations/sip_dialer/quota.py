"""Limits log lines of one kind: anybody can send datagrams, and must not fill the disk with our log of them."""

from collections.abc import Callable
from time import monotonic

MINUTE = 60.0


class Quota:
    """Lets through so many in a minute."""

    def __init__(self, most: int, *, clock: Callable[[], float] = monotonic) -> None:
        self._most, self._clock = most, clock
        self._began, self._count = -MINUTE, 0

    def take(self) -> int | None:
        """None: do not log this one. Else how many were suppressed in the minute before (0 but for the first of a minute)."""
        self._count += 1
        if self._clock() - self._began < MINUTE:
            return 0 if self._count <= self._most else None
        held_back, self._began, self._count = max(0, self._count - 1 - self._most), self._clock(), 1
        return held_back
