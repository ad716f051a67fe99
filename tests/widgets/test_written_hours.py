"""Opening hours as rows of a form: every sound value survives the way there and back, and what is wrong is told at its row."""

from html.parser import HTMLParser
from typing import Any

import pytest
from django.http import QueryDict
from django.utils.translation import override
from hypothesis import given, settings
from hypothesis import strategies as st

from widgets.hours_input import HoursField, HoursInput
from widgets.opening_hours import MAX_EXCEPTIONS, MAX_PERIODS_A_DAY, WEEKDAYS, parse
from widgets.written_hours import Row, WrittenHours, mean_the_same, write

ROUND_THE_CLOCK: dict[str, Any] = {day: [["00:00", "24:00"]] for day in WEEKDAYS}
OFFICE = [["09:00", "12:00"], ["13:00", "17:00"]]


def clock(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def periods() -> st.SearchStrategy[list[list[str]]]:
    """Of one day, apart or touching, in any order."""
    edges = st.lists(st.integers(0, 1440), unique=True, max_size=2 * MAX_PERIODS_A_DAY).map(sorted)
    pairs = edges.map(
        lambda found: [[clock(a), clock(b)] for a, b in zip(found[::2], found[1::2], strict=False)][:MAX_PERIODS_A_DAY]
    )
    return pairs.flatmap(st.permutations).map(list)


def opening_times() -> st.SearchStrategy[dict[str, Any]]:
    """Every form that `opening_hours.parse` takes: always open, days missing or empty, with and without exceptions."""
    whole_days = st.fixed_dictionaries(dict.fromkeys(WEEKDAYS, st.just([["00:00", "24:00"]])))
    some_days = st.dictionaries(st.sampled_from(WEEKDAYS), periods())
    dates = st.dates().map(lambda date: date.isoformat())
    exceptions = st.fixed_dictionaries({"exceptions": st.dictionaries(dates, periods(), max_size=5)})
    return st.builds(lambda *parts: {k: v for part in parts for k, v in part.items()}, st.one_of(whole_days, some_days),
                     st.one_of(st.just({}), exceptions))  # fmt: skip


def submit(html: str) -> QueryDict:
    """What a browser sends for the form as it is rendered."""
    data = QueryDict(mutable=True)

    class Inputs(HTMLParser):
        in_template = False

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            given = dict(attrs)
            self.in_template = self.in_template or tag == "template"
            checked = given.get("type") != "checkbox" or "checked" in given
            if tag == "input" and not self.in_template and checked:
                data.appendlist(str(given["name"]), given.get("value") or "")

        def handle_endtag(self, tag: str) -> None:
            self.in_template = self.in_template and tag != "template"

    Inputs().feed(html)
    return data


def there_and_back(opening_time: Any) -> Any:
    widget = HoursInput()
    return HoursField().clean(widget.value_from_datadict(submit(widget.render("h", opening_time)), {}, "h"))


@settings(deadline=None)  # rendering the form takes its time on a busy machine
@given(opening_times())
def test_every_valid_value_comes_back_through_the_form_as_it_was(opening_time: dict[str, Any]) -> None:
    parse(opening_time, time_zone="UTC")

    back = there_and_back(opening_time)

    assert mean_the_same(opening_time, back)
    assert there_and_back(back) == back


@pytest.mark.parametrize(
    "opening_time",
    [
        {},
        {"exceptions": {}},
        {"monday": OFFICE},
        {"monday": OFFICE[::-1]},
        {"sunday": [["18:00", "24:00"]]},
        {"exceptions": {"2026-12-24": OFFICE, "2026-12-25": []}},
        {"monday": OFFICE, "exceptions": {"0001-01-01": [], "9999-12-31": [["00:00", "24:00"]]}},
        ROUND_THE_CLOCK | {"exceptions": {"2026-12-25": []}},
    ],
)
def test_tidy_hours_come_back_unchanged(opening_time: dict[str, Any]) -> None:
    assert there_and_back(opening_time) == opening_time


def test_always_open_and_never_open_are_told_apart() -> None:
    assert write({}).always_open
    assert not write({"exceptions": {}}).always_open
    assert not mean_the_same({}, {"exceptions": {}})


def test_always_open_with_exceptions_is_written_out_for_the_week() -> None:
    hours = WrittenHours(always_open=True, exceptions=[Row(date="2026-12-25")])

    assert hours.meaning() == ROUND_THE_CLOCK | {"exceptions": {"2026-12-25": []}}


@pytest.mark.parametrize("typed", ["25.12.2026", "25/12/2026", "25-12-2026", "25.12.26", "25 Dec 2026", "2026-12-25"])
def test_a_date_is_read_in_any_usual_writing_and_shown_day_first(typed: str) -> None:
    hours = WrittenHours(exceptions=[Row(date=typed)])

    assert hours.check() == []
    assert hours.meaning() == {"exceptions": {"2026-12-25": []}}
    assert [row.date for row in write(hours.meaning()).exceptions] == ["25.12.2026"]


def test_rows_overruled_by_the_switch_are_ignored() -> None:
    hours = WrittenHours(always_open=True)
    hours.week["monday"] = [Row("nonsense", "")]

    assert hours.check() == []
    assert hours.meaning() == {}


@pytest.mark.parametrize(
    ("typed", "read"), [("9", "09:00"), ("900", "09:00"), ("9.30", "09:30"), ("0930", "09:30"), ("09:30", "09:30")]
)
def test_times_may_be_typed_in_short(typed: str, read: str) -> None:
    hours = WrittenHours()
    hours.week["monday"] = [Row(typed, "24")]

    assert hours.check() == []
    assert hours.meaning() == {"monday": [[read, "24:00"]]}


@pytest.mark.parametrize(
    ("rows", "number", "problem"),
    [
        ([("09:00", "08:00")], 1, "The end has to come after the beginning."),
        ([("09:00", "09:00")], 1, "The end has to come after the beginning."),
        ([("09:00", "")], 1, "Give both times, or none."),
        ([("", "17:00")], 1, "Give both times, or none."),
        ([("09:00", "12:00"), ("25:00", "26:00")], 2, "“25:00” is no time"),
        ([("24:01", "24:00")], 1, "“24:01” is no time"),
        ([("nine", "17:00")], 1, "“nine” is no time"),
        ([("09:00", "１７:00")], 1, "“１７:00” is no time"),
        ([("13:00", "17:00"), ("09:00", "13:01")], 2, "This overlaps another period of the day."),
        ([("00:00", "00:01")] + [(clock(n), clock(n + 1)) for n in range(1, 21)], 21, "A day has at most 20 periods."),
    ],
)
def test_a_wrong_period_is_named_by_day_and_number_and_marked(
    rows: list[tuple[str, str]], number: int, problem: str
) -> None:
    hours = WrittenHours()
    hours.week["tuesday"] = [Row(*row) for row in rows]

    told = hours.check()

    assert [sentence.split(":")[0] for sentence in told] == [f"Tuesday, period {number}"]
    assert problem in told[0]
    assert [n for n, row in enumerate(hours.week["tuesday"], 1) if row.problem] == [number]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [
        ([Row("09:00", "12:00")], "Which date is this?"),
        ([Row(date="2026-02-30")], "“2026-02-30” is no date"),
        ([Row(date="12/24/2026")], "“12/24/2026” is no date; write it like 31.12.2026"),
        ([Row(date="24.12.2026"), Row("09:00", "12:00", "2026-12-24")], "as closed and as open"),
        ([Row(date="2026-12-24"), Row("09:00", "12:00", "2026-12-24")], "as closed and as open"),
        ([Row("09:00", "12:00", "2026-12-24"), Row("11:00", "13:00", "2026-12-24")], "2026-12-24, period 2"),
    ],
)
def test_a_wrong_exception_is_reported(rows: list[Row], problem: str) -> None:
    told = WrittenHours(exceptions=rows).check()

    assert len(told) == 1
    assert problem in told[0]


