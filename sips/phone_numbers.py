"""Telephone numbers in any notation: the only module that knows countries. The notation itself is parsed by `sips.number_writing`.

Pure: no Django, no settings. What can be read as a telephone number becomes E.164 ("+48221234567"); short numbers and extensions become
their digits ("116111"), a withheld caller the word "anonymous"; names and everything else stay the text they are.
"""

import re
from enum import Enum, auto
from functools import lru_cache

import phonenumbers

from sips.countries import FORMER_TRUNK_ZERO
from sips.number_writing import (
    MAX_EXTENSION_DIGITS,
    drop_invisible,
    find_user_part,
    read_dialled,
    read_digit,
    split_extension,
)
from sips.withheld import ANONYMOUS, is_withheld, is_withheld_word

__all__ = [
    "ANONYMOUS",
    "MAX_EXTENSION_DIGITS",
    "Tariff",
    "as_given",
    "called",
    "caller",
    "display",
    "is_e164",
    "is_withheld",
    "normalise",
    "possible_readings",
    "read_international",
    "search_digits",
    "split_extension",
    "tariff",
]

MAX_LENGTH = 64  # of a text that is no telephone number

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_SUBSCRIBERS = frozenset(
    {
        phonenumbers.PhoneNumberType.FIXED_LINE,
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,
        phonenumbers.PhoneNumberType.VOIP,
    }
)


@lru_cache(maxsize=4096)  # every event of a call has the same two numbers, one of them our own
def normalise(raw: str, country: str) -> str:
    """The number in E.164 if `raw` can be parsed as one in that country (ISO 3166 code), else the text as given.

    Reads national and international writing, URIs (`tel:`, `sip:`, `sips:`) and SIP name-addr, of which the user part
    alone counts; a short number loses its separators, and every word for a withheld caller becomes "anonymous".
    As given means: without control characters and outer space, at most 64 characters. Never raises.
    """
    given = drop_invisible(find_user_part(drop_invisible(raw)))
    if is_withheld_word(given):
        return ANONYMOUS
    return _read_e164(given, country) or _read_short(given) or given[:MAX_LENGTH].strip()


@lru_cache(maxsize=4096)
def caller(raw: str, country: str) -> str:
    """A caller's number: like `called`, and "anonymous" for withheld numbers, also in digits."""
    return ANONYMOUS if is_withheld(raw) else called(raw, country)


@lru_cache(maxsize=4096)
def called(raw: str, country: str) -> str:
    """One side of a call: like `normalise`, without an extension after the number."""
    number, extension = split_extension(raw)
    if extension and is_e164(reading := normalise(number, country)):
        return reading
    return normalise(raw, country)


@lru_cache(maxsize=4096)
def read_international(raw: str, country: str) -> str:
    """Like `normalise`, for a provider that writes the country code without a plus: `3545112345` is +354 511 2345.

    Digits that are just as well a national number of `country` in its usual writing stay digits: nobody can tell which one is meant (see
    `possible_readings`).
    """
    given = drop_invisible(find_user_part(drop_invisible(raw)))
    digits = read_dialled(given) or ""
    if digits.startswith(("+", "0")) or len(digits) <= MAX_EXTENSION_DIGITS:
        return normalise(raw, country)
    if possible_readings(digits, country):
        return digits
    if _national(digits, country):
        return normalise(given, country)
    abroad = _parse(f"+{digits}", country="")
    if abroad is not None and (phonenumbers.is_valid_number(abroad) or _is_plausible(abroad, _format_e164(abroad))):
        return _format_e164(abroad)
    return normalise(raw, country)


@lru_cache(maxsize=4096)
def possible_readings(number: str, country: str) -> tuple[str, ...]:
    """The two possible E.164 numbers of digits whose country is ambiguous: a national number of `country`, or one with its own country code.

    Of every other number, short ones and texts: ().
    """
    if not number.isdecimal() or number.startswith("0") or len(number) <= MAX_EXTENSION_DIGITS:
        return ()
    home, abroad = _national(number, country), _parse(f"+{number}", country="")
    if home is None or abroad is None or home == abroad or not phonenumbers.is_valid_number(abroad):
        return ()
    return _format_e164(home), _format_e164(abroad)


def is_e164(number: str) -> bool:
    """Whether the text has the form of E.164: a plus and 7 to 15 digits, the first of them not zero."""
    return _E164.fullmatch(number) is not None


