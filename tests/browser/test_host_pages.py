"""Pages of others as they are: strict, wild, old, crowded. The button works on each of them and changes none."""

from collections.abc import Callable
from typing import Any

import make
import pytest
from browser import pages
from browser.desk import requested
from browser.visit import Visit
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from autocalls.models import Autocall

pytestmark = pytest.mark.django_db(transaction=True)

Begin = Callable[..., Visit]

STRICT = (
    "default-src 'none'; script-src {server}; connect-src {server}; img-src data:; base-uri 'none'; form-action 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'"
)

WILD = """<style>
* { all: unset !important; color: lime !important; font: 4px fantasy !important; direction: rtl !important; transition: all 9s !important }
div, dialog, button, form, input, voipcrm-callback { display: none !important; visibility: hidden !important; opacity: 0 !important;
  pointer-events: none !important; position: static !important; transform: scale(0) !important; z-index: -1 !important }
:root { --bg: red; --accent: red; --text: red }
</style>"""

OLD_LIBRARY = """<script>
window.$ = window.$$ = function () { return null };
for (const kind of [String, Array, Number, Boolean, Date, Object]) {
  kind.prototype.toJSON = function () { return '"' + this + '"' };
}
Array.prototype.each = Array.prototype.contains = function () {};
Array.prototype.map = Array.prototype.reduce = Array.prototype.reverse = function () { return this };
Array.from = function () { return [] };
String.prototype.trim = function () { return null };
Function.prototype.bind = function () { return function () {} };
Element.prototype.remove = Element.prototype.append = Element.prototype.toggle = function () { throw new Error("old") };
HTMLElement.prototype.show = HTMLElement.prototype.hide = function () { throw new Error("old") };
window.fetch = function () { throw new Error("there is no fetch") };
window.Promise = function () { throw new Error("there are no promises") };
window.JSON = { parse: function () { return null }, stringify: function () { return "{}" } };
window.Map = undefined;
</script>"""


def test_under_a_strict_policy_nothing_is_refused(visit: Begin, live_server: LiveServer) -> None:
    visited = visit(make.widget(), headers={"Content-Security-Policy": STRICT.format(server=live_server.url)})

    visited.open()
    visited.choose("Later")
    visited.dialog.get_by_role("radio").last.check()
    visited.get_promise()

    expect(visited.status).to_contain_text("Your call is booked")
    assert (visited.refused_by_policy(), visited.problems) == ([], [])


def test_an_older_browser_gets_the_same_under_the_same_policy(visit: Begin, live_server: LiveServer) -> None:
    """One without style sheets that can be made by a script (Safari before 16.4)."""
    strict = {"Content-Security-Policy": STRICT.format(server=live_server.url)}
    older = "delete CSSStyleSheet.prototype.replaceSync"
    visited = visit(make.widget(color="#336699"), headers=strict, init=older)

    expect(visited.button).to_have_css("background-color", "rgb(51, 102, 153)")
    assert visited.button.evaluate("(button) => getComputedStyle(button.getRootNode().host).position") == "fixed"
    visited.open()
    visited.choose("Later")
    chosen = visited.dialog.locator("[value=later] + span")
    expect(chosen).to_have_css("background-color", "rgb(51, 102, 153)")
    visited.choose("Now")
    expect(chosen).not_to_have_css("background-color", "rgb(51, 102, 153)")
    visited.get_promise()
    assert (visited.refused_by_policy(), visited.problems) == ([], [])


def test_an_isolated_page_may_embed_it(visit: Begin) -> None:
    isolation = {"Cross-Origin-Embedder-Policy": "require-corp", "Cross-Origin-Opener-Policy": "same-origin"}
    visited = visit(make.widget(), headers=isolation)

    visited.open()

    assert visited.page.evaluate("crossOriginIsolated")
    assert visited.problems == []


def test_the_button_works_in_a_sandboxed_frame_without_an_origin(
    visit: Begin, site: pages.Site, live_server: LiveServer
) -> None:
    inner = site.add(pages.page(pages.line(live_server.url, make.widget().token)))
    frame = f"<iframe sandbox='allow-scripts allow-forms' src='{inner}' width='500' height='600'></iframe>"
    visited = visit(html=pages.page(frame))
    button = visited.page.frame_locator("iframe").locator("voipcrm-callback")

    button.locator(".launch").click()
    button.locator("[name=number]").fill("501502503")
    button.locator("[type=submit]").click()

    expect(button.get_by_role("status")).to_have_text("We are preparing your call…")
    assert visited.problems == []


def test_rules_for_everything_do_not_reach_the_button(visit: Begin, live_server: LiveServer) -> None:
    widget = make.widget()
    visited = visit(html=pages.page(pages.line(live_server.url, widget.token), head=WILD))

    expect(visited.button).to_have_css("background-color", "rgb(26, 115, 232)")
    box = visited.button.bounding_box()
    size = visited.page.viewport_size
    assert box
    assert size
    assert (round(size["width"] - box["x"] - box["width"]), round(size["height"] - box["y"] - box["height"])) == (
        20,
        20,
    )
    assert box["height"] == 56
    visited.open()
    expect(visited.dialog.get_by_text("Your telephone number")).to_have_css("color", "rgb(27, 31, 36)")
    visited.get_promise()