def test_all_mistakes_are_reported_at_once() -> None:
    hours = WrittenHours(exceptions=[Row(date="soon")])
    hours.week["monday"] = [Row("x", "y")]
    hours.week["friday"] = [Row("10:00", "09:00")]

    assert [sentence.split(",")[0] for sentence in hours.check()] == ["Monday", "Friday", "soon"]


def test_more_exceptions_than_can_be_stored_are_refused() -> None:
    dates = [Row(date=f"{1000 + n:04}-01-01") for n in range(MAX_EXCEPTIONS + 1)]

    assert WrittenHours(exceptions=dates).check() == ["There are at most 1000 exceptions."]
    assert WrittenHours(exceptions=dates[1:]).check() == []


def test_problems_and_days_are_named_in_polish() -> None:
    hours = WrittenHours()
    hours.week["monday"] = [Row("09:00", "08:00")]

    with override("pl"):
        assert hours.check() == ["Poniedziałek, okres 1: Koniec musi być później niż początek."]


@settings(deadline=None)
@given(st.dictionaries(st.sampled_from(["h-monday-from", "h-monday-to", "h-exceptions-date", "h-exceptions-to", "h-always"]),
                       st.lists(st.text(max_size=8), max_size=4)))  # fmt: skip
def test_whatever_is_posted_is_read_or_refused(posted: dict[str, list[str]]) -> None:
    data = QueryDict(mutable=True)
    for key, values in posted.items():
        data.setlist(key, values)
    hours = HoursInput().value_from_datadict(data, {}, "h")

    problems = hours.check()

    if not problems:
        parse(hours.meaning(), time_zone="UTC")
    HoursInput().render("h", hours)


@pytest.mark.parametrize("stored", [[], None, {"monday": 1}, {"monday": [["9", "10"]]}, {"someday": []}])
def test_invalid_hours_in_the_database_are_reported(stored: Any) -> None:
    html = HoursInput().render("h", stored)

    assert "What is stored cannot be read" in html
