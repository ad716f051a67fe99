"""What a process has read for desks and keeps as long as nothing has changed that it is made of."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from voipcrm.desk.changes import Snapshot

MOST_KEPT = 1_000
SLOTS = 4
"""Of fifteen seconds; then it is read anew in any case: what is deleted leaves within this time."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Known(Generic[T]):
    order: int
    "Of the snapshot after which nothing is known of it."
    period: int
    value: T


class Kept(Generic[T]):
    """By the key: all that decides on what its reader may see belongs to it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[Hashable, _Known[T]] = OrderedDict()

    def get(self, key: Hashable, seen: Snapshot, make: Callable[[], T], has_news: Callable[[T, int], bool]) -> T:
        """What is kept, or where it is too old or `has_news` of it since that order, what `make` gives."""
        period = (seen.slot + hash(key)) // SLOTS  # not all at once
        known = self._known.get(key)
        if known is None or known.period != period or has_news(known.value, known.order):
            known = _Known(seen.order, period, make())
        elif known.order < seen.order:
            known = _Known(seen.order, period, known.value)
        with self._lock:
            self._known[key] = known
            self._known.move_to_end(key)
            while len(self._known) > MOST_KEPT:
                self._known.popitem(last=False)
        return known.value

    def forget(self) -> None:
        with self._lock:
            self._known.clear()
