import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sips.phone_numbers import Tariff, display, is_e164, normalise, search_digits, tariff

COUNTRIES = ["PL", "UA", "ES", "CZ", "GB", "US", "IT", "DE", "BR", "AR", "KZ", "MX"]
WRITINGS = st.one_of(
    st.text(max_size=300),
    st.text(alphabet='+0123456789 -./()[]<>"@;:?%sipteluser=phone٢', max_size=40),
)
NUMBERS = st.from_regex(r"(\+|00|\+00|0)?(48|380|34|420|44|1|39|49|55|54|7|52|0)?[0-9]{3,11}", fullmatch=True)


@pytest.mark.parametrize(
    "raw",
    [
        "+48225999999",
        "+48 22 599 99 99",
        "+48-22-599.99.99",
        "(+48) 22/599 99 99",
        "[22] 599·99·99",
        "0048225999999",
        "00 48 (22) 599 99 99",
        "48225999999",
        "225999999",
        "22 599 99 99",
        "22\t599\t99 99\r\n",
        "22\u00a0599\u202f99\u200999",
        "22\u2013599\u201199\u221299",
        "\u202a+48 22 599 99 99\u202c",
        "\uff0b48 22 599 99 99",
        "\uff0b\uff14\uff18\uff08\uff12\uff12\uff09\uff15\uff19\uff19\uff19\uff19\uff19\uff19",
        "٢٢٥٩٩٩٩٩٩",
        "+48 (0)22 599 99 99",
    ],
)
def test_every_writing_of_a_polish_number_is_one_number(raw: str) -> None:
    assert normalise(raw, "PL") == "+48225999999"


@pytest.mark.parametrize(
    "raw",
    [
        "tel:+48225999999",
        "TEL:+48-22-599-99-99;phone-context=example.com",
        "tel://+48225999999",
        "sip:+48225999999@pbx.example.com",
        "sips:48225999999@pbx.example.com:5061;transport=tls?subject=hello",
        "sip:+48225999999:password@pbx.example.com",
        "sip:+48225999999;phone-context=example.com@pbx.example.com;user=phone",
        "sip:%2B48225999999@pbx.example.com",
        "sip:225999999",
        '"Jan" <sip:+48225999999@pbx.example.com;user=phone>;tag=1928301774',
        '"Jan <x>" <sip:+48225999999@pbx.example.com>',
        "<tel:+48225999999>",
        '"Jan" <225999999>',
    ],
)
def test_the_user_part_of_an_address_is_the_number(raw: str) -> None:
    assert normalise(raw, "PL") == "+48225999999"


@pytest.mark.parametrize(
    ("raw", "country", "expected"),
    [
        ("0441234567", "UA", "+380441234567"),
        ("380441234567", "UA", "+380441234567"),
        ("020 7123 4567", "GB", "+442071234567"),
        ("911 23 45 67", "ES", "+34911234567"),
        ("225 999 999", "CZ", "+420225999999"),
        ("011 48 22 599 99 99", "US", "+48225999999"),
        ("0048 22 599 99 99", "US", "+48225999999"),
        ("0441234567", "ua", "+380441234567"),
        ("+44 (0)20 7123 4567", "PL", "+442071234567"),
        ("+39 06 1234 5678", "PL", "+390612345678"),
        ("+39 0331 234567", "PL", "+390331234567"),  # a number with and without its zero
        ("410 1234", "IS", "+3544101234"),
        ("+15005550006", "PL", "+15005550006"),
    ],
)
def test_a_number_is_read_as_its_country_dials_it(raw: str, country: str, expected: str) -> None:
    assert normalise(raw, country) == expected


def test_a_prefixed_number_needs_only_a_possible_length() -> None:
    assert normalise("+15555550100", "PL") == "+15555550100"
    assert normalise("0015555550100", "PL") == "+15555550100"
    assert normalise("5555550100", "US") == "5555550100"


def test_a_foreign_number_without_prefix_is_not_guessed() -> None:
    assert normalise("380441234567", "PL") == "380441234567"


