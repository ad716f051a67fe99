"""Extracts all texts that bytes may contain: in any encoding, escaped, compressed, or in base64. Pure. Rather finds too much than too little."""

import base64
import html
import re
import zlib
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import unquote

from sips.number_search import UNUSUAL

_BASE64_OF_DIGITS = r"([I-P][CDSTijyz][AEIMQUYcgkosw048]([g-z0-9+/_-]|%2[BbFf])){2}"
"""Six characters, each a digit, a blank or one of !"#$%&'()*+,-./:;<=>?, in base64. Somewhere in the base64 of a telephone number that begins with
any number of other bytes there are six of them that fill two groups."""

HIDING = rf"{UNUSUAL}|\\|%25|%[89A-Fa-f][0-9A-Fa-f]|&#|&[A-Za-z0-9]+;|[A-Za-z0-9+/_-]{{38,}}|{_BASE64_OF_DIGITS}"
"""A POSIX regular expression for texts, and for what `encode(…, 'escape')` makes of bytes, that may hold a number which they do not show: other bytes
than ASCII (a backslash and three digits there), escapes of JSON and XML, escaped escapes, base64. A run of 38 letters is longer than the ids of calls
and as long as gzip at its shortest."""

_JSON_ESCAPE = re.compile(r"\\u([0-9A-Fa-f]{4})")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{12,}", re.ASCII)
_LINE_END = re.compile(r"[\r\n]+")
_GZIP = re.compile(rb"\x1f\x8b\x08|^\x78[\x01\x5e\x9c\xda]")
_ROUNDS = 3
_DEEPEST = 3
"""Base64 of gzip of base64."""
_LARGEST = 4 * 1024 * 1024
"""Bytes of one compressed part that are looked at: a webhook has 64 KiB."""


def texts_in(content: bytes, depth: int = 0) -> Iterator[str]:
    """Each text, usually several times."""
    for decoded in _decoded(content):
        for text in _unescaped(decoded):
            yield text
            if depth < _DEEPEST:
                for inner in _from_base64(text):
                    yield from texts_in(inner, depth + 1)
    if depth < _DEEPEST:
        for found in _GZIP.finditer(content):
            yield from texts_in(_inflated(content[found.start() :]), depth + 1)


def _decoded(content: bytes) -> Iterator[str]:
    try:
        yield content.decode()
    except UnicodeDecodeError:
        yield content.decode("utf-8", "replace")
        yield content.decode("latin-1")  # of every charset that is ASCII besides
    if b"\0" in content or content.startswith((b"\xff\xfe", b"\xfe\xff")):
        for charset in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"):
            yield content.decode(charset, "replace")


def _unescaped(text: str) -> Iterator[str]:
    """The text as it is, and with the escapes of URL, JSON and XML decoded repeatedly."""
    yield text
    for _round in range(_ROUNDS):
        plain = unquote(html.unescape(_JSON_ESCAPE.sub(lambda escape: chr(int(escape[1], 16)), text)))
        plain = plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # JSON writes a pair of surrogates
        if plain == text:
            return
        yield plain
        text = plain


def _from_base64(text: str) -> Iterator[bytes]:
    """Everything that looks like base64, in both alphabets, on one line or several. Its start within a longer word is unknown, so each is tried."""
    for run in _BASE64.findall(_LINE_END.sub("", text)):
        plain = run.replace("-", "+").replace("_", "/")
        for start in range(4):
            yield base64.b64decode(plain[start : len(plain) - (len(plain) - start) % 4] + _rest(plain[start:]))


def _rest(text: str) -> str:
    """The incomplete last group, padded."""
    last = text[len(text) - len(text) % 4 :] if len(text) % 4 else ""
    return last + "=" * (4 - len(last)) if len(last) > 1 else ""


def _inflated(content: bytes) -> bytes:
    """The decompressed bytes of gzip or zlib, as far as they can be decompressed."""
    with suppress(zlib.error):
        return zlib.decompressobj(wbits=zlib.MAX_WBITS | 32).decompress(content, _LARGEST)
    return b""
