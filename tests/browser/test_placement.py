"""Where the button stands: in the corner and at the distance the page wants, and out of the way of what the page names."""

from collections.abc import Callable

import make
import pytest
from browser import pages
from browser.visit import Visit
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.django_db(transaction=True)

Begin = Callable[..., Visit]

BANNER = (
    "<div id='cookies' style='position:fixed;bottom:0;left:0;right:0;height:90px'>Cookies? <button>Fine</button></div>"
)


def distances(visited: Visit) -> tuple[int, int, int, int]:
    """From the window's left, top, right and bottom."""
    box = visited.button.bounding_box()
    size = visited.page.viewport_size
    assert box
    assert size
    right, bottom = size["width"] - box["x"] - box["width"], size["height"] - box["y"] - box["height"]
    return round(box["x"]), round(box["y"]), round(right), round(bottom)


@pytest.mark.parametrize(
    ("corner", "sides"),
    [("bottom-left", (0, 3)), ("bottom-right", (2, 3)), ("top-left", (0, 1)), ("top-right", (2, 1))],
)
@pytest.mark.parametrize("by_page", [True, False])
def test_the_button_can_be_in_any_corner(
    visit: Begin, live_server: LiveServer, corner: str, sides: tuple[int, int], by_page: bool
) -> None:
    widget = make.widget(position="bottom-right" if by_page else corner)
    said = {"corner": corner} if by_page else {}
    visited = visit(html=pages.page(pages.line(live_server.url, widget.token, **said)))
    expect(visited.button).to_be_visible()

    assert [distances(visited)[side] for side in sides] == [20, 20]
    visited.open()
    expect(visited.submit).to_be_in_viewport()


def test_a_page_keeps_it_away_from_its_edges_and_moves_it(visit: Begin, live_server: LiveServer) -> None:
    line = pages.line(live_server.url, make.widget().token, offset_x="40", offset_y="110px")
    visited = visit(html=pages.page(line))
    expect(visited.button).to_be_visible()
    assert distances(visited)[2:] == (40, 110)

    visited.page.evaluate("VoipCrmWidget.place({ corner: 'bottom-left', offsetY: 30 })")

    assert (distances(visited)[0], distances(visited)[3]) == (40, 30)


@pytest.mark.parametrize("wrong", ["much", "-5", "1e9", "20; color: red", ""])
def test_an_invalid_offset_falls_back_to_the_default(visit: Begin, live_server: LiveServer, wrong: str) -> None:
    visited = visit(html=pages.page(pages.line(live_server.url, make.widget().token, offset_y=wrong)))
    expect(visited.button).to_be_visible()

    assert distances(visited)[3] == 20


def test_a_hidden_button_still_has_its_dialog_until_it_is_shown(visit: Begin, live_server: LiveServer) -> None:
    widget = make.widget()
    visited = visit(html=pages.page(pages.line(live_server.url, widget.token).replace(" async", " data-hidden async")))
    visited.page.evaluate("new Promise((resolve) => VoipCrmWidget.on('ready', resolve))")
    expect(visited.button).not_to_be_visible()

    visited.page.evaluate("VoipCrmWidget.open()")
    expect(visited.number).to_be_focused()
    visited.page.keyboard.press("Escape")
    visited.page.evaluate("VoipCrmWidget.show()")
    expect(visited.button).to_be_visible()
    visited.page.evaluate("VoipCrmWidget.hide()")
    expect(visited.button).not_to_be_visible()


def test_the_button_hides_while_a_cookie_banner_is_open(visit: Begin, live_server: LiveServer) -> None:
    line = pages.line(live_server.url, make.widget().token, hide_while="#cookies")
    visited = visit(html=pages.page(BANNER, line))
    visited.page.evaluate("new Promise((resolve) => VoipCrmWidget.on('ready', resolve))")
    expect(visited.button).not_to_be_visible()

    visited.page.evaluate("cookies.style.display = 'none'")
    expect(visited.button).to_be_visible()
    visited.page.evaluate("cookies.style.display = ''")
    expect(visited.button).not_to_be_visible()
    visited.page.evaluate("cookies.remove()")
    expect(visited.button).to_be_visible()


def test_an_invalid_selector_is_reported_once_and_hides_nothing(visit: Begin, live_server: LiveServer) -> None:
    visited = visit(html=pages.page())
    warnings: list[str] = []
    visited.page.on("console", lambda said: warnings.append(said.text) if said.type == "warning" else None)

    visited.embed(live_server.url, make.widget().token, hideWhile="][")

    visited.open()
    assert len(warnings) == 1


def test_of_two_in_a_corner_the_second_moves_up_only_while_the_first_is_shown(visit: Begin) -> None:
    first, second = make.widget(), make.widget(locale="cs")
    visited = visit(first, second)
    expect(visited.button).to_have_count(2)
    hosts = visited.page.locator("voipcrm-callback")
    bottoms = {host.evaluate("(host) => getComputedStyle(host).bottom") for host in hosts.all()}
    assert bottoms == {"20px", "92px"}

    visited.page.evaluate("(token) => VoipCrmWidget.destroy(token)", first.token)

    expect(hosts).to_have_count(1)
    expect(hosts).to_have_css("bottom", "20px")
