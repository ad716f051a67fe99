"""The ways a line gets onto a page: as it was pasted, by tag managers that keep nothing but its address, as a module, within a shadow root."""

from collections.abc import Callable

import make
import pytest
from browser import pages
from browser.visit import Visit
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

pytestmark = pytest.mark.django_db(transaction=True)

Begin = Callable[..., Visit]

TAG_MANAGER = """(line) => {  // as such tools do: the elements are made anew, with the attributes they know
    const pasted = new DOMParser().parseFromString(line, "text/html").querySelector("script");
    const made = document.createElement("script");
    made.src = pasted.getAttribute("src");
    made.async = true;
    document.head.appendChild(made).parentNode.removeChild(made);
}"""
SHADOW = """<div id="place"></div><script>
const line = document.createElement("script");
Object.assign(line, { src: "%s", async: true });
line.dataset.widgetToken = "%s";
place.attachShadow({ mode: "open" }).appendChild(line);
</script>"""


def address(server: LiveServer, token: str) -> str:
    return f"{server.url}/voip/widget.js?widget_token={token}"


def test_a_tag_manager_that_drops_attributes_may_insert_the_line_with_its_token_in_the_address(
    visit: Begin, live_server: LiveServer
) -> None:
    visited = visit(html=pages.page())
    source = address(live_server, make.widget().token)

    visited.page.evaluate(TAG_MANAGER, f'<script src="{source}&corner=bottom-left" async></script>')

    visited.open()
    visited.get_promise()
    expect(visited.page.locator("voipcrm-callback")).to_have_css("left", "20px")
    assert visited.problems == []


def test_the_number_of_the_address_is_shown_while_the_server_is_down(visit: Begin, live_server: LiveServer) -> None:
    visited = visit(html=pages.page())
    visited.page.route("**/widget_data.json*", lambda route: route.abort())

    visited.page.evaluate(TAG_MANAGER, f'<script src="{address(live_server, "any")}&phone=+48221234567"></script>')

    expect(visited.button).to_have_attribute("href", "tel:+48221234567")


@pytest.mark.parametrize("attributes", ["type='module'", "type='module' crossorigin", "crossorigin='anonymous' async"])
@pytest.mark.parametrize("in_address", [True, False])
def test_the_script_may_be_a_module_and_of_another_origin(
    visit: Begin, live_server: LiveServer, attributes: str, in_address: bool
) -> None:
    token = make.widget().token
    source = address(live_server, token) if in_address else f"{live_server.url}/voip/widget.js"
    said = "" if in_address else f"data-widget-token='{token}'"
    visited = visit(html=pages.page(f"<script {attributes} src='{source}' {said}></script>"))

    visited.open()

    assert visited.problems == []


def test_several_lines_of_one_module_are_several_widgets(visit: Begin, live_server: LiveServer) -> None:
    lines = [pages.line(live_server.url, make.widget().token).replace("<script", "<script type='module'") for _ in "ab"]
    visited = visit(html=pages.page(*lines))

    expect(visited.button).to_have_count(2)


def test_the_script_may_be_in_a_shadow_root(visit: Begin, live_server: LiveServer) -> None:
    source = f"{live_server.url}/voip/widget.js"
    visited = visit(html=pages.page(SHADOW % (source, make.widget().token)))

    visited.open()

    assert visited.problems == []


def test_a_missing_token_is_explained_in_the_console(visit: Begin, live_server: LiveServer) -> None:
    visited = visit(html=pages.page())

    with visited.page.expect_console_message(lambda said: said.type == "warning") as told:
        visited.page.evaluate(
            TAG_MANAGER, f'<script src="{live_server.url}/voip/widget.js" data-widget-token="x"></script>'
        )

    assert told.value.text == (
        "voipcrm widget: no widget token: give data-widget-token=…, or widget.js?widget_token=… where attributes get lost"
    )
    assert not [address for address in visited.addresses if "widget_data" in address]


def test_a_page_in_another_language_asks_for_it(visit: Begin, live_server: LiveServer) -> None:
    widget = make.widget(allowed_countries=["PL"], texts={"en": {"button": "Ring us"}, "cs": {"title": "Poradíme vám"}})
    visited = visit(html=pages.page(pages.line(live_server.url, widget.token, locale="cs-CZ")))
    expect(visited.button).to_have_text("Zavolejte nám")
    visited.open()
    expect(visited.page.get_by_role("dialog", name="Poradíme vám")).to_be_visible()

    visited.ask("+1 202 555 0123")  # what the server says is in that language as well
    expect(visited.dialog.locator("#number-bad")).to_have_text("Do této země nevoláme.")


def test_an_unknown_language_falls_back_to_the_widgets(visit: Begin, live_server: LiveServer) -> None:
    widget = make.widget(texts={"en": {"button": "Ring us"}})
    visited = visit(html=pages.page(pages.line(live_server.url, widget.token, locale="de")))

    expect(visited.button).to_have_text("Ring us")
