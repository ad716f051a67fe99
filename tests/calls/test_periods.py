from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from calls.periods import named, of_days, start_of

WARSAW = ZoneInfo("Europe/Warsaw")


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 28), 24), (date(2026, 3, 29), 23), (date(2026, 10, 25), 25)])
def test_a_day_lasts_as_long_as_the_clock_says(day: date, hours: int) -> None:
    period = of_days(day, day, WARSAW)

    assert period.end - period.start == timedelta(hours=hours)


@pytest.mark.parametrize("first", [date(2026, 3, 28), date(2026, 10, 24)])
def test_days_follow_each_other_without_a_gap(first: date) -> None:
    period = of_days(first, first + timedelta(days=2), WARSAW)
    days = list(period.days())

    assert [day.date for day in days] == [first + timedelta(days=place) for place in range(3)]
    assert [day.start for day in days] == [period.start, *(day.end for day in days[:-1])]
    assert days[-1].end == period.end


def test_a_day_that_begins_with_the_change_of_clocks_begins_at_the_change() -> None:
    """In Cairo the clocks went from 23:59 to 01:00 on 2026-04-24."""
    assert start_of(date(2026, 4, 24), ZoneInfo("Africa/Cairo")) == datetime(2026, 4, 23, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "first", "last"),
    [
        ("today", date(2026, 3, 1), date(2026, 3, 1)),
        ("yesterday", date(2026, 2, 28), date(2026, 2, 28)),
        ("7_days", date(2026, 2, 23), date(2026, 3, 1)),
        ("30_days", date(2026, 1, 31), date(2026, 3, 1)),
        ("this_month", date(2026, 3, 1), date(2026, 3, 1)),
    ],
)
def test_named_periods_go_by_the_staffs_day(name: str, first: date, last: date) -> None:
    """It is March in Warsaw and still February in UTC."""
    assert named(name, WARSAW, datetime(2026, 2, 28, 23, 30, tzinfo=UTC)) == of_days(first, last, WARSAW)


def test_a_part_of_a_day_is_a_period_too() -> None:
    noon = datetime(2026, 3, 2, 11, tzinfo=UTC)
    period = of_days(date(2026, 3, 2), date(2026, 3, 3), WARSAW)
    cut = type(period)(noon, noon + timedelta(days=1), WARSAW)

    assert [(day.start, day.end) for day in cut.days()] == [
        (noon, start_of(date(2026, 3, 3), WARSAW)),
        (start_of(date(2026, 3, 3), WARSAW), noon + timedelta(days=1)),
    ]