@pytest.mark.parametrize(
    "raw",
    ["100", "1", "123456", "112", "1-0-0", "١٠٠", "+112", "+48112", "00112", "*72", "#31#225999999"],
)
def test_extensions_and_short_numbers_stay_as_given(raw: str) -> None:
    assert normalise(raw, "PL") == raw


def test_an_extension_may_be_as_long_as_a_small_country_s_numbers() -> None:
    assert normalise("201234", "FO") == "201234"
    assert normalise("+298201234", "FO") == "+298201234"


def test_an_extension_in_an_address_is_its_user_part() -> None:
    assert normalise('"Jan" <sip:100@pbx.example.com;transport=udp>', "PL") == "100"
    assert normalise('"Jan" <100>', "PL") == "100"


@pytest.mark.parametrize(
    "raw",
    ["anonymous", "Anonymous", "unknown", "<unknown>", "restricted", "private", "withheld", "", "-1", "<>", "sip:"],
)
def test_withheld_callers_stay_as_given(raw: str) -> None:
    assert normalise(raw, "PL") == raw


@pytest.mark.parametrize(
    ("raw", "country"),
    [
        ("1-800-FLOWERS", "US"),
        ("225999999 w. 12", "PL"),
        ("+48 22 599 99 99 x12", "PL"),
        ("22 599 99", "PL"),
        ("225999999,5", "PL"),
        ("22+5999999", "PL"),
        ("++48225999999", "PL"),
        ("+0225999999", "PL"),
        ("0000000000", "PL"),
        ("004922599999912345", "DE"),  # longer than E.164 allows
        ("0049112", "DE"),  # and shorter
        ("00820086715518", "PL"),  # possible, but read differently when read again
        ("225999999", ""),
        ("225999999", "XX"),
    ],
)
def test_what_is_no_number_stays_as_given(raw: str, country: str) -> None:
    assert normalise(raw, country) == raw


def test_a_text_is_kept_without_control_characters_and_outer_space() -> None:
    assert normalise("  Jan\x00\x1b\u202e\ud800 Nowak\u2028 ", "PL") == "Jan Nowak"


def test_a_text_is_cut_to_64_characters() -> None:
    assert normalise("x" * 65, "PL") == "x" * 64
    assert normalise("x" * 63 + "  y", "PL") == "x" * 63


@given(raw=WRITINGS, country=st.one_of(st.sampled_from(COUNTRIES), st.text(max_size=3)))
@example(raw="sip:%FF%00@x", country="PL")
@example(raw="9" * 5000, country="PL")
@settings(deadline=None)
def test_any_text_gives_a_short_clean_text(raw: str, country: str) -> None:
    text = normalise(raw, country)

    assert len(text) <= 64
    assert text == text.strip()
    assert not {unicodedata.category(character) for character in text} & {"Cc", "Cs"}


@given(raw=NUMBERS, country=st.sampled_from(COUNTRIES), other=st.sampled_from(COUNTRIES))
@example(raw="009630001919601", country="PL", other="UA")
@example(raw="+820086715518", country="US", other="PL")
@settings(deadline=None)
def test_a_number_once_read_stays_the_same_anywhere(raw: str, country: str, other: str) -> None:
    number = normalise(raw, country)

    assert not is_e164(number) or normalise(number, other) == number


@pytest.mark.parametrize("number", ["+1234567", "+123456789012345", "+48225999999"])
def test_e164_is_a_plus_and_7_to_15_digits(number: str) -> None:
    assert is_e164(number)


@pytest.mark.parametrize(
    "number",
    [
        "",
        "+",
        "100",
        "48225999999",
        "+123456",
        "+1234567890123456",
        "+48 225999999",
        "+48225999999\n",
        "+0225999999",
        "+٤٨٢٢٥٩٩٩٩٩٩",
    ],
)
def test_anything_else_is_not_e164(number: str) -> None:
    assert not is_e164(number)


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
def test_what_a_number_costs_and_where_it_is(number: str, expected: tuple[Tariff, str]) -> None:
    assert tariff(number) == expected
