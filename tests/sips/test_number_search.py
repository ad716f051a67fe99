"""One number is found in whatever way it was written, and no other number is taken for it."""

import json
import re
from urllib.parse import quote, urlencode

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sips.number_search import SoughtNumber
from sips.phone_numbers import normalise

ANNA = SoughtNumber("+48501502503")
MOBILES = st.integers(500_000_000, 539_999_999).map(lambda digits: f"+48{digits}")
SEPARATORS = st.sampled_from([" ", "-", ".", "", "\N{NO-BREAK SPACE}"])


def writings(number: str, separator: str) -> list[str]:
    """Of a Polish mobile number, 3-3-3."""
    national = number.removeprefix("+48")
    grouped = separator.join((national[:3], national[3:6], national[6:]))
    return [f"{code}{between}{grouped}" for code in ("", "+48", "48", "0048") for between in ("", separator)]


@given(number=MOBILES, separator=SEPARATORS)
def test_a_number_is_found_in_forms_queries_json_and_xml(number: str, separator: str) -> None:
    sought = SoughtNumber(number)

    for written in writings(number, separator):
        for text in (
            written,
            f"sip:{written}@pbx.example.com",
            f"<caller>{written}</caller>",
            json.dumps({"from": written}, ensure_ascii=False),
            f"call_id=1769500000.17&caller={written}&called=221234567",
        ):
            assert sought.is_in(text, "PL"), text


@given(number=MOBILES, separator=SEPARATORS, other=MOBILES)
def test_another_number_is_not_taken_for_it(number: str, separator: str, other: str) -> None:
    sought = SoughtNumber(number)

    for written in writings(other, separator):
        assert sought.is_in(f"caller={written}&", "PL") == (number == other), written
        assert sought.is_meant(normalise(written, "PL")) == (number == other)


@pytest.mark.parametrize(
    "text",
    [
        "+44501502503",
        "+44 501502503",
        "00 44 501 502 503",
        "44501502503",
        "1769501502503.17",
        "5015025031",
        "+485015025031",
        "a=501&b=502503",
        "501502504",
    ],
)
def test_a_text_that_only_holds_its_digits_does_not_name_it(text: str) -> None:
    assert not ANNA.is_in(f"x={text}&y", "PL")


def test_national_digits_match_in_their_own_country_only() -> None:
    assert [ANNA.is_in("caller=501502503", country) for country in ("PL", "ES", "CZ")] == [True, False, False]
    assert [ANNA.is_in("caller=48501502503", country) for country in ("PL", "ES", "CZ")] == [True, True, True]


@pytest.mark.parametrize("country", ["PL", "CZ", "UA", "ES", "GB", "DE", "IT", "US", "HU", "RU"])
def test_the_national_writing_of_any_country_is_read(country: str) -> None:
    example = phonenumbers.example_number_for_type(country, phonenumbers.PhoneNumberType.MOBILE)
    assert example is not None
    sought = SoughtNumber(phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164))

    for style in (phonenumbers.PhoneNumberFormat.NATIONAL, phonenumbers.PhoneNumberFormat.INTERNATIONAL):
        assert sought.is_in(f"from: {phonenumbers.format_number(example, style)}, to: 100", country)


@pytest.mark.parametrize(
    ("stored", "meant"),
    [
        ("+48501502503", True),
        ("48501502503", True),
        ("0048 501-502-503", True),
        ("501502503", True),
        ("+501502503", False),
        ("+4850150250", False),
        ("502503", False),
        ("100", False),
        ("", False),
        ("anonymous", False),
    ],
)
def test_a_stored_number_is_compared_as_a_whole(stored: str, meant: bool) -> None:
    assert ANNA.is_meant(stored) == meant


@settings(deadline=None)
@given(number=MOBILES, separator=SEPARATORS)
def test_an_index_on_the_ends_finds_every_stored_writing(number: str, separator: str) -> None:
    ends = tuple(SoughtNumber(number).endings())

    assert all(written.endswith(ends) for written in writings(number, separator))


@settings(deadline=None)
@given(number=MOBILES, separator=SEPARATORS)
def test_the_pattern_of_the_database_misses_nothing(number: str, separator: str) -> None:
    pattern = re.compile(SoughtNumber(number).pattern)

    for written in writings(number, separator):
        for sent in (
            written,
            quote(written),
            urlencode({"a": written}),
            json.dumps(written),
            written.encode("utf-16").decode("latin-1"),
        ):
            escaped = "".join(rf"\{ord(c):03o}" if c == "\0" or ord(c) > 127 else c for c in sent.replace("\\", r"\\"))
            assert pattern.search(escaped), escaped


def test_a_text_that_is_no_number_cannot_be_searched() -> None:
    with pytest.raises(ValueError, match=r"E\.164"):
        SoughtNumber("501502503")
