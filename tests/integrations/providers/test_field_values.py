from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.statuses import Kind
from integrations.providers.foundation.field_values import (
    is_extension,
    read_caller,
    read_kind,
    read_lines,
    read_link,
    read_number,
    read_seconds,
    read_time,
)
from integrations.providers.foundation.times import LONGEST_CALL_SECONDS

WARSAW = ZoneInfo("Europe/Warsaw")
NINE = datetime(2026, 1, 15, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "1768467600",
        "1768467600.0",
        "1768467600000",
        "2026-01-15 10:00:00",
        "2026-01-15T10:00",
        "2026-01-15T09:00:00Z",
        "2026-01-15T09:00:00.000+00:00",
        "2026-01-15 11:00:00+02:00",
        "Thu, 15 Jan 2026 09:00:00 +0000",
        "Thu, 15 Jan 2026 09:00:00 GMT",
        "Thu, 15 Jan 2026 09:00:00 -0000",
        "Thu, 15 Jan 2026 10:00:00 +0100",
    ],
)
def test_a_time_is_read_in_any_of_its_writings(text: str) -> None:
    assert read_time(text, WARSAW) == NINE


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "-1",
        "0000-00-00 00:00:00",
        "2026-01-15",
        "1999-12-31T23:59:59Z",
        "2100-01-01T00:00:00Z",
        "0001-01-01T00:00:00",
        "9999-12-31T23:59:59",
        "99999999999999999999",
        "now",
        "2026-13-01 10:00:00",
        "2026-01-15 25:00:00",
        "Thu, 99 Jan 2026 09:00:00 +9999",
        "１７６８４６７６００",
    ],
)
def test_what_is_no_time_of_a_call_is_none(text: str) -> None:
    assert read_time(text, WARSAW) is None


@pytest.mark.parametrize(("local", "utc_hour"), [("2026-03-29 02:30:00", 1), ("2026-10-25 02:30:00", 0)])
def test_the_hour_that_is_missing_or_comes_twice_still_gives_a_time(local: str, utc_hour: int) -> None:
    moment = read_time(local, WARSAW)

    assert moment is not None
    assert moment.hour == utc_hour


@given(st.text() | st.datetimes().map(str) | st.from_regex(r"[0-9T:.+Z -]{1,30}"))
def test_any_text_is_a_time_or_none(text: str) -> None:
    moment = read_time(text, WARSAW)

    assert moment is None or (moment.tzinfo is UTC and 2000 <= moment.year <= 2099)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("42", 42), ("42.0", 42), ("42.9", 42), ("42,5", 42), ("0", 0), ("00:01:05", 65), ("1:00:00", 3600)],
)
def test_a_length_is_whole_seconds(text: str, seconds: int) -> None:
    assert read_seconds(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "-5", "1e3", "abc", "00:99:00", str(LONGEST_CALL_SECONDS + 1), "9" * 400, "٤٢", "NaN"]
)
def test_what_is_no_length_of_a_call_is_none(text: str) -> None:
    assert read_seconds(text) is None


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+48 501 502 503", "+48 501 502 503"),
        ("sip:100@pbx.example.com:5060;transport=udp", "100"),
        ("sips:anna@pbx.example.com", "anna"),
        ("100@pbx.example.com", "100"),
        ("client:anna", "anna"),
        ("tel:+48501502503", "+48501502503"),
        ('"Jan Kowalski" <48501502503>', "48501502503"),
        ('"Jan" <sip:100@pbx>', "100"),
        ("PJSIP/100-0000002a", "100"),
        ("sofia/internal/100@10.0.0.1:5060", "100"),
        ("sofia/gateway/trunk/48501502503", "48501502503"),
        ("user/100@pbx.example.com", "100"),
        ("verto.rtc/100@pbx", "100"),
        ("Ext. 100", "100"),
        ("wew. 100", "100"),
        ("ext100", "ext100"),  # a login
        ("22 123 45 67 wew. 5", "22 123 45 67 wew. 5"),
        ("whatsapp:+48501502503", "+48501502503"),
        ("SIP/trunk-warsaw-0000002a", "trunk-warsaw"),
        ("Local/100@internal-0000002a;1", "100"),
        ("anonymous", "anonymous"),
        ("%2B48501502503", "+48501502503"),
        ("48501502503.0", "48501502503"),
        ("4.8501502503E10", "48501502503"),
        ("4.85E+10", "48500000000"),
        ("4.8501502503E3", "4.8501502503E3"),  # no whole number
        ("+48 501 502 503 (Jan)", "+48 501 502 503"),
        ("DID-48221234567", "48221234567"),
        ("tel: 22 123 45 67", "22 123 45 67"),
        ("DAHDI/i1/48501502503-1a", "48501502503"),
        ("SIP/trunk/48501502503", "48501502503"),
        ("Local/101@from-queue/n", "101"),
        ("${EXTEN}", ""),
        ("null", ""),
        ("[object Object]", ""),
        ("", ""),
        ("@", ""),
        ("5" * 65, ""),
    ],
)
def test_a_number_is_the_telephone_in_an_address(text: str, number: str) -> None:
    assert read_number(text) == number


