"""The statuses of a call, and the precedence of reports.

`QUEUED → DIALING → RINGING → IN PROGRESS → ANSWERED | BUSY | NO ANSWER | FAILED | CANCELED`

A call only moves forward. How far it is, and how certain its result, is one number, the precedence: of two reports the one with the higher
precedence decides, whichever arrives first. That makes merging independent of the order.
"""

import unicodedata
from enum import IntEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from calls.sentences import Sentence


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


class Via(TextChoices):
    """Who reports on a call and therefore owns its numbers, times and status."""

    NOBODY = "", _("entered by hand")
    SIP = "sip", _("our SIP dialer")
    PROVIDER = "provider", _("the provider")


class Source(IntEnum):
    """Who reports, from the weakest to the strongest."""

    EXPIRY = 1
    "No end was reported in time (`calls.expiry`)."
    DERIVED = 2
    "Concluded from an event that carries no result, such as a caller leaving a queue."
    EVENT = 3
    "The provider's or the SIP dialer's report of the end."
    LIST = 4
    "The provider's own list of calls, read afterwards."
    REQUEST = 5
    "Our own request: not how the call ended, but who takes part."


PROGRESS = {Status.QUEUED: 10, Status.DIALING: 20, Status.RINGING: 30, Status.IN_PROGRESS: 40}
"""Precedence of a call that has not ended."""

RESULTS = {Status.FAILED: 0, Status.CANCELED: 1, Status.BUSY: 2, Status.NO_ANSWER: 3, Status.ANSWERED: 4}
"""Of two legs with different results the higher one counts: a telephone that rang is more informative than one that was not reached."""

FIRST_RESULT = 50
"""Precedences from here on belong to calls that have ended."""

MISSED = (Status.NO_ANSWER, Status.BUSY, Status.FAILED, Status.CANCELED)
"""An incoming call that ended in one of these was missed."""


def precedence(status: Status, source: Source = Source.EVENT) -> int:
    """The weight of a report: how far the call is, then who reports it, then the result."""
    if status in PROGRESS:
        return PROGRESS[status]
    return FIRST_RESULT + 10 * source + RESULTS[status]


def parse_status(text: str) -> Status:
    """In any spelling: `NOANSWER`, `no_answer`, `No Answer`. Raises ValueError."""
    word = _letters(text)
    for status in Status:
        if _letters(status.value) == word:
            return status
    template = gettext_noop("“%(text)s” is not a status; use one of: %(known)s.")
    raise ValueError(Sentence(template, text=text, known=", ".join(Status.values)))


def parse_kind(text: str) -> Kind:
    """Read a kind, in English or in the specification's Polish. Raises ValueError."""
    word = _letters(text)
    kind = _KIND_WORDS.get(word)
    if kind is None:
        template = gettext_noop("“%(text)s” is not a kind; use one of: %(known)s.")
        raise ValueError(Sentence(template, text=text, known=", ".join(Kind.values)))
    return kind


def _letters(text: str) -> str:
    """Lower-case letters and digits, without accents, so that spellings of a word become equal."""
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
