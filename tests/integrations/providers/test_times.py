from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from integrations.providers.foundation.times import LONGEST_CALL_SECONDS, in_order, read_seconds, read_time, read_times

WARSAW = ZoneInfo("Europe/Warsaw")
NOON = datetime(2026, 11, 26, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        "26.11.2026 12:00:00",
        "26.11.2026, 12:00",
        "26-11-2026 12:00:00",
        "26/11/2026 12:00:00",
        "11/26/2026 12:00:00",  # there is no 26th month
        "2026/11/26 12:00:00",
        "2026.11.26 12:00",
        "20261126120000",
        "20261126T120000",
        "20261126 12:00:00",
        "2026-11-26 12:00:00.123456",
        "2026-11-26T12:00:00,123",
        "2026-11-26 12:00:00 CET",
        "2026-11-26 11:00:00 UTC",
        "2026-11-26T11:00:00Z",
        "2026-11-26T12:00:00+0100",
        "2026-11-26T12:00:00 +01",
        "Thu Nov 26 12:00:00 2026",
        "Thu Nov 26 12:00:00 CET 2026",
        "20261126T110000Z",
        "2026-11-26T11:00:00Z[UTC]",
        "2026-11-26T12:00:00+01:00[Europe/Warsaw]",
        "2026-11-26 12:00:00 GMT+1",
        "26/Nov/2026:12:00:00 +0100",
        "26 November 2026, 12:00",
        "Nov 26, 2026 12:00:00",
        "11/26/2026 12:00:00 PM",
        "2026-11-26 12:00pm CET",
        "/Date(1795690800000)/",
        "1795690800000000",
        "1795690800000000000",
    ],
)
def test_a_moment_is_read_in_many_writings(text: str) -> None:
    moment = read_time(text, WARSAW)

    assert moment is not None
    assert moment.replace(microsecond=0) == NOON


@pytest.mark.parametrize(
    "text",
    [
        "03/04/2026 12:00:00",  # nobody knows which is the month
        "2026-11-26 12:00:00 XYZ",
        "20261126",
        "26.11.2026",
        "2026-11-26 12",
        "99.99.2026 12:00:00",
        "2026-11-26 12:00:00 +99",
        "26 listopada 2026 12:00:00",
        "2026-11-26 14:00:00 PM",
        "2026-11-26 0:00 AM",
    ],
)
def test_what_is_ambiguous_or_no_moment_is_none(text: str) -> None:
    assert read_time(text, WARSAW) is None


@pytest.mark.parametrize(("clock", "hour"), [("12:05 AM", 0), ("1:05 a.m.", 1), ("12:05 p.m.", 12), ("11:05PM", 23)])
def test_half_days_are_told_apart(clock: str, hour: int) -> None:
    assert read_time(f"11/26/2026 {clock}", ZoneInfo("UTC")) == datetime(2026, 11, 26, hour, 5, tzinfo=UTC)


def test_day_and_month_that_are_the_same_need_not_be_told_apart() -> None:
    assert read_time("04/04/2026 12:00:00", WARSAW) == datetime(2026, 4, 4, 10, tzinfo=UTC)


def test_a_format_says_what_is_ambiguous() -> None:
    day_first, month_first = ("%d/%m/%Y %H:%M",), ("%m/%d/%Y %H:%M",)

    assert read_time("03/04/2026 12:00", WARSAW, day_first) == datetime(2026, 4, 3, 10, tzinfo=UTC)
    assert read_time("03/04/2026 12:00", WARSAW, month_first) == datetime(2026, 3, 4, 11, tzinfo=UTC)


def test_the_hour_that_comes_twice_may_be_either() -> None:
    first, second = read_times("2026-10-25 02:30:00", WARSAW)

    assert (first.hour, second.hour) == (0, 1)
    assert len(read_times("2026-10-25 02:30:00 CET", WARSAW)) == len(read_times("2026-10-25 03:30:00", WARSAW)) == 1


@pytest.mark.parametrize(
    ("start", "end", "talk", "expected"),
    [
        ("02:50:00", "02:10:00", 1200, (0, 1)),  # the end is in the second of the two hours
        ("02:50:00", "03:05:00", 900, (1, 2)),  # so is the start, else it would be more than an hour
        ("02:10:00", "02:20:00", 600, (0, 0)),
        ("01:59:00", "02:10:00", None, (23, 0)),
    ],
)
def test_the_hour_that_comes_twice_is_told_apart_by_the_other_times(
    start: str, end: str, talk: int | None, expected: tuple[int, int]
) -> None:
    starts, ends = (read_times(f"2026-10-25 {clock}", WARSAW) for clock in (start, end))
    started, _answered, ended = in_order(starts, (), ends, talk)

    assert started is not None
    assert ended is not None
    assert (started.hour, ended.hour) == expected


def test_in_a_repeated_hour_the_talk_time_decides_the_start() -> None:
    """The talk says in which of the two hours it was answered, and then the start was in the same."""
    starts, answers, ends = (
        read_times(f"2026-10-25 {clock}", WARSAW) for clock in ("02:30:00", "02:30:10", "03:30:10")
    )

    started, answered, _ended = in_order(starts, answers, ends, 3600)

    assert started == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
    assert answered == datetime(2026, 10, 25, 1, 30, 10, tzinfo=UTC)


def test_an_end_before_the_start_is_none() -> None:
    assert in_order([NOON], [], [NOON.replace(hour=9)], None) == (NOON, None, None)


@settings(deadline=None)
@given(
    st.text(max_size=40)
    | st.from_regex(
        r"[0-9]{1,4}[-/. ]?[0-9]{1,2}[-/. ]?[0-9]{1,4}[T ,]?[0-9:.,]{0,12} ?[A-Z+0-9:]{0,6}", fullmatch=True
    )
)
def test_any_text_is_a_moment_or_none(text: str) -> None:
    moment = read_time(text, WARSAW)

    assert moment is None or (moment.tzinfo is UTC and 2000 <= moment.year <= 2099)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("00:42", 42),
        ("1:05", 65),
        ("75:30", 4530),
        ("42 s", 42),
        ("42s", 42),
        ("42 sek.", 42),
        ("42 seconds", 42),
        ("1 min 5 s", 65),
        ("1m5s", 65),
        ("2 min", 120),
        ("1h 2m 3s", 3723),
        ("PT1M5S", 65),
        ("42000 ms", 42),
        ("00:00:42.5", 42),
    ],
)
def test_a_length_is_read_in_many_writings(text: str, seconds: int) -> None:
    assert read_seconds(text) == seconds


@pytest.mark.parametrize(
    ("text", "unit", "seconds"),
    [
        ("42000", "milliseconds", 42),
        ("41999", "milliseconds", 41),
        ("2", "minutes", 120),
        ("1.5", "minutes", 90),
        ("01:30", "hours:minutes", 5400),
    ],
)
def test_a_unit_says_what_a_plain_number_counts(text: str, unit: str, seconds: int) -> None:
    assert read_seconds(text, unit) == seconds


@settings(deadline=None)
@given(st.text(max_size=30) | st.from_regex(r"[0-9:.,hms ]{1,20}", fullmatch=True))
def test_any_text_is_a_length_or_none(text: str) -> None:
    seconds = read_seconds(text)

    assert seconds is None or 0 <= seconds <= LONGEST_CALL_SECONDS
