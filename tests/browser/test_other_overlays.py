"""Pages with overlays of their own, as public bug reports tell of them: focus traps, dialogs, and what they switch off around themselves."""

from collections.abc import Callable

import make
import pytest
from browser import pages
from browser.visit import Visit
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.django_db(transaction=True)

Begin = Callable[..., Visit]

BOX = """<div id="box" role="dialog" tabindex="-1"><button id="theirs">Call me</button></div>
<dialog id="native"><button id="within">Call me</button></dialog>"""
TRAPS = {
    # as focus-trap, React Aria and Bootstrap do it: whatever takes the focus outside the box loses it again
    "focusin": "document.addEventListener('focusin', (event) => box.contains(event.target) || theirs.focus(), true)",
    # as those that watch the end of it
    "focusout": "document.addEventListener('focusout', () => setTimeout(() => box.contains(document.activeElement) || theirs.focus()), true)",
}
AROUND = {
    "inert": "each.inert = true",
    "hidden from readers": "each.setAttribute('aria-hidden', 'true')",
}


def shop(visit: Begin, server: LiveServer) -> Visit:
    visited = visit(html=pages.page(BOX, pages.line(server.url, make.widget().token)))
    expect(visited.button).to_be_visible()
    return visited


def books(visited: Visit) -> None:
    """With the keyboard, as somebody who sees nothing but the dialog."""
    expect(visited.number).to_be_focused()
    visited.page.keyboard.type("501502503")
    visited.page.keyboard.press("Enter")
    expect(visited.status).to_have_text("We are preparing your call…")
    assert visited.problems == []


@pytest.mark.parametrize("trap", TRAPS.values(), ids=TRAPS)
def test_a_focus_trap_of_the_page_does_not_take_the_keyboard(visit: Begin, live_server: LiveServer, trap: str) -> None:
    visited = shop(visit, live_server)
    visited.page.evaluate(trap)
    visited.page.evaluate("() => { theirs.onclick = () => VoipCrmWidget.open() }")

    visited.page.locator("#theirs").click()

    books(visited)


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
def test_what_a_page_switches_off_around_its_overlay_is_on_while_the_dialog_is_open(
    visit: Begin, live_server: LiveServer, around: str
) -> None:
    visited = shop(visit, live_server)
    visited.page.evaluate(f"for (const each of document.body.children) if (each !== box) {around}")
    visited.page.evaluate("() => { theirs.onclick = () => VoipCrmWidget.open() }")

    visited.page.locator("#theirs").click()

    expect(visited.page.get_by_role("dialog", name="We will call you back")).to_be_visible()
    books(visited)
    visited.page.keyboard.press("Escape")
    assert visited.page.evaluate(
        "(host => host.inert || host.getAttribute('aria-hidden') === 'true')(document.querySelector('voipcrm-callback'))"
    )


def test_above_a_dialog_of_the_page_ours_is_used_and_closes_first(visit: Begin, live_server: LiveServer) -> None:
    visited = shop(visit, live_server)
    visited.page.evaluate("() => { native.showModal(); within.onclick = () => VoipCrmWidget.open() }")

    visited.page.locator("#within").click()

    books(visited)
    visited.page.keyboard.press("Escape")
    expect(visited.dialog).not_to_be_visible()
    expect(visited.page.locator("#native")).to_be_visible()
    expect(visited.page.locator("#within")).to_be_focused()


def test_the_button_is_not_printed(visit: Begin, live_server: LiveServer) -> None:
    visited = shop(visit, live_server)

    visited.page.emulate_media(media="print")

    expect(visited.button).to_be_hidden()
