import subprocess
import sys
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from widgets.opening_hours import WEEKDAYS, Interval, OpeningHours, OpeningHoursError, parse

OFFICE = {name: [["09:00", "12:00"], ["13:00", "17:00"]] for name in WEEKDAYS[:5]}
EVERY_DAY = {name: [["09:00", "17:00"]] for name in WEEKDAYS}

# In all of them the clocks change at 01:00 UTC; beside each, the hour that is missing in March and doubled in October.
EUROPE = [
    ("Europe/Warsaw", 2),
    ("Europe/Kyiv", 3),
    ("Europe/Madrid", 2),
    ("Atlantic/Canary", 1),
    ("Europe/Prague", 2),
    ("Europe/London", 1),
]
SPRING = date(2026, 3, 29)
AUTUMN = date(2026, 10, 25)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def between(begin: str, end: str) -> Interval:
    return Interval(utc(begin), utc(end))


def warsaw(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Warsaw"))


def read(opening_time: object, *, zone: str = "Europe/Warsaw", holidays: str = "") -> OpeningHours:
    return parse(opening_time, time_zone=zone, holidays=holidays)


@pytest.mark.parametrize("time", ["09:00", "11:59:59.999999", "13:00", "16:59"])
def test_open_within_a_period(time: str) -> None:
    assert read(OFFICE).is_open(warsaw(f"2026-01-15T{time}"))


@pytest.mark.parametrize("time", ["08:59:59.999999", "12:00", "12:30", "17:00", "00:00"])
def test_closed_outside_and_at_the_end_of_a_period(time: str) -> None:
    assert not read(OFFICE).is_open(warsaw(f"2026-01-15T{time}"))


def test_a_missing_day_is_closed() -> None:
    assert read(OFFICE).next_opening(warsaw("2026-01-16T17:00")) == utc("2026-01-19T08:00")


def test_the_clock_is_the_zone_s_own_wherever_the_moment_is_written() -> None:
    nine_in_warsaw = datetime(2026, 1, 15, 3, 0, tzinfo=timezone(timedelta(hours=-5)))

    assert read(OFFICE).is_open(nine_in_warsaw)
    assert not read(OFFICE).is_open(nine_in_warsaw - timedelta(minutes=1))


def test_the_order_of_periods_does_not_matter() -> None:
    morning, afternoon = ["09:00", "12:00"], ["13:00", "17:00"]

    assert read({"monday": [afternoon, morning]}) == read({"monday": [morning, afternoon]})


def test_touching_periods_are_one_opening() -> None:
    hours = read({"monday": [["09:00", "12:00"], ["12:00", "17:00"]]}, zone="UTC")

    assert list(hours.intervals(date(2026, 1, 12), days=7)) == [between("2026-01-12T09:00", "2026-01-12T17:00")]


def test_periods_that_touch_at_midnight_are_one_opening() -> None:
    hours = read({"friday": [["18:00", "24:00"]], "saturday": [["00:00", "02:00"]]}, zone="UTC")

    assert list(hours.intervals(date(2026, 1, 12), days=7)) == [between("2026-01-16T18:00", "2026-01-17T02:00")]
    assert hours.is_open(utc("2026-01-17T00:00"))


def test_24_00_ends_the_day() -> None:
    hours = read({"monday": [["18:00", "24:00"]]})

    assert hours.is_open(warsaw("2026-01-12T23:59:59.999999"))
    assert not hours.is_open(warsaw("2026-01-13T00:00"))


@given(moment=st.datetimes(timezones=st.just(UTC)))
def test_an_empty_object_is_always_open(moment: datetime) -> None:
    assert read({}).is_open(moment)
    assert read({}).next_opening(moment) == moment


@pytest.mark.parametrize("opening_time", [{"exceptions": {}}, {"monday": []}, {"exceptions": {"2026-12-25": []}}])
def test_an_object_without_periods_never_opens(opening_time: object) -> None:
    assert read(opening_time).next_opening(utc("2026-01-01T00:00")) is None


def test_an_object_with_nothing_but_exceptions_opens_on_their_dates_only() -> None:
    hours = read({"exceptions": {"2026-12-24": [["09:00", "12:00"]]}})

    assert hours.next_opening(utc("2026-06-01T00:00")) == utc("2026-12-24T08:00")
    assert not hours.is_open(warsaw("2026-12-23T10:00"))


def test_an_opening_is_looked_for_366_days_ahead() -> None:
    hours = read({"exceptions": {"2027-01-02": [["00:00", "01:00"]]}}, zone="UTC")

    assert hours.next_opening(utc("2026-01-01T00:00")) == utc("2027-01-02T00:00")
    assert hours.next_opening(utc("2025-12-31T23:59:59")) is None


@pytest.mark.parametrize("moment", [utc("0001-01-01T00:00"), utc("9997-01-01T00:00"), utc("9999-12-31T23:59")])
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_the_ends_of_the_calendar_are_closed(moment: datetime, zone: str) -> None:
    assert not read(EVERY_DAY, zone=zone).is_open(moment)
    assert read(EVERY_DAY, zone=zone).next_opening(moment) is None


@pytest.mark.parametrize("moment", [datetime(2026, 1, 1), datetime.max.replace(tzinfo=timezone(timedelta(hours=-1)))])
def test_a_naive_moment_is_refused(moment: datetime) -> None:
    with pytest.raises(ValueError, match="the moment"):
        read({}).is_open(moment)


def test_an_exception_replaces_its_day_wholly() -> None:
    hours = read({**OFFICE, "exceptions": {"2026-01-15": [["10:00", "11:00"]]}})

    assert hours.next_opening(warsaw("2026-01-15T00:00")) == utc("2026-01-15T09:00")
    assert not hours.is_open(warsaw("2026-01-15T13:00"))
    assert hours.is_open(warsaw("2026-01-16T13:00"))


def test_an_empty_exception_closes_its_day() -> None:
    hours = read({**OFFICE, "exceptions": {"2026-01-15": []}})

    assert hours.next_opening(warsaw("2026-01-15T00:00")) == utc("2026-01-16T08:00")


def test_an_exception_closes_a_day_of_a_week_that_is_otherwise_always_open() -> None:
    always = {name: [["00:00", "24:00"]] for name in WEEKDAYS}
    hours = read({**always, "exceptions": {"2026-12-25": []}})

    assert hours.next_opening(warsaw("2026-12-25T00:00")) == utc("2026-12-25T23:00")


@pytest.mark.parametrize(
    ("country", "zone", "day"),
    [
        ("PL", "Europe/Warsaw", "2026-06-04"),  # Corpus Christi
        ("UA", "Europe/Kyiv", "2021-05-02"),  # Orthodox Easter, before martial law made holidays working days
        ("ES", "Europe/Madrid", "2026-04-03"),  # Good Friday
        ("CZ", "Europe/Prague", "2027-03-29"),  # Easter Monday
        ("GB", "Europe/London", "2026-05-25"),  # last Monday of May
        ("DE", "Europe/Berlin", "2026-05-14"),  # Ascension
    ],
)
def test_a_public_holiday_is_closed_in_its_country_only(country: str, zone: str, day: str) -> None:
    noon = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZoneInfo(zone))

    assert not read(EVERY_DAY, zone=zone, holidays=country).is_open(noon)
    assert read(EVERY_DAY, zone=zone).is_open(noon)


