"""Repairs received datagrams so that sippy can parse them.

sippy rejects a whole message for one header it cannot parse, and counts characters of a body where Content-Length counts bytes. Real servers and
telephones send trailing semicolons, display names in other encodings, ISUP beside SDP; strangers send worse. Everything is repaired that does not
change the meaning.
"""

import re
from dataclasses import dataclass
from email.parser import Parser

from sippy.ESipHeaderCSV import ESipHeaderCSV
from sippy.SipHeader import SipHeader

from integrations.sip_dialer.sdp import CONTENT_TYPE

SMALLEST = 32
"""Bytes of a message; keepalives of line breaks alone are shorter (RFC 5626)."""
MISCOUNTED = 6
"""Bytes by which Content-Length may be too high; with more missing the message was truncated on its way."""

_LONG = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact", "l": "content-length", "c": "content-type"}
_HEADER = re.compile(r"([!%*+.\-\w`'~]+)[ \t]*:[ \t]*(.*)", re.ASCII)
_STATUS = re.compile(r"SIP/2\.0 [1-9][0-9]{2}(?: |$)")
_CONTROLS = re.compile(r"[^\r\n\t\x20-\x7e\xa0-\u2027\u202a-\U0010ffff]")
"""Characters that end a line for Python or a text for PostgreSQL, but not for SIP."""
_OPTIONAL = frozenset({"contact", "record-route", "expires"})
"""What sippy or a dialog reads and can do without."""
_BREAK = re.compile(r"\r\n|\n|\r")


_PLAIN_ADDRESS = re.compile(
    r'(?:"[\w .+-]*" ?)?<sip:(?:[\w.+-]+@)?[\w.-]+(?::[1-9][0-9]{0,4})?(?:;[\w.-]+(?:=[\w.+-]+)?)*>(?:;[\w-]+=[\w.+-]+)*',
    re.ASCII,
)
"""How nearly all addresses are written, which sippy can parse for certain."""
_ADDRESSES = frozenset({"contact", "record-route", "to"})


class Unreadable(ValueError):
    """It is no SIP message; the reason does not quote it."""


@dataclass(slots=True)
class Message:
    start: str
    headers: list[tuple[str, str]]
    "Lower-case long names."
    body: str = ""

    @property
    def is_response(self) -> bool:
        return self.start.startswith("SIP/2.0 ")

    def first(self, name: str) -> str:
        return next((value for each, value in self.headers if each == name), "")

    def replace(self, name: str, value: str) -> None:
        """Give the header that value instead of all it has."""
        self.headers = [*((each, old) for each, old in self.headers if each != name), (name, value)]

    def drop(self, name: str) -> None:
        self.headers = [(each, value) for each, value in self.headers if each != name]

    def encode(self) -> bytes:
        lines = [self.start, *(f"{name}: {value}" for name, value in self.headers)]
        return "\r\n".join([*lines, f"content-length: {len(self.body)}", "", self.body]).encode()


def read(datagram: bytes) -> Message:
    """The message in it, repaired. Raises Unreadable."""
    if len(datagram) < SMALLEST:
        raise Unreadable("too short")
    datagram = datagram.lstrip(b"\r\n")
    head, _empty, body = min(
        (datagram.partition(end) for end in (b"\r\n\r\n", b"\n\n")), key=lambda parts: len(parts[0])
    )
    start, *lines = _BREAK.split(re.sub(r"(?:\r\n|\n|\r)[ \t]+", " ", _as_text(head).strip("\r\n")))
    if start[:8].upper() == "SIP/2.0 ":
        start = "SIP/2.0 " + start[8:].strip()
        if not _STATUS.match(start):
            raise Unreadable("no status code")
    headers = [
        (_LONG.get(found[1].lower(), found[1].lower()), found[2].strip())
        for found in map(_HEADER.match, lines)
        if found
    ]
    message = Message(
        start, [(name, value) for name, value in headers if name not in _OPTIONAL or is_parsable(name, value)]
    )
    _read_body(message, body)
    if not message.is_response:
        _forget_received(message)
    _repair_to(message)
    return message


def _as_text(head: bytes) -> str:
    """Reason phrases and display names come in any encoding; what is not UTF-8 becomes question marks."""
    try:
        text = head.decode()
    except UnicodeDecodeError:
        text = head.decode("ascii", errors="replace").replace("\ufffd", "?")
    return _CONTROLS.sub("?", text)


def _read_body(message: Message, body: bytes) -> None:
    counted = message.first("content-length")
    if re.fullmatch(r"[0-9]{1,9}", counted):
        body = body[: int(counted)]
        if int(counted) - len(body) > MISCOUNTED:
            if not message.is_response or message.start.startswith("SIP/2.0 2"):
                raise Unreadable("cut short")
            body = b""  # its status is complete
    text = _CONTROLS.sub("?", body.decode("ascii", errors="replace").replace("\ufffd", "?"))
    content_type = message.first("content-type")
    message.drop("content-length")
    message.drop("content-type")
    if not text.strip():
        return
    kind, message.body = _part_about_sound(content_type, text)
    message.headers.append(("content-type", kind))


def _part_about_sound(content_type: str, text: str) -> tuple[str, str]:
    """Of a multipart body (RFC 5621) the session description, where it has one; else the body with its type, without parameters."""
    if not content_type:
        return (CONTENT_TYPE if text.startswith("v=") else "application/octet-stream"), text
    whole = Parser().parsestr(f"Content-Type: {content_type}\r\n\r\n{text}")
    if whole.get_content_maintype() == "multipart":
        for part in whole.walk():
            if part.get_content_type() == CONTENT_TYPE and not part.is_multipart():
                decoded = part.get_payload(decode=True)
                return CONTENT_TYPE, decoded.decode("ascii", errors="replace") if isinstance(decoded, bytes) else ""
    return content_type.partition(";")[0].strip().lower(), text


def _repair_to(message: Message) -> None:
    """Only its tag is needed."""
    value = message.first("to")
    if not is_parsable("to", value):
        tag = re.search(r";\s*tag\s*=\s*([^\s;,>]+)", value, re.IGNORECASE)
        message.replace("to", "<sip:unreadable.invalid>" + (f";tag={tag[1]}" if tag else ""))


def _forget_received(message: Message) -> None:
    """A response goes to where the request came from (RFC 3261, 18.2.1), not to `received` and `rport` as the sender wrote them."""
    for at, (name, value) in enumerate(message.headers):
        if name == "via":
            unseen = re.sub(r";\s*received\s*=[^;,]*", "", value, count=1, flags=re.IGNORECASE)
            message.headers[at] = (name, re.sub(r";\s*rport\b[^;,]*", ";rport", unseen, count=1, flags=re.IGNORECASE))
            return


def is_parsable(name: str, value: str) -> bool:
    if name in _ADDRESSES and _PLAIN_ADDRESS.fullmatch(value):
        return True
    try:
        body = SipHeader(name=name, bodys=value).getBody()
    except ESipHeaderCSV as several:
        return all(is_parsable(name, each) for each in several.bodys)
    except Exception:  # sippy's parsers raise anything
        return False
    return not getattr(body, "asterisk", False)  # a Contact of "*" is no address
