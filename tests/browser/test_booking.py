"""A call at a chosen time: days and times of the visitor's own zone, and what is offered when the office is closed."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import make
import pytest
from browser.desk import open_only, requested
from browser.visit import Visit
from django.utils import timezone
from playwright.sync_api import Route, expect

from autocalls.models import Autocall

pytestmark = pytest.mark.django_db(transaction=True)

Begin = Callable[..., Visit]


def shop(**fields: Any) -> Any:
    """A widget in UTC that is open the day after tomorrow from nine to ten and on the day after that until half past nine."""
    hours = open_only(in_2=[["09:00", "10:00"]], in_3=[["09:00", "09:30"]])
    return make.widget(**{"opening_time": hours, "time_zone": "UTC"} | fields)


def morning(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(timezone.now().date() + timedelta(days=day), datetime.min.time(), UTC).replace(
        hour=hour, minute=minute
    )


def times(visited: Visit) -> list[str]:
    return visited.dialog.get_by_role("radiogroup").locator("label").all_inner_texts()


def test_a_visitor_books_a_time_and_sees_what_was_booked(visit: Begin) -> None:
    visited = visit(shop(), timezone_id="UTC")
    visited.open()
    days = visited.dialog.get_by_label("Day").locator("option").all_inner_texts()
    assert [day.split(" – ")[1] for day in days] == ["4 free times", "2 free times"]
    assert times(visited) == ["09:00", "09:15", "09:30", "09:45"]

    visited.dialog.get_by_label("Day").select_option(index=1)
    assert times(visited) == ["09:00", "09:15"]
    visited.choose("09:15")
    visited.get_promise()

    booked = morning(3, 9, 15)
    assert requested().call_at == booked
    expect(visited.status).to_have_text(f"Your call is booked: {booked:%A %-d %B at %H:%M}.")
    expect(visited.button).to_have_text("Your call")


def test_a_booked_call_can_be_canceled_and_gives_its_time_back(visit: Begin) -> None:
    visited = visit(shop(), timezone_id="UTC")
    visited.open()
    visited.choose("09:30")
    visited.get_promise()

    visited.dialog.get_by_role("button", name="Cancel the call").click()
    visited.dialog.get_by_role("button", name="New request").click()

    expect(visited.dialog.get_by_text("09:30")).to_be_visible()


def test_only_free_times_are_offered(visit: Begin) -> None:
    widget = shop()
    Autocall.objects.create(
        widget=widget, number="+48501502504", call_at=morning(2, 9), slot_at=morning(2, 9), source="widget"
    )
    visited = visit(widget, timezone_id="UTC")

    visited.open()

    assert times(visited) == ["09:15", "09:30", "09:45"]


def test_times_are_the_visitors_own_and_their_zone_is_named(visit: Begin) -> None:
    visited = visit(shop(), timezone_id="Asia/Kolkata")
    visited.open()

    assert times(visited) == ["14:30", "14:45", "15:00", "15:15"]
    expect(visited.dialog.get_by_text("Times are those of your time zone (India Standard Time).")).to_be_visible()
    visited.choose("15:00")
    visited.get_promise()
    expect(visited.status).to_contain_text("at 15:00 (India Standard Time).")
    assert requested().call_at == morning(2, 9, 30)


def test_days_are_the_visitors_own_where_the_date_line_lies_between(visit: Begin) -> None:
    visited = visit(shop(opening_time=open_only(in_2=[["09:00", "12:00"]])), timezone_id="Pacific/Kiritimati")

    visited.open()  # it is 14 hours later there, so that midnight comes after the first hour

    assert [text.split(" – ")[1] for text in visited.dialog.locator("option").all_inner_texts()] == [
        "4 free times",
        "8 free times",
    ]


def test_the_hour_that_comes_twice_is_told_apart(visit: Begin) -> None:
    now = datetime(2026, 10, 24, 12, tzinfo=UTC)  # the clock goes back in the coming night
    visited = visit(make.widget(), timezone_id="Europe/Warsaw")
    slots = [{"call_at": (now + timedelta(hours=hours)).isoformat(), "free": [1]} for hours in (12, 13)]

    def doctored(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"slots": slots, "call_now": False})

    visited.page.route("**/widget_data.json*", doctored)
    visited.page.reload()
    visited.open()

    assert times(visited) == ["02:00", "02:00 CET"]


def test_a_slot_taken_meanwhile_is_reported_and_no_longer_offered(visit: Begin) -> None:
    widget = shop()
    visited = visit(widget, timezone_id="UTC")
    visited.open()
    visited.choose("09:15")
    Autocall.objects.create(
        widget=widget, number="+48501502504", call_at=morning(2, 9, 15), slot_at=morning(2, 9, 15), source="widget"
    )

    visited.ask()

    expect(visited.dialog.get_by_text("Somebody has just taken this time.")).to_be_visible()
    assert times(visited) == ["09:00", "09:30", "09:45"]
    assert visited.number.input_value() == "+48501502503"
    visited.choose("09:30")
    visited.get_promise()


def test_when_the_office_is_closed_the_visitor_is_told_when_it_opens(visit: Begin) -> None:
    visited = visit(shop(), timezone_id="UTC")
    visited.open()

    expect(
        visited.dialog.get_by_text(f"The office is closed now. We open: {morning(2, 9):%A %-d %B at %H:%M}.")
    ).to_be_visible()
    expect(visited.dialog.get_by_text("Now", exact=True)).to_have_count(0)


def test_where_nothing_can_be_booked_yet_the_call_is_promised_for_the_opening(visit: Begin) -> None:
    visited = visit(shop(days_ahead=0), timezone_id="UTC")
    visited.open()

    expect(visited.submit).to_have_text("Call me when you open")
    visited.get_promise()

    assert requested().call_at == morning(2, 9)


def test_without_free_slots_the_telephone_number_is_shown(visit: Begin) -> None:
    widget = shop(call_future=False, voip=make.voip(number="+48221234567"))
    visited = visit(widget)
    visited.button.click()

    expect(visited.dialog.get_by_text("The office is closed now.")).to_be_visible()
    expect(visited.dialog.get_by_role("link")).to_have_attribute("href", "tel:+48221234567")
    expect(visited.submit).to_have_count(0)


def test_now_or_later_is_the_visitors_choice(visit: Begin) -> None:
    visited = visit(make.widget())
    visited.open()
    expect(visited.submit).to_have_text("Call me now")
    expect(visited.dialog.get_by_label("Day")).not_to_be_visible()

    visited.choose("Later")

    expect(visited.submit).to_have_text("Book a call")
    expect(visited.dialog.get_by_label("Day")).to_be_visible()
    visited.ask()
    expect(visited.dialog.get_by_text("Please choose a time.")).to_be_visible()
    assert not Autocall.objects.exists()


def test_free_slots_are_refreshed_after_a_minute_and_shown_from_cache_meanwhile(visit: Begin) -> None:
    widget = shop()
    visited = visit(widget, timezone_id="UTC", hurry=False)
    expect(visited.button).to_be_visible()
    visited.page.clock.install()
    visited.open()
    visited.page.keyboard.press("Escape")
    widget.slot_minutes = 30
    widget.save()
    asked = len(visited.addresses)

    visited.page.clock.run_for(30_000)
    visited.open()
    assert (times(visited), len(visited.addresses)) == (["09:00", "09:15", "09:30", "09:45"], asked)
    visited.page.keyboard.press("Escape")
    visited.page.clock.run_for(31_000)
    held: list[Route] = []
    visited.page.route("**/widget_data.json*", partial(list.append, held))
    visited.open()
    visited.number.press_sequentially("501")
    assert times(visited) == ["09:00", "09:15", "09:30", "09:45"]  # the line is slow, the dialog is not empty
    held[0].continue_()

    expect(visited.dialog.get_by_role("radiogroup").locator("label")).to_have_text(["09:00", "09:30"])
    expect(visited.number).to_be_focused()
    visited.page.keyboard.type("502")
    expect(visited.number).to_have_value("501502")