def test_an_exception_opens_a_public_holiday() -> None:
    hours = read({**OFFICE, "exceptions": {"2026-12-25": [["10:00", "11:00"]]}}, holidays="PL")

    assert hours.is_open(warsaw("2026-12-25T10:30"))
    assert not hours.is_open(warsaw("2026-12-25T09:30"))


def test_a_public_holiday_closes_also_what_is_otherwise_always_open() -> None:
    hours = read({}, holidays="PL")

    assert hours.next_opening(warsaw("2026-12-24T00:00")) == utc("2026-12-26T23:00")
    assert hours.is_open(warsaw("2026-12-23T23:59"))


def test_holidays_are_loaded_only_when_used() -> None:
    code = (
        "import sys; from datetime import datetime, UTC; from widgets.opening_hours import parse\n"
        "hours = parse({'monday': [['09:00', '17:00']]}, time_zone='Europe/Warsaw')\n"
        "hours.is_open(datetime(2026, 1, 12, tzinfo=UTC))\n"
        "sys.exit('holidays' in sys.modules or 'django' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(("zone", "hour"), EUROPE)
@pytest.mark.parametrize("minute", ["00", "30"])
def test_a_period_that_begins_in_the_missing_hour_begins_at_the_change(zone: str, hour: int, minute: str) -> None:
    hours = read({"sunday": [[f"{hour:02}:{minute}", "12:00"]]}, zone=zone)

    assert hours.next_opening(utc("2026-03-29T00:00")) == utc("2026-03-29T01:00")


@pytest.mark.parametrize(("zone", "hour"), EUROPE)
def test_a_period_that_ends_in_the_missing_hour_ends_at_the_change(zone: str, hour: int) -> None:
    hours = read({"sunday": [[f"{hour - 1:02}:00", f"{hour:02}:30"]]}, zone=zone)

    assert list(hours.intervals(SPRING, days=1)) == [between("2026-03-29T00:00", "2026-03-29T01:00")]


@pytest.mark.parametrize(("zone", "hour"), EUROPE)
def test_a_period_wholly_in_the_missing_hour_waits_a_week(zone: str, hour: int) -> None:
    hours = read({"sunday": [[f"{hour:02}:15", f"{hour:02}:45"]]}, zone=zone)

    week_later = utc("2026-04-05T00:15")  # the clock is an hour ahead by then
    assert hours.next_opening(utc("2026-03-29T00:00")) == week_later


@pytest.mark.parametrize(("zone", "hour"), EUROPE)
def test_the_doubled_hour_opens_at_the_first_and_closes_at_the_second(zone: str, hour: int) -> None:
    hours = read({"sunday": [[f"{hour:02}:15", f"{hour:02}:30"]]}, zone=zone)

    assert list(hours.intervals(AUTUMN, days=1)) == [between("2026-10-25T00:15", "2026-10-25T01:30")]


@pytest.mark.parametrize(("zone", "hour"), EUROPE)
@pytest.mark.parametrize(("day", "length"), [(SPRING, 4), (AUTUMN, 6)])
def test_a_period_across_the_change_keeps_its_wall_clock_ends(zone: str, hour: int, day: date, length: int) -> None:
    hours = read({"sunday": [[f"{hour - 1:02}:30", f"{hour + 4:02}:30"]]}, zone=zone)

    (opening,) = hours.intervals(day, days=1)

    assert opening.begin.astimezone(ZoneInfo(zone)).strftime("%H:%M") == f"{hour - 1:02}:30"
    assert opening.end.astimezone(ZoneInfo(zone)).strftime("%H:%M") == f"{hour + 4:02}:30"
    assert opening.end - opening.begin == timedelta(hours=length)


@pytest.mark.parametrize(("day", "next_utc"), [("2026-03-28", "2026-03-30T07:00"), ("2026-10-24", "2026-10-26T08:00")])
def test_monday_after_a_change_opens_on_the_new_time(day: str, next_utc: str) -> None:
    assert read(OFFICE).next_opening(warsaw(f"{day}T12:00")) == utc(next_utc)


def test_a_midnight_that_comes_twice_ends_the_day_the_first_time() -> None:
    hours = read({"saturday": [["20:00", "24:00"]]}, zone="Atlantic/Azores")

    assert list(hours.intervals(date(2026, 10, 24), days=2)) == [between("2026-10-24T20:00", "2026-10-25T00:00")]


def test_a_clock_that_goes_back_over_midnight_leaves_the_evening_one_opening() -> None:
    hours = read({"saturday": [["23:00", "23:30"]]}, zone="America/St_Johns")

    # In 2010 it went back from 00:01 on Sunday to 23:01 on Saturday: at half a minute past midnight, 23:30 is to come.
    assert hours.is_open(utc("2010-11-07T02:30:30"))
    assert not hours.is_open(utc("2010-11-07T03:00"))


def test_a_day_that_a_zone_skipped_never_comes() -> None:
    hours = read({"exceptions": {"2011-12-30": [["09:00", "17:00"]]}}, zone="Pacific/Apia")

    assert list(hours.intervals(date(2011, 12, 28), days=5)) == []


@st.composite
def weeks(draw: st.DrawFn) -> dict[str, Any]:
    def day() -> list[list[str]]:
        ends = sorted(draw(st.sets(st.integers(0, 1440), max_size=8)))
        written = [f"{minutes // 60:02}:{minutes % 60:02}" for minutes in ends]
        return [list(pair) for pair in zip(written[::2], written[1::2], strict=False)]

    names = draw(st.sets(st.sampled_from(WEEKDAYS), min_size=1))
    dates = draw(st.sets(st.dates(date(2026, 1, 1), date(2026, 12, 31)), max_size=3))
    exceptions = {exception.isoformat(): day() for exception in sorted(dates)}
    return {**{name: day() for name in sorted(names)}, "exceptions": exceptions}


FAR_ZONES = ["UTC", "Asia/Kathmandu", "Australia/Lord_Howe", "America/Havana"]
ZONES = st.sampled_from([zone for zone, _ in EUROPE] + FAR_ZONES)
MOMENTS = st.datetimes(datetime(2025, 12, 1), datetime(2027, 2, 1), timezones=st.just(UTC))


@given(week=weeks(), zone=ZONES, moment=MOMENTS)
@settings(deadline=None)
def test_away_from_changes_open_is_what_the_wall_clock_says(week: dict[str, Any], zone: str, moment: datetime) -> None:
    local = moment.astimezone(ZoneInfo(zone))
    offsets = {(moment + timedelta(days=days)).astimezone(ZoneInfo(zone)).utcoffset() for days in (-2, 0, 2)}
    assume(len(offsets) == 1)

    periods = week["exceptions"].get(local.date().isoformat(), week.get(WEEKDAYS[local.weekday()], []))
    expected = any(begin <= local.strftime("%H:%M") < end for begin, end in periods)

    assert read(week, zone=zone).is_open(moment) == expected


@given(week=weeks(), zone=ZONES, moment=MOMENTS)
@settings(deadline=None)
def test_the_next_opening_is_open(week: dict[str, Any], zone: str, moment: datetime) -> None:
    hours = read(week, zone=zone)

    opening = hours.next_opening(moment)

    assert opening is None or (opening >= moment and opening.tzinfo is UTC)
    assert opening is None or hours.is_open(opening)


@given(week=weeks(), zone=ZONES, moment=MOMENTS, data=st.data())
@settings(deadline=None)
def test_nothing_is_open_before_the_next_opening(
    week: dict[str, Any],
    zone: str,
    moment: datetime,
    data: st.DataObject,
) -> None:
    hours = read(week, zone=zone)
    opening = hours.next_opening(moment) or moment + timedelta(days=366)
    assume(opening > moment)

    minutes = data.draw(st.lists(st.integers(0, (opening - moment - timedelta.resolution) // timedelta(minutes=1))))

    assert not any(hours.is_open(moment + timedelta(minutes=minute)) for minute in minutes)
    assert not hours.is_open(opening - timedelta.resolution)


@given(week=weeks(), zone=ZONES, first=st.dates(date(2026, 1, 1), date(2026, 12, 31)))
@settings(deadline=None)
def test_openings_ascend_and_stand_apart(week: dict[str, Any], zone: str, first: date) -> None:
    openings = list(read(week, zone=zone).intervals(first, days=40))

    edges = [edge for opening in openings for edge in opening]
    assert edges == sorted(set(edges))


@pytest.mark.parametrize(
    ("opening_time", "message"),
    [
        ({"monday": [["09:00", "12:00"], ["13:00", "12:00"]]}, "monday, period 2: 13:00–12:00 ends before it begins"),
        ({"monday": [["09:00", "09:00"]]}, "monday, period 1: 09:00–09:00 has no length"),
        ({"friday": [["09:00", "12:00"], ["11:00", "13:00"]]}, "friday, period 2: 11:00–13:00 overlaps 09:00–12:00"),
        ({"friday": [["11:00", "13:00"], ["09:00", "12:00"]]}, "friday, period 1: 11:00–13:00 overlaps 09:00–12:00"),
        ({"monday": [["09:00", "12:00"]] * 2}, "monday, period 2: 09:00–12:00 overlaps 09:00–12:00"),
        ({"monday": [["9:00", "12:00"]]}, "monday, period 1: '9:00' is not a time of the form HH:MM"),
        ({"monday": [["09:00", "24:01"]]}, "monday, period 1: '24:01' is not a time"),
        ({"monday": [["09:00", "12:00\n"]]}, "monday, period 1: '12:00\\n' is not a time"),
        ({"monday": [["٠٩:00", "12:00"]]}, "monday, period 1: '٠٩:00' is not a time"),
        ({"monday": [["24:00", "24:00"]]}, "monday, period 1: 24:00–24:00 has no length"),
        ({"monday": [["09:00"]]}, "monday, period 1: must be two times"),
        ({"monday": [[9, 12]]}, "monday, period 1: must be two times"),
        ({"monday": ["09:00", "12:00"]}, "monday, period 1: must be two times"),
        ({"monday": None}, "monday: must be a list of periods"),
        ({"monday": "09:00"}, "monday: must be a list of periods"),
        ({"monday": [["09:00", "12:00"]] * 21}, "monday: 21 periods, at most 20"),
        ({"Monday": []}, "'Monday': unknown key"),
        ({"exceptions": []}, "exceptions: must be an object"),
        ({"exceptions": {"2026-02-30": []}}, "exceptions: 2026-02-30 is not in the calendar"),
        ({"exceptions": {"20261224": []}}, "exceptions: '20261224' is not a date of the form YYYY-MM-DD"),
        (
            {"exceptions": {"2026-12-24": [["13:00", "12:00"]]}},
            "2026-12-24, period 1: 13:00–12:00 ends before it begins",
        ),
        ({"exceptions": {str(number): [] for number in range(1001)}}, "exceptions: 1001 dates, at most 1000"),
        (None, "opening hours: must be an object"),
        ([], "opening hours: must be an object"),
    ],
)
def test_the_error_names_the_day_and_the_period(opening_time: object, message: str) -> None:
    with pytest.raises(OpeningHoursError) as caught:
        read(opening_time)

    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("zone", ["", "Europe", "Europe/X", "../Europe/Warsaw", "/etc/passwd", "a\x00b", "\ud800"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(OpeningHoursError, match="time zone"):
        read({}, zone=zone)


@pytest.mark.parametrize("country", ["XX", "pl", "POL", "Poland", " ", "PL\n", "ECB"])
def test_an_unknown_country_is_refused(country: str) -> None:
    with pytest.raises(OpeningHoursError, match="holidays"):
        read({}, holidays=country)


TEXTS = st.sampled_from(["09:00", "12:00", "24:00"]) | st.text(max_size=8)
KEYS = st.sampled_from([*WEEKDAYS, "exceptions", "2026-12-24"]) | st.text(max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
)


@given(opening_time=JSON)
@settings(deadline=None)
def test_any_json_is_read_or_refused_as_opening_hours(opening_time: object) -> None:
    try:
        assert isinstance(read(opening_time), OpeningHours)
    except OpeningHoursError as error:
        assert 0 < len(str(error)) < 200