@pytest.mark.parametrize("text", ["Anonymous", "0", "266696687", "+266696687", '"Restricted" <sip:anonymous@x>'])
def test_who_withholds_the_number_is_anonymous(text: str) -> None:
    assert read_caller(text) == "anonymous"


@pytest.mark.parametrize(("text", "said"), [("100", True), ("0", False), ("", False), ("48501502503", False)])
def test_an_extension_is_a_few_digits_and_not_zero(text: str, said: bool) -> None:
    assert is_extension(text) == said


@pytest.mark.parametrize(
    "text", ["5" + " " * 1_000_000 + "x", "5 (" * 300_000, "101," * 300_000], ids=["blanks", "brackets", "list"]
)
def test_a_long_text_holds_nobody_up(text: str) -> None:
    """A million blanks would be looked at a million times a million."""
    assert (read_number(text), read_caller(text), read_lines(text)) == ("", "", [])


@given(st.text())
def test_any_text_has_a_number_of_bounded_length(text: str) -> None:
    assert len(read_number(text)) <= 64


@pytest.mark.parametrize(
    "text",
    ["javascript:alert(1)", "ftp://x", "/rec/1.mp3", "https://x/ y", "https://x/\n", "https://" + "x" * 1000, ""],
)
def test_what_a_browser_should_not_follow_is_no_link(text: str) -> None:
    assert read_link(text) == ""


def test_a_web_address_is_a_link() -> None:
    assert read_link("HTTPS://rec.example.com/1.mp3?k=a%20b") == "HTTPS://rec.example.com/1.mp3?k=a%20b"


@pytest.mark.parametrize(
    ("text", "kind"), [("incoming", Kind.INCOMING), ("wychodzące", Kind.OUTGOING), ("sideways", None), ("", None)]
)
def test_a_kind_is_read_or_none(text: str, kind: Kind | None) -> None:
    assert read_kind(text) is kind


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("101,102", ["101", "102"]),
        ("SIP/101&SIP/102", ["101", "102"]),
        ("101;102", ["101", "102"]),
        ("Local/101@from-queue-0000001a;1", ["101"]),
        ("Local/101@from-queue-0000001a;1&Local/102@from-queue-0000001b;2", ["101", "102"]),
        ("sip:101@pbx:5060;transport=tcp", ["101"]),
        ("sip:101@pbx;user=phone;lr,sip:102@pbx;ob", ["101", "102"]),
        ("Anna, Office <101>", ["101"]),
        ("", []),
    ],
)
def test_a_text_may_name_several_telephones(text: str, lines: list[str]) -> None:
    assert read_lines(text) == lines
