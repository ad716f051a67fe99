"""Finds one telephone number in texts, in any format. Pure, like `sips.phone_numbers`, which parses what is found here.

A column of numbers is searched by `endings`, which an index can serve, and then by `is_meant`. A text such as a webhook's body is searched by
`pattern` and `UNUSUAL`, which a database can run over millions of rows, and then by `is_in`. The first of each pair finds too much, never too little.
"""

import re
import unicodedata
from collections.abc import Iterator

import phonenumbers

from sips import phone_numbers

_GROUPED_BY = " -./\N{NO-BREAK SPACE}\N{NON-BREAKING HYPHEN}\N{EN DASH}"
"""Separators between the last digits of a number."""
_SEPARATOR = r"[\s+()\[\]./\-\N{MIDDLE DOT}\N{HYPHEN}-\N{HORIZONTAL BAR}\N{MINUS SIGN}]"  # a plus is a blank in forms
_LEAD = re.compile(rf"[+0-9](?:[0-9]|{_SEPARATOR})*")
_LONGEST_LEAD = 12
_FOREIGN = re.compile(rf"(?:\+|(?<![0-9])00){_SEPARATOR}*[0-9]{{1,3}}{_SEPARATOR}+\Z")

_BETWEEN_DIGITS = r"(?:[^0-9A-Za-z]|%[0-9A-Fa-f]{2}|\\[0-7]{3}|\\\\u[0-9A-Fa-f]{4}|&[#0-9A-Za-z]{1,8};)*"
"""Separators, also URL-encoded, and escaped by JSON, by XML or by PostgreSQL's `encode(…, 'escape')`, which doubles each backslash."""


UNUSUAL = r"[^\u0001-\u007F]"
"""Finds, like `pattern`, texts in which a number may be written with other digits or with invisible characters, which `pattern` misses."""

GONE = "…"
"""Replaces an erased number in a text."""


class SoughtNumber:
    def __init__(self, number: str) -> None:
        """Raises ValueError if `number` is not E.164."""
        if not phone_numbers.is_e164(number):
            raise ValueError(f"“{number}” is not E.164")
        self.number = number
        self._digits = number.removeprefix("+")
        self._national = phonenumbers.national_significant_number(phonenumbers.parse(number))
        self._written = re.compile(f"{_SEPARATOR}{{0,3}}".join(self._national) + r"(?![0-9])")

    def __str__(self) -> str:
        return self.number

    def endings(self) -> Iterator[str]:
        """Possible endings of this number as stored: its last four digits, perhaps with a separator between them."""
        last = self.number[-4:]
        yield last
        for separator in _GROUPED_BY:
            for cut in (1, 2, 3):
                yield f"{last[:cut]}{separator}{last[cut:]}"

    def is_meant(self, stored: str) -> bool:
        """Whether a stored number is this one: in E.164, or as given if it could not be parsed in its configuration's country."""
        if phone_numbers.is_e164(stored):
            return stored == self.number
        digits = phone_numbers.search_digits(stored)
        is_long = len(digits) > phone_numbers.MAX_EXTENSION_DIGITS
        return is_long and digits in (self._digits, self._national.lstrip("0"))

    @property
    def pattern(self) -> str:
        """A POSIX regular expression that finds the national digits in any format, also in the output of `encode(…, 'escape')`."""
        digits = (rf"(?:{digit}|%3{digit}|\\\\u003{digit}|&#{ord(digit)};|&#[xX]3{digit};)" for digit in self._national)
        return _BETWEEN_DIGITS.join(digits)

    def is_named_by(self, stored: str, country: str) -> bool:
        """Whether a stored number is this one, or contains it (`501 502 503 wew. 5`)."""
        return self.is_meant(stored) or (not phone_numbers.is_e164(stored) and self.is_in(stored, country))

    def is_in(self, text: str, country: str) -> bool:
        """Whether the text contains it. Numbers without a country code are read by the rules of that country (ISO 3166 code)."""
        return next(self._places(_fold(text)[0], country), None) is not None

    def without(self, text: str, country: str) -> str:
        folded, origin = _fold(text)
        for start, end in reversed(list(self._places(folded, country))):
            text = text[: origin[start]] + GONE + text[origin[end - 1] + 1 :]
        return text

    def _places(self, folded: str, country: str) -> Iterator[tuple[int, int]]:
        """Its positions, including a country code before it."""
        for found in self._written.finditer(folded):
            before = folded[max(0, found.start() - _LONGEST_LEAD) : found.start()]
            leads = [lead for lead in _leads(before) if self._is_read(lead, found[0], country)]
            if leads:
                yield found.start() - max(map(len, leads)), found.end()

    def _is_read(self, lead: str, written: str, country: str) -> bool:
        whole = lead + written
        reading = phone_numbers.normalise(whole[0] + whole[1:].replace("+", " "), country)
        if phone_numbers.is_e164(reading):
            return reading == self.number
        digits = phone_numbers.search_digits(whole)
        at_home = phone_numbers.normalise(self._national, country) == self.number
        return digits == self._digits or (at_home and digits == self._national.lstrip("0"))


def _leads(before: str) -> Iterator[str]:
    """Possible beginnings of the number before its national digits: nothing, a trunk prefix, or a country code."""
    if not before[-1:].isdecimal() and not _FOREIGN.search(before):
        yield ""
    for start in range(len(before)):
        if _LEAD.fullmatch(before, start) and not (before[start].isdecimal() and before[start - 1 : start].isdecimal()):
            yield before[start:]


def _fold(text: str) -> tuple[str, range | list[int]]:
    """The text with ASCII digits in place of all others, full-width signs made narrow, and without invisible characters (zero-width and bidirectional
    marks, soft hyphens, NUL); and for each of its characters the position in the original."""
    if text.isascii() and "\0" not in text:
        return text, range(len(text))
    kept = [(place, plain) for place, character in enumerate(text) for plain in _plain(character)]
    return "".join(plain for _place, plain in kept), [place for place, _plain in kept]


def _plain(character: str) -> str:
    if character == "\0" or unicodedata.category(character) in ("Cf", "Mn", "Me", "Cs"):
        return ""
    digit = unicodedata.digit(character, None)
    return unicodedata.normalize("NFKC", character) if digit is None else str(digit)
