import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sips.phone_numbers import (
    as_given,
    called,
    caller,
    is_e164,
    is_withheld,
    normalise,
    read_international,
    search_digits,
    split_extension,
)

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
        "022 599 99 99",  # the trunk zero that was dialed until 2010
        "(0-22) 599 99 99",
        "48 022 599 99 99",
        "0048 022 599 99 99",
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
    ["100", "0", "123456", "112", "+112", "+48112", "00112", "*72", "*43#5", "#31#225999999"],
)
def test_extensions_and_short_numbers_stay_as_given(raw: str) -> None:
    assert normalise(raw, "PL") == raw


@pytest.mark.parametrize(
    ("raw", "digits"), [("116 111", "116111"), ("19 115", "19115"), ("1-0-0", "100"), ("١٠٠", "100")]
)
def test_a_short_number_loses_its_separators(raw: str, digits: str) -> None:
    assert normalise(raw, "PL") == called(raw, "PL") == caller(raw, "PL") == digits


def test_a_zero_that_is_still_dialed_or_never_was_is_no_former_trunk_zero() -> None:
    assert normalise("0911234567", "ES") == "0911234567"
    assert normalise("06 1234 5678", "IT") == "+390612345678"


def test_an_extension_may_be_as_long_as_a_small_country_s_numbers() -> None:
    assert normalise("201234", "FO") == "201234"
    assert normalise("+298201234", "FO") == "+298201234"


def test_an_extension_in_an_address_is_its_user_part() -> None:
    assert normalise('"Jan" <sip:100@pbx.example.com;transport=udp>', "PL") == "100"
    assert normalise('"Jan" <100>', "PL") == "100"


@pytest.mark.parametrize(
    "raw",
    [
        "anonymous",
        "Anonymous",
        "ANONYMOUS ",
        "unknown",
        "<unknown>",
        "Restricted",
        "Unavailable",
        "private",
        "Private Number",
        "withheld",
        "No Caller ID",
        "no-number",
        "Numer zastrzeżony",
        "Nieznany numer",
        "P",
        "O",
        "NIEZNANY",
        "Numer prywatny",
        "Скрытый",
        "OUT OF AREA",
        "ID hidden",
        "Caller ID blocked",
        "number not available",
        "Anonymous call",
        "Rufnummer unterdrückt",
        "Numéro masqué",
        "número oculto",
        "Soukromé číslo",
        "номер скрыт",
        "прихований номер",
        "Połączenie zastrzeżone",
        '"Anonymous" <sip:anonymous@anonymous.invalid>',
        '"Anonymous" <>',
    ],
)
def test_every_word_for_a_withheld_caller_is_one(raw: str) -> None:
    assert normalise(raw, "PL") == caller(raw, "PL") == "anonymous"


@pytest.mark.parametrize(
    "raw",
    [
        "0",
        "0000000000",
        "-1",
        "266696687",
        "+266696687",
        "+86282452253",
        "7378742833",
        "sip:0@pbx",
        "sip:k3j2@anonymous.invalid",
    ],
)
def test_a_caller_may_be_withheld_in_digits_too(raw: str) -> None:
    assert is_withheld(raw)
    assert caller(raw, "PL") == "anonymous"


@pytest.mark.parametrize("raw", ["", "<>", "sip:", "100", "Jan Private", "Call Jan", "unknown5", "26 669 66 88"])
def test_other_words_are_no_withheld_caller(raw: str) -> None:
    assert not is_withheld(raw)
    assert normalise(raw, "PL") != "anonymous"


def test_the_digit_zero_can_be_called() -> None:
    assert called("0", "PL") == "0"


@pytest.mark.parametrize(
    ("raw", "extension"),
    [
        ("22 599 99 99 wew. 5", "5"),
        ("22 599 99 99 wewn. 12", "12"),
        ("22 599 99 99 wewnętrzny 102", "102"),
        ("225999999 w. 12", "12"),
        ("225999999w12", "12"),
        ("+48 22 599 99 99 ext. 5", "5"),
        ("+48 22 599 99 99 Extension 5", "5"),
        ("+48 22 599 99 99 x12", "12"),
        ("+48225999999;ext=5", "5"),
        ("tel:+48-22-599-99-99;ext=5;phone-context=x", "5"),
        ("sip:+48225999999;ext=5@pbx.example", "5"),
        ("+48225999999,,5#", "5"),
        ("225999999,5", "5"),
        ("225999999#5", "5"),
        ("0-22 599 99 99 доб. 5", "5"),
    ],
)
def test_an_extension_is_told_from_the_number_before_it(raw: str, extension: str) -> None:
    assert split_extension(raw)[1] == extension
    assert caller(raw, "PL") == called(raw, "PL") == "+48225999999"
    assert search_digits(raw).endswith("225999999")


@pytest.mark.parametrize(
    "raw", ["100", "*43#5", "116111,5", "225999999", "501502503, 601602603", "Jan 5", "", "x5", "#5"]
)
def test_what_has_no_extension_comes_back_unchanged(raw: str) -> None:
    assert split_extension(raw) == (raw, "")


def test_without_a_telephone_number_before_it_an_extension_stays() -> None:
    assert called("00 000 000 00 wew. 5", "PL") == "00 000 000 00 wew. 5"


@pytest.mark.parametrize(
    ("digits", "country", "read"),
    [
        ("48501502503", "PL", "+48501502503"),
        ("3545112345", "PL", "+3545112345"),
        ("3545112345", "DE", "+3545112345"),  # within Germany it would be written with a zero
        ("436641234567", "DE", "+436641234567"),
        ("15555550100", "PL", "+15555550100"),
        ("501502503", "PL", "+48501502503"),
        ("221234567", "PL", "+48221234567"),
        ("0048501502503", "PL", "+48501502503"),
        ("+48501502503", "PL", "+48501502503"),
        ("0601 000 111", "PL", "+48601000111"),
        ("2125551234", "US", "+12125551234"),
        ("298201234", "PL", "298201234"),  # Tórshavn or Ostrołęka
        ("508412345", "PL", "508412345"),  # Saint-Pierre or a Polish mobile
        ("3545112345", "US", "3545112345"),  # Reykjavík or an American number
        ("100", "PL", "100"),
        ("anonymous", "PL", "anonymous"),
        ("Anna", "PL", "Anna"),
    ],
)
def test_digits_with_a_country_code_are_read_by_what_they_can_be_not_by_their_length(
    digits: str, country: str, read: str
) -> None:
    assert read_international(digits, country) == read


def test_what_stays_as_given_is_one_of_the_writings_by_which_its_number_is_found() -> None:
    assert "298201234" in as_given("+298201234")
    assert "298201234" in as_given("+48298201234")


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
def test_other_texts_are_not_e164(number: str) -> None:
    assert not is_e164(number)
