"""Values that all desks of a process show alike, read once for all of them."""

import time
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Shared(Generic[T]):
    """A value that is read again when it is too old or its key has changed. While it is being read, others get the previous one."""

    def __init__(self, read: Callable[[], T], *, seconds: float) -> None:
        self._read, self._seconds = read, seconds
        self._lock = Lock()
        self._known: tuple[Hashable, float, T] | None = None

    def get(self, key: Hashable = None) -> T:
        known = self._known
        if known and known[0] == key:
            if time.monotonic() - known[1] < self._seconds:
                return known[2]
            if not self._lock.acquire(blocking=False):
                return known[2]
        else:
            self._lock.acquire()
        try:
            value = self._read()
            self._known = key, time.monotonic(), value
        finally:
            self._lock.release()
        return value

    def forget(self) -> None:
        self._known = None