def as_given(number: str) -> tuple[str, ...]:
    """An E.164 number in digits alone, with and without its country code: the forms in which it is stored if its country was ambiguous."""
    parsed = _parse(number, country="")
    digits = number.removeprefix("+")
    return (digits, phonenumbers.national_significant_number(parsed)) if parsed else (digits,)


def display(number: str) -> str:
    """An E.164 number in international format, "+48 22 123 45 67"; any other text unchanged."""
    parsed = _parse(number, country="") if is_e164(number) else None
    if parsed is None or _format_e164(parsed) != number:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


class Tariff(Enum):
    PLAIN = auto()
    "Of a subscriber: fixed, mobile, VoIP."
    SPECIAL = auto()
    "Premium, shared cost, personal, pagers and other services of a country."
    WORLDWIDE = auto()
    "Without a country: satellites, international networks and international premium."
    UNKNOWN = auto()
    "In no known range."


def tariff(number: str) -> tuple[Tariff, str]:
    """The tariff of an E.164 number, and its country (ISO 3166 code) or "" if it has none."""
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
    """The last digits of the E.164 numbers that this number or part of one can mean; "" if it is none.

    "022 123-45-67" gives "221234567", "0048 22 1234567" gives "48221234567"; an extension after the number does not count; another text with
    letters gives "".
    """
    text = find_user_part(split_extension(text)[0])
    if any(character.isalpha() for character in text):
        return ""
    after_trunk_zero = text.rpartition("(0)")[2]  # +44 (0)20 7123 4567: what comes before it may not touch what follows
    return "".join(filter(None, map(read_digit, after_trunk_zero))).lstrip("0")


def _read_e164(text: str, country: str) -> str | None:
    dialled = read_dialled(text)
    if dialled is None:
        return None
    international = dialled.startswith(("+", "00"))
    if not international and len(dialled) <= MAX_EXTENSION_DIGITS:
        return None
    number = _parse(re.sub(r"^00", "+", dialled), country=country)
    if number is None:
        return None
    if not international and country.upper() in FORMER_TRUNK_ZERO:
        number = _without_former_trunk_zero(number)
    if international:
        number = _drop_trunk_zero(number)
    e164 = _format_e164(number)
    accepted = phonenumbers.is_valid_number(number) or (international and _is_plausible(number, e164))
    return e164 if accepted and is_e164(e164) else None


def _read_short(text: str) -> str | None:
    """The digits of an extension or short number written in groups: “116 111”."""
    digits = read_dialled(text) if text[:1].isdecimal() else None
    return digits if digits and len(digits) <= MAX_EXTENSION_DIGITS else None


def _is_plausible(number: phonenumbers.PhoneNumber, e164: str) -> bool:
    """Whether the length is valid and no other reading is possible: sufficient if a prefix shows that it is a telephone number.

    So ranges too new for the metadata pass, and the numbers that providers reserve for tests.
    """
    again = _parse(e164, country="")
    return phonenumbers.is_possible_number(number) and again is not None and _format_e164(again) == e164


def _parse(dialled: str, *, country: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse(dialled, country.upper())
    except phonenumbers.NumberParseException:
        return None


def _format_e164(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _national(digits: str, country: str) -> phonenumbers.PhoneNumber | None:
    """The national number that these digits are in the country, in its usual notation; None if they are none."""
    number = _parse(digits, country=country)
    return number if number and phonenumbers.is_valid_number(number) and _national_digits(number) == digits else None


def _national_digits(number: phonenumbers.PhoneNumber) -> str:
    """In national notation, with the trunk prefix if one is dialed."""
    return "".join(filter(str.isdecimal, phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)))


def _without_former_trunk_zero(number: phonenumbers.PhoneNumber) -> phonenumbers.PhoneNumber:
    """0601 000 111 -> 601 000 111, also after the country's own code: 48 0601 000 111."""
    national = re.sub(rf"^(?:{number.country_code})?0", "", phonenumbers.national_significant_number(number))
    bare = phonenumbers.PhoneNumber(country_code=number.country_code, national_number=int(national or "0"))
    if phonenumbers.is_valid_number(number) or not phonenumbers.is_valid_number(bare):
        return number
    return bare


def _drop_trunk_zero(number: phonenumbers.PhoneNumber) -> phonenumbers.PhoneNumber:
    """+44 (0)20 7123 4567 -> +44 20 7123 4567, but +39 06 12345678 keeps its zero, which belongs to the number."""
    bare = phonenumbers.PhoneNumber(country_code=number.country_code, national_number=number.national_number)
    if phonenumbers.is_valid_number(number) or not phonenumbers.is_valid_number(bare):
        return number
    return bare
