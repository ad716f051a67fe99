"""Open desks: what each was shown last, so that one without news is told so without reading its parts again."""

from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Lock

from django.http import HttpRequest

from voipcrm.desk.changes import Concern, Snapshot
from voipcrm.desk.readers import Reader, session_of

MARK = "X-Desk-Since"
MOST_KNOWN = 10_000
LONGEST_MOMENT = 18
"""Digits."""

_Desk = tuple[str, str]
"""A session, and the number whose card is open."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How a desk is: what its script is told, and sends with the next question."""

    at: int
    "When it was read, microseconds of the database's clock; 0 if the text is none of ours."
    digests: tuple[str, ...]
    "Of its parts."

    def __str__(self) -> str:
        return ".".join([str(self.at), *self.digests])

    @classmethod
    def read(cls, text: str) -> "Mark":
        at, *digests = text.split(".")
        is_moment = at.isascii() and at.isdecimal() and len(at) <= LONGEST_MOMENT
        return cls(int(at) if is_moment else 0, tuple(digests))


NEW = Mark(0, ())


@dataclass(frozen=True, slots=True)
class Open:
    reader: Reader
    "Another reader's desk may look otherwise: whoever has other rights is another one."
    concern: Concern
    digests: tuple[str, ...]
    notes: object
    order: int
    "Of the snapshot after which nothing is known of it."
    until: int
    "The slot in which it is looked at again in any case."


class OpenDesks:
    def __init__(self) -> None:
        self._lock = Lock()
        self._known: OrderedDict[_Desk, Open] = OrderedDict()

    def remember(self, desk: _Desk, shown: Open) -> None:
        with self._lock:
            self._known[desk] = shown
            self._known.move_to_end(desk)
            while len(self._known) > MOST_KNOWN:
                self._known.popitem(last=False)

    def find(self, desk: _Desk) -> Open | None:
        return self._known.get(desk)

    def forget(self) -> None:
        with self._lock:
            self._known.clear()


_open = OpenDesks()


def remember(request: HttpRequest, number: str, shown: Open) -> None:
    _open.remember((session_of(request), number), shown)


def forget() -> None:
    _open.forget()


def is_unchanged(request: HttpRequest, reader: Reader, number: str, mark: Mark, seen: Snapshot) -> bool:
    """Whether the desk that asks shows what it would be shown now."""
    shown = _open.find((session_of(request), number))
    if shown is None or shown.reader is not reader or not mark.at or shown.digests != mark.digests:
        return False
    if seen.slot >= shown.until or seen.at < mark.at or seen.notes_on(shown.concern.card) != shown.notes:
        return False
    if seen.has_news(shown.concern, shown.order):
        return False
    if shown.order < seen.order:
        remember(request, number, replace(shown, order=seen.order))
    return True


def known_until(request: HttpRequest, reader: Reader | None, number: str) -> int:
    """The order until which nothing has happened to what this desk was shown last; -1 if that is not known."""
    shown = _open.find((session_of(request), number))
    return shown.order if shown is not None and reader is not None and shown.reader is reader else -1
