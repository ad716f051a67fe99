"""Parses the notation of telephone numbers: digits of every script, separators, URIs, and extensions. Independent of countries.

Pure, like `sips.phone_numbers`, which interprets the result.
"""

import re
import unicodedata
from urllib.parse import unquote

MAX_EXTENSION_DIGITS = 6  # so short and without a prefix, it is an extension or a short number such as 112

_SEPARATORS = frozenset("()[]./\N{MIDDLE DOT}\N{MINUS SIGN}")
_SEPARATOR_CATEGORIES = ("Pd", "Zs")  # dashes and spaces of every script
_INVISIBLE_CATEGORIES = ("Cc", "Cf", "Cs", "Zl", "Zp")  # control, bidi and zero-width marks, lone surrogates, line ends
_LONGEST_WITH_EXTENSION = 200
_AFTER_USER_PART = re.compile(r"[@;:]")  # host, parameters, password


_EXTENSION = re.compile(
    r"""(?P<number>.*?\d[\s.)\]]*)
    (?: ;\s*ext(?:ension)?\s*=\s*(?P<parameter>\d{1,8}) (?=[;@?>\s]|$) .*  # RFC 3966
      | [\s,;]* (?: wew(?:n(?:ętrzn[yae])?)? | ext(?:ension)? | int(?:erno|ern)? | доб | dw | [wxp] ) [.:]? \s* (?P<word>\d{1,8}) \#?
      | \s* [,;\#] [\s,;\#]* (?P<pause>\d{1,8}) \#?  # dialed after a pause
    ) \s*""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def drop_invisible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text.strip()
    return "".join(c for c in text if unicodedata.category(c) not in _INVISIBLE_CATEGORIES).strip()


def find_user_part(text: str) -> str:
    """`"Jan" <sip:+48221234567@host;user=phone>` -> `+48221234567`; a text that is no address comes back unchanged."""
    _, opened, rest = text.rpartition("<")
    inside, closed, _ = rest.partition(">")
    bracketed = bool(opened and closed)
    scheme, _, target = (inside if bracketed else text).partition(":")
    if scheme.strip().lower() in ("sip", "sips", "tel"):
        return unquote(_AFTER_USER_PART.split(target.strip(), maxsplit=1)[0]) or text
    # `"Jan" <100>` names a line, but `<unknown>` is a text of its own.
    return inside if bracketed and read_dialled(inside) else text


def read_dialled(text: str) -> str | None:
    """ASCII digits, perhaps after a plus; None if the text contains anything but digits, separators and that plus."""
    dialled = ""
    for character in text:
        plain = unicodedata.normalize("NFKC", character)  # full-width plus and brackets
        if (digit := read_digit(character)) is not None:
            dialled += digit
        elif plain == "+" and not dialled:
            dialled = "+"
        elif plain not in _SEPARATORS and unicodedata.category(character) not in _SEPARATOR_CATEGORIES:
            return None
    return dialled


def read_digit(character: str) -> str | None:
    value = unicodedata.decimal(character, None)
    return None if value is None else str(value)


def split_extension(raw: str) -> tuple[str, str]:
    """Split a telephone number and the extension after it: `22 599 99 99 wew. 5`, `tel:+48225999999;ext=5`, `+48225999999,,5#`.

    The extension is "" where there is none, and the number then unchanged. Whether what comes before it is a telephone number is not asked,
    only that it has more digits than an extension, so that service codes such as `*43#5` are left alone.
    """
    found = _EXTENSION.fullmatch(drop_invisible(raw)) if len(raw) <= _LONGEST_WITH_EXTENSION else None
    if found is None or sum(map(str.isdecimal, found["number"])) <= MAX_EXTENSION_DIGITS:
        return raw, ""
    return found["number"].strip(), found["parameter"] or found["word"] or found["pause"]
