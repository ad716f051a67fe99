"""The pages of the back-office that have a script of their own, in a browser: the form of opening hours, dialogs, and a widget's preview."""

from collections.abc import Callable
from typing import Any

import make
import pytest
from browser.visit import Visit
from playwright.sync_api import Locator, expect

from autocalls.models import Autocall
from widgets.models import Sighting, Widget

pytestmark = pytest.mark.django_db(transaction=True)
OFFICE = [["09:00", "12:00"], ["13:00", "17:00"]]


def page(widget: Widget) -> str:
    return f"/admin/widgets/widget/{widget.pk}/change/"


def day(visit: Visit, name: str) -> Locator:
    return visit.page.locator(f'[data-day="{name}"]')


def save(visit: Visit) -> None:
    with visit.page.expect_navigation():
        visit.page.get_by_role("button", name="Save and continue editing").click()


def stored(widget: Widget) -> Any:
    widget.refresh_from_db()
    return widget.opening_time


def test_periods_are_added_removed_and_copied_with_the_keyboard_and_the_mouse(desk: Callable[..., Visit]) -> None:
    widget = make.widget(opening_time={"monday": OFFICE, "sunday": OFFICE})
    visit = desk(page(widget))

    day(visit, "monday").get_by_role("button", name="Add a period").press("Enter")
    visit.page.keyboard.type("18")
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.type("24")
    visit.page.get_by_role("button", name="Copy to Tuesday–Friday").click()
    day(visit, "friday").get_by_role("group", name="Period 2").get_by_role("button", name="Remove").click()
    day(visit, "exceptions").get_by_role("button", name="Add an exception").click()
    day(visit, "exceptions").get_by_label("Date").fill("25.12.2026")
    save(visit)

    evening = [*OFFICE, ["18:00", "24:00"]]
    workdays = dict.fromkeys(("monday", "tuesday", "wednesday", "thursday"), evening)
    friday = [OFFICE[0], ["18:00", "24:00"]]
    assert stored(widget) == workdays | {"friday": friday, "sunday": OFFICE, "exceptions": {"2026-12-25": []}}


def test_a_day_without_periods_says_that_it_is_closed(desk: Callable[..., Visit]) -> None:
    visit = desk(page(make.widget(opening_time={"monday": [["09:00", "12:00"]]})))
    monday = day(visit, "monday")
    expect(monday.get_by_text("closed")).to_be_hidden()

    monday.get_by_role("button", name="Remove").click()

    expect(monday.get_by_text("closed")).to_be_visible()
    expect(monday.get_by_role("button", name="Add a period")).to_be_focused()


def test_the_week_is_hidden_while_the_office_never_closes(desk: Callable[..., Visit]) -> None:
    widget = make.widget(opening_time={"monday": OFFICE})
    visit = desk(page(widget))

    visit.page.get_by_label("Open all day, every day").check()
    expect(day(visit, "monday")).to_be_hidden()
    expect(day(visit, "exceptions")).to_be_visible()
    save(visit)

    assert stored(widget) == {}


def test_what_is_wrong_is_shown_at_its_row_with_what_was_typed(desk: Callable[..., Visit]) -> None:
    widget = make.widget(opening_time={"monday": OFFICE})
    visit = desk(page(widget))

    day(visit, "monday").get_by_role("group", name="Period 2").get_by_label("To").fill("noon")
    save(visit)

    second = day(visit, "monday").get_by_role("group", name="Period 2")
    expect(second.get_by_label("To")).to_have_value("noon")
    expect(second.get_by_text("“noon” is no time")).to_be_visible()
    assert stored(widget) == {"monday": OFFICE}


def test_a_dialog_refuses_a_time_that_is_over_and_then_moves_the_call_back(desk: Callable[..., Visit]) -> None:
    row = Autocall.objects.create(number="+48501502503", call_at="2130-03-10T12:00:00Z")
    visit = desk(f"/admin/autocalls/autocall/{row.pk}/change/")
    visit.page.get_by_text("Move", exact=False).first.click()
    dialog = visit.page.locator("#dialog")

    dialog.get_by_label("Call at").fill("01.01.2020 10:00")
    dialog.get_by_role("button", name="Move").click()
    expect(dialog.get_by_text("That time is over.")).to_be_visible()
    dialog.get_by_label("Call at").fill("12.03.2130 09:30")
    dialog.get_by_role("button", name="Move").click()

    expect(visit.page.get_by_text("The call-back is moved.")).to_be_visible()
    row.refresh_from_db()
    assert row.call_at.isoformat() == "2130-03-12T08:30:00+00:00"


def test_the_preview_shows_the_widget_and_is_no_site_on_which_it_was_seen(desk: Callable[..., Visit]) -> None:
    widget = make.widget(voip=make.voip(number="+48221234567"))

    visit = desk(f"/admin/widgets/widget/{widget.pk}/preview/")
    visit.open()

    expect(visit.dialog.get_by_role("heading").first).to_be_visible()
    assert not Sighting.objects.exists()


def test_a_page_of_another_origin_is_a_site_on_which_the_widget_was_seen(visit: Callable[..., Visit]) -> None:
    widget = make.widget()

    seen = visit(widget)
    seen.open()

    origin = seen.page.evaluate("location.origin")
    assert list(Sighting.objects.values_list("widget", "origin")) == [(widget.pk, origin)]
