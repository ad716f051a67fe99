"""What a page can do with the button: window.VoipCrmWidget."""

from collections.abc import Callable
from typing import Any

import make
import pytest
from browser import pages
from browser.desk import call_is, request_is, requested
from browser.visit import Visit
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from calls.statuses import Status

pytestmark = pytest.mark.django_db(transaction=True)

Begin = Callable[..., Visit]

EVENTS = ("ready", "open", "close", "requested", "progress", "finished", "error")
LISTEN = "".join(f"VoipCrmWidget.push(['on', '{event}', (told) => told_.push(['{event}', told])]);" for event in EVENTS)
BEFORE = f"<script>window.told_ = []; window.VoipCrmWidget = window.VoipCrmWidget || []; {LISTEN}</script>"


def told(visited: Visit, count: int) -> list[Any]:
    visited.page.wait_for_function("(count) => told_.length >= count", arg=count)
    events: list[Any] = visited.page.evaluate("told_")
    return events


def test_a_page_hears_what_happens_from_the_beginning(visit: Begin, live_server: LiveServer) -> None:
    widget = make.widget()
    visited = visit(html=pages.page(pages.line(live_server.url, widget.token), head=BEFORE))
    visited.open()
    visited.get_promise()
    call_is(Status.RINGING)
    expect(visited.status).to_contain_text("rings now")
    request_is("done")
    expect(visited.status).to_contain_text("Thank you")
    visited.page.keyboard.press("Escape")

    events = told(visited, 8)

    names = [name for name, _detail in events]
    assert names == ["ready", "open", "requested", "progress", "progress", "progress", "finished", "close"]
    assert all(detail["token"] == widget.token for _name, detail in events)
    assert [(detail["status"], detail["step"]) for name, detail in events if name == "progress"] == [
        ("scheduled", "waiting"),
        ("calling", "visitor"),
        ("done", "finished"),
    ]
    assert events[6][1]["status"] == "done"


def test_a_page_opens_fills_in_and_closes(visit: Begin) -> None:
    visited = visit(make.widget())
    expect(visited.button).to_be_visible()
    visited.page.evaluate(
        "VoipCrmWidget.prefill({number: '501 502 503', name: 'Ann', note: 'Lamps', website: 'x', other: 1})"
    )

    visited.page.evaluate("VoipCrmWidget.open()")
    visited.submit.click()
    visited.dialog.locator("form").wait_for(state="detached")
    visited.page.evaluate("VoipCrmWidget.close()")

    expect(visited.dialog).not_to_be_visible()
    assert (requested().number, requested().name, requested().note) == ("+48501502503", "Ann", "Lamps")


def test_the_focus_returns_to_the_pages_own_button(visit: Begin, live_server: LiveServer) -> None:
    own = "<button id='own' onclick='VoipCrmWidget.open()'>Call</button>"
    visited = visit(html=pages.page(own, pages.line(live_server.url, make.widget().token)))
    expect(visited.button).to_be_visible()
    visited.page.locator("#own").click()
    expect(visited.number).to_be_focused()

    visited.page.keyboard.press("Escape")

    expect(visited.page.locator("#own")).to_be_focused()


def test_calls_queued_before_the_script_loads_are_carried_out(visit: Begin, live_server: LiveServer) -> None:
    early = "<script>VoipCrmWidget = [['prefill', {number: '501'}], ['open']]</script>"
    visited = visit(html=pages.page(pages.line(live_server.url, make.widget().token), head=early))

    expect(visited.number).to_have_value("501")


def test_of_several_widgets_one_is_meant_by_its_token(visit: Begin) -> None:
    shop, service = make.widget(), make.widget(locale="cs")
    visited = visit(shop, service)
    expect(visited.button).to_have_count(2)

    visited.page.evaluate("(token) => VoipCrmWidget.open(token)", service.token)

    expect(visited.page.get_by_role("dialog")).to_have_accessible_name("Zavoláme vám zpět")


def test_a_page_that_no_longer_listens_hears_nothing(visit: Begin) -> None:
    visited = visit(make.widget())
    expect(visited.button).to_be_visible()
    visited.page.evaluate("window.told_ = []; window.off = VoipCrmWidget.on('open', () => told_.push(1)); off()")
    visited.page.evaluate("void VoipCrmWidget.on('open', () => told_.push(2))")

    visited.open()

    assert told(visited, 1) == [2]


def test_a_late_listener_still_gets_the_ready_event(visit: Begin) -> None:
    visited = visit(make.widget())
    expect(visited.button).to_be_visible()

    visited.page.evaluate("window.told_ = []; VoipCrmWidget.on('ready', () => told_.push('ready'))")

    assert told(visited, 1) == ["ready"]


def test_an_error_in_a_listener_stops_nothing(visit: Begin) -> None:
    visited = visit(make.widget())
    expect(visited.button).to_be_visible()
    visited.page.evaluate("void VoipCrmWidget.on('open', () => { throw new Error('theirs') })")

    visited.open()
    visited.get_promise()

    assert visited.problems == ["theirs"]


def test_a_refusal_is_told_with_its_code(visit: Begin, live_server: LiveServer) -> None:
    visited = visit(html=pages.page(pages.line(live_server.url, make.widget().token), head=BEFORE))
    visited.open()

    visited.ask("+48 700 123 456")

    assert told(visited, 3)[2][0] == "error"
    assert told(visited, 3)[2][1]["code"] == "number_refused"


def test_a_page_whose_element_has_our_name_is_no_obstacle(visit: Begin, live_server: LiveServer) -> None:
    line = pages.line(live_server.url, make.widget().token)
    visited = visit(html=pages.page("<p id='VoipCrmWidget'>about us</p>", line))

    visited.open()

    assert visited.problems == []
