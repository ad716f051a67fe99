"""The times a visitor can book."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from widgets.opening_hours import WEEKDAYS, OpeningHours, parse
from widgets.slots import SlotRules, bookable, find

LUNCH = {name: [["09:00", "12:00"], ["13:00", "17:00"]] for name in WEEKDAYS[:5]}
ZONES = (
    "Europe/Warsaw",
    "Europe/Kyiv",
    "Europe/Madrid",
    "Atlantic/Canary",
    "Africa/Ceuta",
    "Europe/Prague",
    "Europe/London",
    "Atlantic/Azores",
    "America/Havana",
)
HALF_HOURS = SlotRules(30, timedelta(0), 0)


def hours(opening_time: Any, zone: str = "Europe/Warsaw", holidays: str = "") -> OpeningHours:
    return parse(opening_time, time_zone=zone, holidays=holidays)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def clock(opening_time: Any, rules: SlotRules, now: datetime, *, zone: str = "Europe/Warsaw") -> list[str]:
    """The slots as the wall clock of the zone shows their beginnings."""
    found = bookable(hours(opening_time, zone), rules, now)
    return [f"{slot.begin.astimezone(ZoneInfo(zone)):%H:%M}" for slot in found]


def test_nothing_is_booked_over_lunch() -> None:
    begins = clock(LUNCH, SlotRules(60, timedelta(0), 0), utc("2026-03-02T00:00"))

    assert begins == ["09:00", "10:00", "11:00", "13:00", "14:00", "15:00", "16:00"]


def test_a_remainder_shorter_than_a_slot_is_not_offered() -> None:
    assert clock({"monday": [["09:00", "10:50"]]}, HALF_HOURS, utc("2026-03-02T00:00")) == ["09:00", "09:30", "10:00"]


def test_periods_that_touch_are_cut_as_one() -> None:
    touching = {"monday": [["09:00", "09:45"], ["09:45", "10:30"]]}

    assert clock(touching, HALF_HOURS, utc("2026-03-02T00:00")) == ["09:00", "09:30", "10:00"]


@pytest.mark.parametrize(("notice", "first"), [(0, "09:30"), (15, "09:30"), (16, "10:00"), (60, "10:30")])
def test_a_slot_is_booked_some_time_ahead(notice: int, first: str) -> None:
    rules = SlotRules(30, timedelta(minutes=notice), 0)

    assert clock(LUNCH, rules, utc("2026-03-02T08:15"))[0] == first


def test_the_moment_between_two_slots_is_the_later_ones() -> None:
    office, night = hours(LUNCH), utc("2026-03-02T00:00")

    found = find(office, HALF_HOURS, utc("2026-03-02T08:30"), night)

    assert found is not None
    assert found.begin == utc("2026-03-02T08:30")
    assert find(office, HALF_HOURS, utc("2026-03-02T11:00"), night) is None  # lunch


def test_an_evening_that_comes_again_after_midnight_shares_no_slot_with_the_next_day() -> None:
    """At 00:01 of 7 November 2010 St. John's put its clocks back to 23:01 of the 6th, whose period goes on into the night."""
    late = hours({name: [["00:00", "02:00"], ["22:30", "23:45"]] for name in WEEKDAYS}, "America/St_Johns")
    hour = SlotRules(60, timedelta(0), 0)
    evening, night = utc("2010-11-06T20:00"), utc("2010-11-07T03:00")

    last = list(bookable(late, hour, evening))[-1]

    assert last.end == night
    assert find(late, hour, night - timedelta(minutes=30), night - timedelta(minutes=30)) is None


@pytest.mark.parametrize(("days_ahead", "slots"), [(0, 14), (2, 14), (3, 28), (4, 42)])
def test_days_ahead_are_counted_from_the_office_s_own_today(days_ahead: int, slots: int) -> None:
    thursday_in_london_friday_in_warsaw = utc("2026-03-05T23:30")

    begins = clock(LUNCH, SlotRules(30, timedelta(0), days_ahead), thursday_in_london_friday_in_warsaw)

    assert len(begins) == slots


@pytest.mark.parametrize(("country", "zone"), [("PL", "Europe/Warsaw"), ("CZ", "Europe/Prague")])
def test_easter_monday_is_closed_where_it_is_a_holiday(country: str, zone: str) -> None:
    office = hours(LUNCH, zone, country)

    found = {slot.begin.date() for slot in bookable(office, SlotRules(30, timedelta(0), 4), utc("2026-04-03T00:00"))}

    assert date(2026, 4, 6) not in found
    assert date(2026, 4, 7) in found


def test_easter_monday_is_a_working_day_in_madrid() -> None:
    office = hours(LUNCH, "Europe/Madrid", "ES")

    assert any(bookable(office, SlotRules(30, timedelta(0), 0), utc("2026-04-06T00:00")))


