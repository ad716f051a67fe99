"""The whole life of a call on one screen.

`QUEUED → DIALING → RINGING → IN PROGRESS → ANSWERED | BUSY | NO ANSWER | FAILED | CANCELED`

A call only moves forward. How far it is, and how sure we are of its result, is one number, the precedence: of two reports the one with the
higher precedence decides, whichever arrives first. That makes merging reports independent of their order.
"""

import unicodedata
from enum import IntEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Status(TextChoices):
    QUEUED = "QUEUED", _("queued")
    DIALING = "DIALING", _("dialing")
    RINGING = "RINGING", _("ringing")
    IN_PROGRESS = "IN PROGRESS", _("in progress")
    ANSWERED = "ANSWERED", _("answered")
    BUSY = "BUSY", _("busy")
    NO_ANSWER = "NO ANSWER", _("no answer")
    FAILED = "FAILED", _("failed")
    CANCELED = "CANCELED", _("canceled")


class Kind(TextChoices):
    INCOMING = "incoming", _("incoming")
    OUTGOING = "outgoing", _("outgoing")
    INTERNAL = "internal", _("internal")


class Source(IntEnum):
    """Who says how a call ended, from the weakest word to the strongest."""

    EXPIRY = 1
    "Nobody told us: we gave up waiting."
    DERIVED = 2
    "Concluded from an event that carries no result, such as a caller leaving a queue."
    EVENT = 3
    "The provider's or the SIP dialer's report of the end."
    LIST = 4
    "The provider's own list of calls, read afterwards."


PROGRESS = {Status.QUEUED: 10, Status.DIALING: 20, Status.RINGING: 30, Status.IN_PROGRESS: 40}
"""How far a call is that has not ended."""

RESULTS = {Status.FAILED: 0, Status.CANCELED: 1, Status.BUSY: 2, Status.NO_ANSWER: 3, Status.ANSWERED: 4}
"""Between two legs with different results the more informative one: a telephone that rang says more than one that could not be reached."""

FIRST_RESULT = 50
"""Precedences from here on belong to calls that have ended."""

MISSED = (Status.NO_ANSWER, Status.BUSY, Status.FAILED, Status.CANCELED)
"""An incoming call that ended in one of these was missed."""


def precedence(status: Status, source: Source = Source.EVENT) -> int:
    """The weight of a report: how far the call is, then who says so, then which result it is."""
    if status in PROGRESS:
        return PROGRESS[status]
    return FIRST_RESULT + 10 * source + RESULTS[status]


def parse_status(text: str) -> Status:
    """Read a status in any writing of its word (`NOANSWER`, `no_answer`, `No Answer`). Raises ValueError."""
    word = _letters(text)
    for status in Status:
        if _letters(status.value) == word:
            return status
    raise ValueError(f"“{text}” is not a status; use one of: {', '.join(Status.values)}")


def parse_kind(text: str) -> Kind:
    """Read a kind, in English or in the specification's Polish. Raises ValueError."""
    word = _letters(text)
    kind = _KIND_WORDS.get(word)
    if kind is None:
        raise ValueError(f"“{text}” is not a kind; use one of: {', '.join(Kind.values)}")
    return kind


def _letters(text: str) -> str:
    """Lower-case letters and digits alone, without accents, so that different writings of a word become equal."""
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    return "".join(character for character in decomposed if character.isalnum())


_KIND_WORDS = {
    _letters(word): kind
    for kind, words in {
        Kind.INCOMING: ("incoming", "przychodzące", "przychodzący", "przychodząca"),
        Kind.OUTGOING: ("outgoing", "wychodzące", "wychodzący", "wychodząca"),
        Kind.INTERNAL: ("internal", "wewnętrzne", "wewnętrzny", "wewnętrzna"),
    }.items()
    for word in words
}
