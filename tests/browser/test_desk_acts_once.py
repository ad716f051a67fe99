"""Whatever is pressed on the desk acts once: double clicks, keys that are held, two tabs, a slow network, and the way back."""

from collections.abc import Callable
from datetime import timedelta

import make
import pytest
from browser.visit import Visit
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Page, Route, expect
from pytest_django.live_server_helper import LiveServer

from calls.models import Call, FollowUp, Note

pytestmark = pytest.mark.django_db(transaction=True)
Desk = Callable[..., Visit]
NUMBER = "+48501502503"


@pytest.fixture
def office(desk: Desk) -> Visit:
    """A missed call, and a line whose telephone rings for the reader."""
    start = timezone.now() - timedelta(minutes=5)
    make.call(kind="incoming", status="NO ANSWER", number_from=NUMBER, customer_number=NUMBER, start_time=start)
    visit = desk("/admin/")
    make.staff_line(User.objects.get(), make.sip(voip=make.voip(address="pbx.example.com")))
    return visit


def show(page: Page, server: LiveServer, query: str = "") -> None:
    page.goto(f"{server.url}/admin/desk/{query}", wait_until="load")


def placed() -> int:
    count: int = Call.objects.exclude(kind="incoming").count()
    return count


def row(page: Page, verb: str) -> None:
    page.locator(f"[data-entry='{NUMBER}'] button[value={verb}]").click()


def test_a_double_click_and_a_double_enter_dial_once_on_a_slow_network(office: Visit, live_server: LiveServer) -> None:
    show(office.page, live_server)
    waiting: list[Route] = []
    office.page.route("**/desk/dial", lambda route: waiting.append(route))  # noqa: PLW0108 - playwright marks what it is given
    office.page.locator("#desk-number").fill("501 502 504")
    office.page.locator("#desk-number").press("Enter")
    office.page.locator("#desk-number").press("Enter")
    office.page.locator("#desk-dial [value=call]").dblclick()
    office.page.evaluate("fetch('/admin/session/').then(() => 0)")  # whatever was asked before is known by now

    assert len(waiting) == 1
    waiting[0].continue_()
    expect(office.page.locator("#desk-live .desk-row")).to_contain_text("+48 501 502 504")
    assert placed() == 1


def test_two_tabs_call_a_number_once_and_the_second_says_why(office: Visit, live_server: LiveServer) -> None:
    other = office.context.new_page()
    for page in (office.page, other):
        show(page, live_server)
        page.route("**/desk/changes*", lambda route: route.abort())  # neither hears of the other
    row(office.page, "call")
    expect(office.page.locator("#desk-live .desk-row")).to_contain_text("+48 501 502 503")

    row(other, "call")

    expect(other.get_by_text("This number is being called")).to_be_visible()
    assert placed() == 1
    office.problems.clear()  # of the requests that were stopped


def test_two_tabs_finish_a_number_once(office: Visit, live_server: LiveServer) -> None:
    other = office.context.new_page()
    for page in (office.page, other):
        show(page, live_server)
        page.route("**/desk/changes*", lambda route: route.abort())
    row(office.page, "done")
    expect(office.page.get_by_text("Everything is done.")).to_be_visible()

    row(other, "done")

    expect(other.get_by_text("There is nothing to do about this number any more.")).to_be_visible()
    assert FollowUp.objects.count() == 1
    office.problems.clear()  # of the requests that were stopped


def test_the_way_back_to_the_desk_acts_on_nothing(office: Visit, live_server: LiveServer) -> None:
    show(office.page, live_server, f"?number={NUMBER.replace('+', '%2B')}")
    office.page.locator("#desk-note").fill("Wants two lamps")
    office.page.locator("#desk-note-form [type=submit]").dblclick()
    expect(office.page.locator("#desk-history")).to_contain_text("Wants two lamps")

    office.page.goto(f"{live_server.url}/admin/")
    office.page.go_back()
    expect(office.page.locator("#desk-history")).to_contain_text("Wants two lamps")
    office.page.reload()

    expect(office.page.locator("#desk-note")).to_have_value("")
    assert Note.objects.count() == 1


def test_a_button_shows_that_its_answer_is_on_its_way(office: Visit, live_server: LiveServer) -> None:
    show(office.page, live_server)
    waiting: list[Route] = []
    office.page.route("**/desk/dial", lambda route: waiting.append(route))  # noqa: PLW0108 - playwright marks what it is given
    form = office.page.locator("#desk-dial")
    office.page.locator("#desk-number").fill("501 502 504")
    office.page.locator("#desk-number").press("Enter")

    expect(form).to_have_attribute("aria-busy", "true")
    while not waiting:
        office.page.wait_for_timeout(50)
    waiting[0].continue_()
    expect(form).not_to_have_attribute("aria-busy", "true")


def test_a_desk_without_a_network_says_so_until_there_is_one(office: Visit, live_server: LiveServer) -> None:
    show(office.page, live_server)
    banner = office.page.get_by_text("The server cannot be reached")

    office.context.set_offline(True)
    expect(banner).to_be_visible()
    office.context.set_offline(False)

    expect(banner).to_be_hidden()