@pytest.mark.parametrize("zone", ZONES[:7])
def test_the_missing_hour_has_no_slots_and_the_doubled_one_twice_as_many(zone: str) -> None:
    spring, plain, autumn = (
        len(list(bookable(hours({}, zone), HALF_HOURS, datetime(*day, tzinfo=ZoneInfo(zone)))))
        for day in ((2026, 3, 29), (2026, 3, 30), (2026, 10, 25))
    )

    assert (spring, plain, autumn) == (46, 48, 50)


@pytest.mark.parametrize("day", [(2026, 3, 29), (2026, 10, 25)])
@pytest.mark.parametrize("zone", ZONES[:7])
def test_an_office_day_is_the_same_on_the_days_the_clock_changes(zone: str, day: tuple[int, int, int]) -> None:
    sunday = {"sunday": [["09:00", "10:00"], ["13:00", "14:00"]]}

    begins = clock(sunday, HALF_HOURS, datetime(*day, tzinfo=ZoneInfo(zone)), zone=zone)

    assert begins == ["09:00", "09:30", "13:00", "13:30"]


def test_a_time_outside_of_the_grid_belongs_to_no_slot() -> None:
    office = hours({"monday": [["09:00", "10:50"]]})

    assert find(office, HALF_HOURS, utc("2026-03-02T09:35"), utc("2026-03-02T00:00")) is None


@pytest.mark.parametrize("year", [1, 9999])
def test_a_time_at_the_end_of_the_calendar_is_no_slot(year: int) -> None:
    far = datetime(year, 1, 1, tzinfo=UTC)
    try:
        assert find(hours({}), HALF_HOURS, far, utc("2026-03-02T00:00")) is None
    except ValueError as problem:
        assert "calendar" in str(problem)


TIMES = st.integers(0, 96).map(lambda quarters: f"{quarters // 4:02}:{quarters % 4 * 15:02}")


@st.composite
def weeks(draw: st.DrawFn) -> dict[str, Any]:
    week: dict[str, Any] = {}
    for name in WEEKDAYS:
        edges = sorted(draw(st.sets(TIMES, max_size=6)))
        week[name] = [list(pair) for pair in zip(edges[::2], edges[1::2], strict=False)]
    return week if draw(st.booleans()) else {}


RULES = st.builds(
    SlotRules,
    minutes=st.integers(5, 240),
    minimum_notice=st.integers(0, 300).map(lambda minutes: timedelta(minutes=minutes)),
    days_ahead=st.integers(0, 3),
)
NEAR_A_CHANGE = st.one_of(
    *(
        st.datetimes(datetime(2026, *day), datetime(2026, *day) + timedelta(days=4), timezones=st.just(UTC))
        for day in ((3, 6), (3, 26), (10, 22), (10, 30))
    )
)


@settings(deadline=None)
@given(week=weeks(), zone=st.sampled_from(ZONES), rules=RULES, now=NEAR_A_CHANGE)
def test_slots_are_equal_apart_ahead_and_open(week: dict[str, Any], zone: str, rules: SlotRules, now: datetime) -> None:
    office = hours(week, zone)
    found = list(bookable(office, rules, now))

    assert all(slot.end - slot.begin == timedelta(minutes=rules.minutes) for slot in found)
    assert all(earlier.end <= later.begin for earlier, later in pairwise(found))
    assert all(slot.begin >= now + rules.minimum_notice for slot in found)
    last_instants = (slot.end - timedelta(microseconds=1) for slot in found)
    assert all(office.is_open(moment) for moment in (*(slot.begin for slot in found), *last_instants))


@settings(deadline=None)
@given(week=weeks(), zone=st.sampled_from(ZONES), rules=RULES, now=NEAR_A_CHANGE, later=st.integers(0, 6000))
def test_a_slot_is_the_same_one_whenever_it_is_looked_at(
    week: dict[str, Any], zone: str, rules: SlotRules, now: datetime, later: int
) -> None:
    office = hours(week, zone)
    then = now + timedelta(minutes=later)
    today, afterwards = list(bookable(office, rules, now)), list(bookable(office, rules, then))

    last = today[-1].begin if today else now
    assert [slot for slot in afterwards if slot.begin <= last] == [
        slot for slot in today if slot.begin >= then + rules.minimum_notice
    ]


@settings(deadline=None)
@given(week=weeks(), zone=st.sampled_from(ZONES), rules=RULES, now=NEAR_A_CHANGE, data=st.data())
def test_a_moment_is_bookable_exactly_within_a_slot_that_is_offered(
    week: dict[str, Any], zone: str, rules: SlotRules, now: datetime, data: st.DataObject
) -> None:
    office = hours(week, zone)
    moment = now + timedelta(minutes=data.draw(st.integers(-60, 6000)))

    holding = [slot for slot in bookable(office, rules, now) if slot.begin <= moment < slot.end]

    assert find(office, rules, moment, now) == (holding[0] if holding else None)
