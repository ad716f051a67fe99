"""Detects the charset of a webhook's bytes. Providers declare none, or a wrong one."""

import codecs
import re

CHARSETS = frozenset({"utf-8", "utf-16", "iso8859-1", "iso8859-2", "cp1250", "cp1251", "cp1252"})
"""By Python's names. An allow-list, because some of Python's codecs are no charsets (`hex`) or dangerous (`zlib`)."""
_OF_TYPE = re.compile(r"charset=[\"']?([\w.:-]+)", re.ASCII | re.IGNORECASE)
_OF_XML = re.compile(rb"^\s*<\?xml[^>]*\bencoding=[\"']([\w.:-]+)")
_POLISH = frozenset("ąćęłńóśźżĄĆĘŁŃÓŚŹŻ„”“’–—…\N{NO-BREAK SPACE}")


def known_charset(name: str) -> str:
    """Python's name of an allowed charset, "" for any other."""
    try:
        found = codecs.lookup(name).name
    except (LookupError, ValueError):
        return ""
    return found if found in CHARSETS else ""


def declared_charset(content_type: str, body: bytes) -> str:
    """The charset of the content type or the XML declaration; "" if there is no allowed one."""
    of_type = _OF_TYPE.search(content_type)
    if of_type:
        return known_charset(of_type[1])
    of_xml = _OF_XML.match(body)
    return known_charset(of_xml[1].decode()) if of_xml else ""


def text_of(raw: bytes, charset: str) -> str:
    """The text decoded as UTF-8, else with the given charset, else with the one of the two Polish charsets that yields only Polish letters.

    Raises UnicodeDecodeError if that is ambiguous.
    """
    try:
        return raw.decode()
    except UnicodeDecodeError:
        if charset and charset != "utf-8":
            return raw.decode(charset)
        for guess in ("cp1250", "iso8859-2"):
            text = raw.decode(guess, "replace")
            if all(character.isascii() or character in _POLISH for character in text):
                return text
        raise


def without_utf_16(raw: bytes) -> bytes:
    """The same bytes in UTF-8 if they are UTF-16, which is detected by a byte order mark or by a zero byte in the first character."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return raw.decode("utf-16").encode()
    if len(raw) >= 4 and len(raw) % 2 == 0 and (raw[0] == 0) != (raw[1] == 0):
        return raw.decode("utf-16-be" if raw[0] == 0 else "utf-16-le").encode()
    return raw
