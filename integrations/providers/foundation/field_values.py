"""Parses the text of one field as a telephone number, a kind of call or a link; times and durations: `integrations.providers.foundation.times`.

These fields are optional: text that cannot be read or cannot be true is empty instead of an error, so that it never loses the event.
"""

import re
from decimal import Decimal
from urllib.parse import unquote

from calls.statuses import Kind, parse_kind
from integrations.providers.foundation.times import read_seconds, read_time
from sips import phone_numbers

__all__ = [
    "is_extension", "is_placeholder", "read_caller", "read_international", "read_kind", "read_lines", "read_link", "read_number", "read_reference",
    "read_seconds", "read_time",
]  # fmt: skip

LONGEST_NUMBER = 64
LONGEST_TEXT, LONGEST_LIST = 1000, 10_000
"""Of a field that names a telephone, and one that names several: with the names of people, addresses and channels. A longer one is not looked at,
as the patterns here look at blanks again and again."""
LONGEST_LINK = 1000
_NAMED_NUMBER = re.compile(r".*<([^<>]*)>", re.DOTALL)
_ADDRESS = re.compile(r"(?:(?:sips?|tel|client|callto|whatsapp):)?([^@;?]+)(?:[@;?].*)?", re.IGNORECASE | re.DOTALL)
_CHANNEL = re.compile(
    r"(?:SIP|PJSIP|IAX2|Local|SCCP|Skinny|Agent|DAHDI|Zap|MGCP|H323|OOH323|Khomp|Dongle|Console|Motif)/(?:[gri]\d+/)?(.+)",
    re.IGNORECASE | re.ASCII,
)
_FREESWITCH = re.compile(
    r"(?:sofia/(?:gateway/)?[^/]+|user|verto\.rtc|error|loopback)/([^/@]+)(?:[@/].*)?", re.IGNORECASE | re.ASCII
)
"""Its names of channels and telephones: `sofia/internal/101@10.0.0.1`, `sofia/gateway/trunk/48501502503`, `user/101@pbx`."""
_INSTANCE = re.compile(r"(?:-[0-9a-f]{6,}|(?<=\d)-[0-9a-f]{1,3})?(?:;[12])?\Z", re.ASCII | re.IGNORECASE)
"""What Asterisk adds to a channel's name to tell one call of it from another."""
_DIALED = re.compile(r"\+?\d{3,15}", re.ASCII)
_FLOATING = re.compile(r"(\+?\d{3,15})\.0+", re.ASCII)
_EXPONENT = re.compile(r"\d\.\d{1,14}E\+?\d{1,2}", re.ASCII | re.IGNORECASE)
"""What Java and spreadsheets make of a number with many digits."""
_LABELED = re.compile(
    r"(?:(?:DID|DDI|CLI|ANI|tel|nr|numer)[\s:._-]+|\A(?:ext|extn|extension|wew|wewn|wewnętrzny)(?:[.:]\s*|\s+))(?=[+\d])",
    re.IGNORECASE,
)
"""A login may be `ext101` or `ext-101`: what stands before an extension is a label only where a full stop, a colon or a blank ends it."""
_COMMENTED = re.compile(r"(\+?[\d\s.-]{3,})\s*\([^()]*[^\W\d_][^()]*\)")
_SEVERAL = re.compile(r"[,&|]|;(?!(?:[12]|lr|ob|[\w.+-]+=[^,&|;]*)(?:[,&|;]|\Z))", re.ASCII)
"""Between telephones; `;1` at the end of one is of a Local channel, whose two halves have the same name, and `;transport=tcp` is of a SIP URI."""
_PLACEHOLDER = re.compile(
    r"\(?(?:null|undefined|none|nil|nan|n/a)\)?|\[object \w+\]|"
    r"[$#]\{.*\}|\$\(.*\)|\{+[^{}\"]*\}+|%[A-Za-z_]\w*%|%\{.*\}|\$[A-Za-z_]\w*|<%.*%>|\[[A-Za-z_][\w.]*\]",
    re.IGNORECASE | re.ASCII | re.DOTALL,
)
_REFERENCE = re.compile(r"vcrm-[0-9a-f]{32}", re.ASCII)


def read_number(text: str) -> str:
    """The telephone in `48…`, `%2B48…`, `48….0`, `DID-48…`, `wew. 100`, `48… (Anna)`, `sip:100@pbx`, `client:anna`, `"Anna" <100>` or a channel
    such as Asterisk's `PJSIP/100-0000002a` and FreeSWITCH's `sofia/internal/100@pbx`, as written.

    Empty when there is none or the text is too long for one.
    """
    if _DIALED.fullmatch(text):
        return text
    if len(text) > LONGEST_TEXT or is_placeholder(text):
        return ""
    named = _NAMED_NUMBER.fullmatch(text)
    address = _without_exponent(named[1].strip() if named else text)
    if channel := _CHANNEL.fullmatch(address):
        number = _telephone_of(channel[1])
    elif channel := _FREESWITCH.fullmatch(address):
        number = unquote(channel[1])
    else:
        plain = _LABELED.sub("", address, count=1)
        found = _FLOATING.fullmatch(plain) or _COMMENTED.fullmatch(plain) or _ADDRESS.fullmatch(plain)
        number = unquote(found[1]).strip() if found else ""
    return number if len(number) <= LONGEST_NUMBER else ""


def _without_exponent(text: str) -> str:
    """4.8501502503E10 -> 48501502503, where no digit of it was lost."""
    if _EXPONENT.fullmatch(text) is None:
        return text
    number = Decimal(text)
    return str(int(number)) if number == int(number) and number < 10**15 else text


def _telephone_of(channel: str) -> str:
    """Of `101-0000002a`, `101/sip:101@10.0.0.1` or `trunk/48501502503`: the telephone, and of a trunk the number dialed through it."""
    telephone, *dialed = (part.partition("@")[0] for part in channel.split("/"))
    if dialed and _DIALED.fullmatch(number := _INSTANCE.sub("", dialed[0])):
        return number
    return _INSTANCE.sub("", telephone)


def read_lines(text: str) -> list[str]:
    """The telephones in a text that may name several: `101,102`, `SIP/101&SIP/102`."""
    if len(text) > LONGEST_LIST:
        return []
    parts = [text] if "<" in text else _SEVERAL.split(text)
    return list(dict.fromkeys(number for part in parts if (number := read_number(part.strip()))))


def is_placeholder(text: str) -> bool:
    """Whether a sender has put nothing in a value's place: `null`, `undefined`, `[object Object]`, `${CALLERID(num)}`, `{callid}`, `%id%`, `$id`."""
    return text[:1] in "([{$#%<nNuU" and _PLACEHOLDER.fullmatch(text) is not None


def read_caller(text: str) -> str:
    """The same of whoever calls; one who withholds the number, in any spelling, is `anonymous`."""
    if len(text) > LONGEST_TEXT:
        return ""
    return phone_numbers.ANONYMOUS if phone_numbers.is_withheld(text) else read_number(text)


def read_international(text: str, country: str) -> str:
    """A telephone that the provider writes with its country code and without a plus: E.164, `anonymous`, or as written where it may as well be
    a national number of `country`."""
    number = read_caller(text)
    return number if number == phone_numbers.ANONYMOUS else phone_numbers.read_international(number, country)


def is_extension(text: str) -> bool:
    """Whether it can be a telephone of an exchange: a few digits, but not the zero that stands for none."""
    is_short = len(text) <= phone_numbers.MAX_EXTENSION_DIGITS
    return is_short and text.isascii() and text.isdecimal() and text.strip("0") != ""


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
