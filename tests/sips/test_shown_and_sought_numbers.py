"""How numbers are shown to people, found by what people type, and what a call to one costs."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sips.phone_numbers import Tariff, display, normalise, search_digits, tariff

COUNTRIES = ["PL", "UA", "ES", "CZ", "GB", "US", "IT", "DE", "BR", "AR", "KZ", "MX"]
NUMBERS = st.from_regex(r"(\+|00|\+00|0)?(48|380|34|420|44|1|39|49|55|54|7|52|0)?[0-9]{3,11}", fullmatch=True)


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+48221234567", "+48 22 123 45 67"),
        ("+380441234567", "+380 44 123 4567"),
        ("+15005550006", "+1 500-555-0006"),
    ],
)
def test_people_see_international_format(number: str, shown: str) -> None:
    assert display(number) == shown


@pytest.mark.parametrize("number", ["", "100", "anonymous", "221234567", "+9999999999", "+820086715518"])
def test_what_cannot_be_formatted_is_shown_unchanged(number: str) -> None:
    assert display(number) == number


@given(raw=NUMBERS, country=st.sampled_from(COUNTRIES))
@settings(deadline=None)
def test_display_never_changes_a_digit(raw: str, country: str) -> None:
    number = normalise(raw, country)

    assert [c for c in display(number) if c.isdigit()] == [c for c in number if c.isdigit()]


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("022 123-45-67", "221234567"),
        ("0048 22 1234567", "48221234567"),
        ("+48 22 123 45 67", "48221234567"),
        ("\uff0b48 ٢٢", "4822"),
        ("45-67", "4567"),
        ("+44 (0)20 7123 4567", "2071234567"),
        ("(022) 100", "22100"),
    ],
)
def test_search_digits_are_the_end_of_a_stored_number(text: str, digits: str) -> None:
    assert search_digits(text) == digits


@pytest.mark.parametrize("text", ["", "+", "000", " - ", "Jan", "Jan 22 123", "1-800-FLOWERS", "Жан1"])
def test_a_text_that_is_no_number_has_no_search_digits(text: str) -> None:
    assert search_digits(text) == ""


@pytest.mark.parametrize(
    "writing",
    ["221234567", "22 123 45 67", "+48 22 123 45 67", "0048221234567", "48 22 123-45-67", "022 1234567"],
)
def test_any_writing_of_a_number_finds_the_stored_one(writing: str) -> None:
    assert normalise("+48221234567", "PL").endswith(search_digits(writing))


@settings(deadline=None)
@given(text=st.text())
def test_search_digits_hold_nothing_but_ascii_digits(text: str) -> None:
    digits = search_digits(text)

    assert digits == "" or (digits.isascii() and digits.isdecimal())


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+48501502503", (Tariff.PLAIN, "PL")),
        ("+48221234567", (Tariff.PLAIN, "PL")),
        ("+442079460958", (Tariff.PLAIN, "GB")),
        ("+420777123456", (Tariff.PLAIN, "CZ")),
        ("+48390123456", (Tariff.PLAIN, "PL")),  # VoIP
        ("+445612345678", (Tariff.PLAIN, "GB")),  # VoIP
        ("+48700123456", (Tariff.SPECIAL, "PL")),
        ("+48801123456", (Tariff.SPECIAL, "PL")),
        ("+48800123456", (Tariff.SPECIAL, "PL")),
        ("+881612345678", (Tariff.WORLDWIDE, "")),
        ("+979123456789", (Tariff.WORLDWIDE, "")),
        ("+48000000000", (Tariff.UNKNOWN, "PL")),
        ("100", (Tariff.UNKNOWN, "")),
        ("", (Tariff.UNKNOWN, "")),
    ],
)
def test_the_type_and_country_of_a_number_are_known(number: str, expected: tuple[Tariff, str]) -> None:
    assert tariff(number) == expected
