"""The periods of one day."""

from datetime import date

from widgets.opening_hours import Period, parse


def test_a_period_after_touching_ones_is_a_separate_opening() -> None:
    hours = parse(
        {"monday": [["09:00", "12:00"], ["12:00", "17:00"], ["18:00", "19:00"]]}, time_zone="UTC", holidays=""
    )

    assert [interval.begin.hour for interval in hours.intervals(date(2026, 1, 12), days=7)] == [9, 18]


def test_a_period_is_written_as_on_the_clock() -> None:
    assert str(Period(545, 1440)) == "09:05–24:00"