def test_beside_an_old_library_texts_arrive_as_they_were_written(visit: Begin, live_server: LiveServer) -> None:
    widget = make.widget(consent_text="I agree.")
    visited = visit(html=pages.page(pages.line(live_server.url, widget.token), head=OLD_LIBRARY), hurry=False)
    visited.open()
    visited.dialog.get_by_label("Your name").fill('Ann "Nan" O\'Neill')
    visited.dialog.get_by_label("I agree.").check()

    visited.get_promise()

    assert requested().name == 'Ann "Nan" O\'Neill'
    assert requested().consent_at is not None
    assert visited.problems == []


def test_on_a_page_that_reads_from_right_to_left_the_words_still_read_from_left(
    visit: Begin, live_server: LiveServer
) -> None:
    html = pages.page(pages.line(live_server.url, make.widget(locale="uk").token), attributes="dir='rtl'")
    visited = visit(html=html)

    visited.open()

    expect(visited.dialog).to_have_css("direction", "ltr")
    box = visited.button.bounding_box()
    size = visited.page.viewport_size
    assert box
    assert size
    assert box["x"] > size["width"] / 2


def test_two_widgets_stand_above_each_other_and_know_their_own(visit: Begin) -> None:
    shop, service = make.widget(), make.widget(locale="cs", color="#0b7285", allowed_countries=["CZ"])
    visited = visit(shop, service)
    expect(visited.button).to_have_count(2)
    boxes = [button.bounding_box() for button in visited.button.all()]
    assert boxes[0]
    assert boxes[1]
    assert abs(boxes[0]["y"] - boxes[1]["y"]) >= 56

    visited.page.get_by_role("button", name="Zavolejte nám").click()
    czech = visited.page.get_by_role("dialog", name="Zavoláme vám zpět")
    czech.get_by_label("Vaše telefonní číslo").fill("+420601123456")
    czech.get_by_role("button", name="Zavolejte mi teď").click()

    expect(czech.get_by_text("Připravujeme váš hovor…")).to_be_visible()
    assert Autocall.objects.get().widget == service
    expect(visited.page.get_by_role("dialog")).to_have_count(1)


def test_widgets_of_different_servers_share_a_page(visit: Begin, live_server: LiveServer) -> None:
    here, there = make.widget(), make.widget(locale="es")
    other = live_server.url.replace("127.0.0.1", "localhost")
    html = pages.page(pages.line(live_server.url, here.token), pages.line(other, there.token))
    visited = visit(html=html)

    expect(visited.page.get_by_role("button", name="Call us")).to_be_visible()
    expect(visited.page.get_by_role("button", name="Llámanos")).to_be_visible()
    asked = {address.split("?")[0] for address in visited.addresses}
    assert {f"{live_server.url}/voip/widget_data.json", f"{other}/voip/widget_data.json"} <= asked


def test_a_widget_embedded_twice_is_there_once(visit: Begin) -> None:
    widget = make.widget()
    visited = visit(widget, widget)
    visited.open()

    assert visited.page.locator("voipcrm-callback").count() == 1


def test_the_line_may_stand_in_the_head_before_there_is_a_body(visit: Begin, live_server: LiveServer) -> None:
    line = pages.line(live_server.url, make.widget().token).replace(" async", "")
    visited = visit(html=pages.page(head=line))

    visited.open()

    assert visited.problems == []


@pytest.mark.parametrize("asks", [False, True])
def test_nothing_of_the_page_is_changed_and_nobody_else_is_asked(
    visit: Begin, live_server: LiveServer, asks: bool
) -> None:
    seen = """() => {
        const element = document.documentElement.cloneNode(true);
        for (const ours of element.querySelectorAll("voipcrm-callback, script")) ours.remove();
        const looks = [...document.querySelectorAll("html, body, h1, p, input, a")].map((each) => ({...getComputedStyle(each)}));
        const sheets = [document.styleSheets.length, document.adoptedStyleSheets.length];
        return [element.outerHTML, looks, sheets, document.title, scrollY, Object.keys(window).sort()];
    }"""
    plain = visit(html=pages.page())
    before = plain.page.evaluate(seen)
    visited = visit(make.widget())
    expect(visited.button).to_be_visible()
    assert visited.stored() == [{}, {}, "", []]
    if asks:
        visited.open()
        visited.get_promise()
        visited.page.keyboard.press("Escape")

    after: Any = visited.page.evaluate(seen)

    assert set(after[-1]) - set(before[-1]) == {"VoipCrmWidget"}
    assert after[:-1] == before[:-1]
    assert visited.page.locator("body > voipcrm-callback").count() == 1
    outside = [url for url in visited.addresses if not url.startswith((live_server.url, visited.page.url, "data:"))]
    assert outside == []
    assert visited.problems == []
    assert visited.context.cookies() == []


def test_typing_in_the_dialog_does_not_work_the_shortcuts_of_the_page(visit: Begin, live_server: LiveServer) -> None:
    shortcuts = "<script>window.heard = 0; document.addEventListener('keydown', () => { heard += 1 })</script>"
    visited = visit(html=pages.page(pages.line(live_server.url, make.widget().token), head=shortcuts))
    visited.open()

    visited.number.press_sequentially("501")

    assert visited.page.evaluate("heard") == 0
