"""Pages that take away what is on them: Turbo, hydration, innerHTML. The button comes back as it was, and never wrestles with a page."""

from collections.abc import Callable
from typing import Any

import make
import pytest
from browser import pages
from browser.desk import call_is
from browser.visit import Visit
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from calls.statuses import Status

pytestmark = pytest.mark.django_db(transaction=True)

Begin = Callable[..., Visit]

TURBO = """const body = document.createElement("body"); body.innerHTML = "<h1>Another page</h1>"; document.body.replaceWith(body);"""
HYDRATION = """const root = document.createElement("html"); root.innerHTML = "<head></head><body><h1>Another page</h1></body>";
    document.removeChild(document.documentElement); document.appendChild(root);"""
REPLACEMENTS = {
    "Turbo replaces the body": TURBO,
    "Turbo morphs the body": "document.querySelector('voipcrm-callback').remove()",
    "the page writes its body": "document.body.innerHTML = '<h1>Another page</h1>'",
    "React renders the whole document": HYDRATION,
    "a framework moves it": "document.body.prepend(document.querySelector('voipcrm-callback'))",
}
MODAL = "(dialog) => dialog.matches(':modal')"


@pytest.mark.parametrize("replacement", REPLACEMENTS.values(), ids=REPLACEMENTS)
def test_a_form_that_is_being_filled_in_outlives_it(visit: Begin, replacement: str) -> None:
    visited = visit(make.widget())
    visited.open()
    visited.choose("Later")
    visited.number.fill("501502")

    visited.page.evaluate(replacement)

    expect(visited.dialog).to_be_visible()
    assert visited.dialog.evaluate(MODAL)
    expect(visited.number).to_be_focused()
    expect(visited.dialog.get_by_label("Day")).to_be_visible()
    visited.page.keyboard.type("503")
    visited.choose("Now")
    visited.submit.click()
    expect(visited.status).to_have_text("We are preparing your call…")
    assert visited.problems == []


def test_a_request_under_way_outlives_it(visit: Begin) -> None:
    visited = visit(make.widget())
    visited.open()
    visited.get_promise()

    visited.page.evaluate(TURBO)
    call_is(Status.RINGING)

    expect(visited.status).to_contain_text("rings now")
    visited.page.keyboard.press("Escape")
    expect(visited.button).to_have_text("Your call")
    expect(visited.button).to_be_focused()


def test_a_copy_that_turbo_kept_of_it_is_cleared_away(visit: Begin) -> None:
    visited = visit(make.widget())
    expect(visited.button).to_be_visible()

    visited.page.evaluate("window.kept = document.body.cloneNode(true)")
    visited.page.evaluate(TURBO)
    visited.page.evaluate("document.body.replaceWith(kept)")

    expect(visited.button).to_be_visible()
    expect(visited.page.locator("voipcrm-callback")).to_have_count(1)


def test_the_line_that_turbo_runs_again_restores_and_the_new_page_has_its_say(
    visit: Begin, live_server: LiveServer
) -> None:
    widget = make.widget()
    visited = visit(widget)
    visited.open()
    visited.number.fill("501")
    visited.page.keyboard.press("Escape")

    visited.page.evaluate(TURBO)
    visited.embed(live_server.url, widget.token, corner="bottom-left")

    expect(visited.page.locator("voipcrm-callback")).to_have_css("left", "20px")
    expect(visited.page.locator("voipcrm-callback")).to_have_count(1)
    visited.open()
    expect(visited.number).to_have_value("501")
    assert visited.problems == []


def test_the_button_gives_up_on_a_page_that_keeps_removing_it(visit: Begin) -> None:
    visited = visit(make.widget(), hurry=False)
    expect(visited.button).to_be_visible()

    visited.page.evaluate(
        """window.taken = 0;
        new MutationObserver(() => {
            for (const each of document.querySelectorAll("voipcrm-callback")) { each.remove(); taken += 1; }
        }).observe(document.body, { childList: true });
        document.querySelector("voipcrm-callback").remove();"""
    )
    visited.page.wait_for_timeout(1000)

    assert 2 <= visited.page.evaluate("taken") <= 12


def test_a_destroyed_button_leaves_nothing_and_can_be_embedded_again(visit: Begin, live_server: LiveServer) -> None:
    widget = make.widget()
    visited = visit(widget)
    visited.open()
    visited.get_promise()

    visited.page.evaluate("VoipCrmWidget.destroy()")
    expect(visited.page.locator("voipcrm-callback")).to_have_count(0)
    visited.page.evaluate(TURBO)
    visited.page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    asked = len(visited.addresses)
    visited.page.wait_for_timeout(600)
    assert len(visited.addresses) == asked
    assert visited.page.locator("voipcrm-callback").count() == 0

    visited.embed(live_server.url, widget.token)
    expect(visited.button).to_have_text("Your call")  # the request of this tab is taken up again
    visited.button.click()
    expect(visited.status).to_have_text("We are preparing your call…")


MISUSE = [
    "prefill()", "prefill(null)", "prefill(7)", "open('unknown')", "close({})", "on()", "on('open', 'no function')", "push()", "push(['no'])",
    "push(null)", "place()", "place({corner: 7, offsetX: {}})", "hide(null)", "show(undefined)", "destroy('unknown')", "open(Symbol())",
]  # fmt: skip


def test_no_use_of_the_api_throws_into_the_page(visit: Begin) -> None:
    visited = visit(make.widget())
    expect(visited.button).to_be_visible()

    thrown: Any = visited.page.evaluate(
        """(calls) => calls.filter((call) => { try { (0, eval)("VoipCrmWidget." + call); } catch (problem) { return true; } })""",
        MISUSE,
    )

    assert (thrown, visited.problems) == ([], [])
    assert visited.page.evaluate("typeof VoipCrmWidget.on('open')") == "function"
    visited.page.keyboard.press("Escape")
    visited.open()


def test_a_button_destroyed_before_the_answer_never_appears(visit: Begin, live_server: LiveServer) -> None:
    visited = visit(html=pages.page())
    visited.page.route(
        "**/widget_data.json*", lambda route: visited.page.evaluate("VoipCrmWidget.destroy()") or route.continue_()
    )
    with visited.page.expect_response("**/widget_data.json*"):
        visited.embed(live_server.url, make.widget().token)
    visited.page.wait_for_timeout(200)

    assert visited.page.locator("voipcrm-callback").count() == 0
    assert visited.problems == []
