"""Reads the text of one field as a time, a length, a telephone number, a kind of call or a link.

These fields are extras: what cannot be read, or cannot be true, is nothing instead of an error, so that a bad extra never loses the event.
"""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from zoneinfo import ZoneInfo

from calls.statuses import Kind, parse_kind

LONGEST_NUMBER = 64
LONGEST_LINK = 1000
LONGEST_CALL_SECONDS = 7 * 24 * 3600
_FIRST_YEAR, _LAST_YEAR = 2000, 2099

_UNIX_TIME = re.compile(r"\d{9,10}(\.\d{1,9})?", re.ASCII)
_UNIX_MILLISECONDS = re.compile(r"\d{12,13}", re.ASCII)
_ISO_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*", re.ASCII)
_MAIL_TIME = re.compile(r"[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d ([+-]\d{4}|[A-Z]{1,3})", re.ASCII)
_SECONDS = re.compile(r"(\d{1,9})(?:[.,]\d+)?", re.ASCII)
_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d):([0-5]\d)", re.ASCII)
_NAMED_NUMBER = re.compile(r".*<([^<>]*)>", re.DOTALL)
_ADDRESS = re.compile(r"(?:(?:sips?|tel|client):)?([^@;?]+)(?:[@;?].*)?", re.IGNORECASE | re.DOTALL)
_CHANNEL = re.compile(
    r"(?:SIP|PJSIP|IAX2|Local)/([^@]+?)(?:@.*)?(?:-[0-9a-f]{6,})?(?:;[12])?", re.IGNORECASE | re.ASCII
)
_REFERENCE = re.compile(r"vcrm-[0-9a-f]{32}", re.ASCII)
_WITHHELD = frozenset({"+266696687", "+86282452253", "+8656696", "+2562533", "+7378742833"})
"""ANONYMOUS, UNAVAILABLE, UNKNOWN, BLOCKED and RESTRICTED on a telephone's keys: how networks spell a withheld number in digits."""


def read_time(text: str, zone: ZoneInfo) -> datetime | None:
    """A moment in UTC: unix seconds or milliseconds, ISO 8601 or RFC 2822. A time without a zone is the wall clock's in `zone`.

    A date alone is no time, and neither is one outside 2000 to 2099.
    """
    try:
        moment = _parse_time(text)
        if moment is None:
            return None
        aware = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        utc = aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return utc if _FIRST_YEAR <= utc.year <= _LAST_YEAR else None


def _parse_time(text: str) -> datetime | None:
    if _UNIX_TIME.fullmatch(text):
        return datetime.fromtimestamp(float(text), UTC)
    if _UNIX_MILLISECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(text) / 1000, UTC)
    if _ISO_TIME.fullmatch(text):
        return datetime.fromisoformat(text)
    if _MAIL_TIME.fullmatch(text):
        moment = parsedate_to_datetime(text)
        return moment if moment.tzinfo else moment.replace(tzinfo=UTC)  # "-0000" is UTC of an unknown place
    return None


def read_seconds(text: str) -> int | None:
    """Whole seconds from `42`, `42.9` or `00:00:42`, rounded down. Nothing above a week is the length of a call."""
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, rest = (int(part) for part in clock.groups())
        seconds = hours * 3600 + minutes * 60 + rest
    elif plain := _SECONDS.fullmatch(text):
        seconds = int(plain[1])
    else:
        return None
    return seconds if seconds <= LONGEST_CALL_SECONDS else None


def read_number(text: str) -> str:
    """The telephone in `48…`, `sip:100@pbx`, `client:anna`, `"Anna" <100>` or the Asterisk channel `PJSIP/100-0000002a`, as written.

    A withheld number is `anonymous`; empty when there is none or the text is too long for one.
    """
    named = _NAMED_NUMBER.fullmatch(text)
    address = named[1].strip() if named else text
    match = _CHANNEL.fullmatch(address) or _ADDRESS.fullmatch(address)
    number = match[1].strip() if match else ""
    if number in _WITHHELD:
        return "anonymous"
    return number if len(number) <= LONGEST_NUMBER else ""


def read_reference(text: str) -> str:
    """Our own id of a requested call, echoed; empty when it is somebody else's."""
    return text if _REFERENCE.fullmatch(text) else ""


def read_kind(text: str) -> Kind | None:
    """Whether the call is incoming, outgoing or internal."""
    try:
        return parse_kind(text)
    except ValueError:
        return None


def read_link(text: str) -> str:
    """A link that a browser may follow, or nothing."""
    safe = text.lower().startswith(("https://", "http://")) and text.isprintable() and " " not in text
    return text if safe and len(text) <= LONGEST_LINK else ""
