"""Telephone numbers in any writing: the only module that knows digits.

Pure: no Django, no settings. What can be read as a telephone number becomes E.164 ("+48221234567"); extensions,
short and emergency numbers, withheld callers and names stay the text they are.
"""

import re
import unicodedata
from enum import Enum, auto
from functools import lru_cache
from urllib.parse import unquote

import phonenumbers

MAX_LENGTH = 64  # of a text that is no telephone number
MAX_EXTENSION_DIGITS = 6  # so short and without a prefix, it is an extension or a short number such as 112

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SEPARATORS = frozenset("()[]./\N{MIDDLE DOT}\N{MINUS SIGN}")
_SEPARATOR_CATEGORIES = ("Pd", "Zs")  # dashes and spaces of every script
_INVISIBLE_CATEGORIES = ("Cc", "Cf", "Cs", "Zl", "Zp")  # control, bidi and zero-width marks, lone surrogates, line ends
_SUBSCRIBERS = frozenset(
    {
        phonenumbers.PhoneNumberType.FIXED_LINE,
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
        phonenumbers.PhoneNumberType.VOIP,
    }
)
_AFTER_USER_PART = re.compile(r"[@;:]")  # host, parameters, password


@lru_cache(maxsize=4096)  # every event of a call brings the same two numbers, one of them our own
def normalise(raw: str, country: str) -> str:
    """The number in E.164 where `raw` can be read as one in that country (ISO 3166 code), else the text as given.

    Reads national and international writing, URIs (`tel:`, `sip:`, `sips:`) and SIP name-addr, of which the user part
    alone counts. As given means: without control characters and outer space, at most 64 characters. Never raises.
    """
    given = _drop_invisible(_find_user_part(_drop_invisible(raw)))
    return _read_e164(given, country) or given[:MAX_LENGTH].strip()


def is_e164(number: str) -> bool:
    """Whether the text has the form of E.164: a plus and 7 to 15 digits, the first of them not zero."""
    return _E164.fullmatch(number) is not None


def display(number: str) -> str:
    """An E.164 number as people write it, "+48 22 123 45 67"; any other text unchanged."""
    parsed = _parse(number, country="") if is_e164(number) else None
    if parsed is None or _format_e164(parsed) != number:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


class Tariff(Enum):
    """What a call to a number costs, as far as the number itself tells."""

    PLAIN = auto()
    "A subscriber's: fixed, mobile, VoIP."
    SPECIAL = auto()
    "Premium, shared cost, personal, pagers and other services of a country."
    WORLDWIDE = auto()
    "Of no country: satellites, international networks and international premium."
    UNKNOWN = auto()
    "In no range that is known to be in use."


def tariff(number: str) -> tuple[Tariff, str]:
    """The tariff of an E.164 number, and its country (ISO 3166 code) or "" where it belongs to none."""
    parsed = _parse(number, country="")
    if parsed is None or parsed.country_code is None:
        return Tariff.UNKNOWN, ""
    if phonenumbers.region_code_for_country_code(parsed.country_code) == phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY:
        return Tariff.WORLDWIDE, ""
    kind = phonenumbers.number_type(parsed)
    country = phonenumbers.region_code_for_number(parsed) or ""
    if kind == phonenumbers.PhoneNumberType.UNKNOWN:
        return Tariff.UNKNOWN, country
    return (Tariff.PLAIN if kind in _SUBSCRIBERS else Tariff.SPECIAL), country


def search_digits(text: str) -> str:
    """The digits with which E.164 numbers end that somebody means by this number or part of one; "" if it is none.

    "022 123-45-67" gives "221234567", "0048 22 1234567" gives "48221234567"; a text with letters gives "".
    """
    if any(character.isalpha() for character in text):
        return ""
    after_trunk_zero = text.rpartition("(0)")[2]  # +44 (0)20 7123 4567: what comes before it may not touch what follows
    return "".join(filter(None, map(_read_digit, after_trunk_zero))).lstrip("0")


def _drop_invisible(text: str) -> str:
    return "".join(c for c in text if unicodedata.category(c) not in _INVISIBLE_CATEGORIES).strip()


def _find_user_part(text: str) -> str:
    """`"Jan" <sip:+48221234567@host;user=phone>` -> `+48221234567`; a text that is no address comes back unchanged."""
    _, opened, rest = text.rpartition("<")
    inside, closed, _ = rest.partition(">")
    bracketed = bool(opened and closed)
    scheme, _, target = (inside if bracketed else text).partition(":")
    if scheme.strip().lower() in ("sip", "sips", "tel"):
        return unquote(_AFTER_USER_PART.split(target.strip(), maxsplit=1)[0]) or text
    # `"Jan" <100>` names a line, but `<unknown>` is a text of its own.
    return inside if bracketed and _read_dialled(inside) else text


def _read_e164(text: str, country: str) -> str | None:
    dialled = _read_dialled(text)
    if dialled is None:
        return None
    international = dialled.startswith(("+", "00"))
    if not international and len(dialled) <= MAX_EXTENSION_DIGITS:
        return None
    number = _parse(re.sub(r"^00", "+", dialled), country=country)
    if number is None:
        return None
    if international:
        number = _drop_trunk_zero(number)
    e164 = _format_e164(number)
    accepted = phonenumbers.is_valid_number(number) or (international and _is_plausible(number, e164))
    return e164 if accepted and is_e164(e164) else None


def _is_plausible(number: phonenumbers.PhoneNumber, e164: str) -> bool:
    """Right in length and in no need of another reading: enough where a prefix says that it is a telephone number.

    So ranges too new for the metadata pass, and the numbers that providers reserve for tests.
    """
    again = _parse(e164, country="")
    return phonenumbers.is_possible_number(number) and again is not None and _format_e164(again) == e164


def _read_dialled(text: str) -> str | None:
    """ASCII digits, perhaps after a plus; None if the text holds anything but digits, separators and that plus."""
    dialled = ""
    for character in text:
        plain = unicodedata.normalize("NFKC", character)  # full-width plus and brackets
        if (digit := _read_digit(character)) is not None:
            dialled += digit
        elif plain == "+" and not dialled:
            dialled = "+"
        elif plain not in _SEPARATORS and unicodedata.category(character) not in _SEPARATOR_CATEGORIES:
            return None
    return dialled


def _read_digit(character: str) -> str | None:
    value = unicodedata.decimal(character, None)
    return None if value is None else str(value)


def _parse(dialled: str, *, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(dialled, country.upper())
    except phonenumbers.NumberParseException:
        return None


def _format_e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _drop_trunk_zero(number: phonenumbers.PhoneNumber) -> phonenumbers.PhoneNumber:
    """+44 (0)20 7123 4567 -> +44 20 7123 4567, but +39 06 12345678 keeps its zero, which belongs to the number."""
    bare = phonenumbers.PhoneNumber(country_code=number.country_code, national_number=number.national_number)
    if phonenumbers.is_valid_number(number) or not phonenumbers.is_valid_number(bare):
        return number
    return bare
