"""The real Turbo and the real React, which replace what is on a page. The button is there before and after, once, with what was typed.

Both come from npm, as a web master's would: `npm ci --prefix tests/browser/frameworks`.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

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

FRAMEWORKS = Path(__file__).parent / "frameworks"
PACKAGES = FRAMEWORKS / "node_modules"
BUNDLE = (str(PACKAGES / ".bin" / "esbuild"), "page.js", "--bundle", '--define:process.env.NODE_ENV="production"')
MORPH = "<meta name='turbo-refresh-method' content='morph'><meta name='turbo-refresh-scroll' content='preserve'>"
MODAL = "(dialog) => dialog.matches(':modal')"
SERVED = (
    "<!DOCTYPE html><html lang='en'><head><title>A shop</title><meta charset='utf-8'/><link rel='icon' href='data:,'/></head>"
    "<body><h1>A shop</h1><p>{stamp}</p><button id='count'>Lamps: <!-- -->0</button>{line}<script src='{script}'></script></body></html>"
)


@pytest.fixture(scope="module", autouse=True)
def packages() -> None:
    """Without node or the packages the tests are skipped, on a CI they fail."""
    if shutil.which("node") and PACKAGES.is_dir():
        return
    reason = "no node, or its packages are missing: npm ci --prefix tests/browser/frameworks"
    (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)


@pytest.fixture
def turbo(site: pages.Site) -> str:
    """Turbo's script element."""
    source = (PACKAGES / "@hotwired/turbo/dist/turbo.es2017-umd.js").read_text()
    return f"<script src='{site.add(source, Content_Type='text/javascript')}'></script>"


@pytest.fixture(scope="module")
def react() -> str:
    """A page of React's, as one script."""
    bundled = subprocess.run(BUNDLE, cwd=FRAMEWORKS, check=True, capture_output=True, text=True, timeout=60)
    return bundled.stdout


@pytest.fixture
def shop(visit: Begin, site: pages.Site, live_server: LiveServer, turbo: str) -> Visit:
    """A page of Turbo's, with the line at its end; another one is at /lamps, and has it too."""
    line = pages.line(live_server.url, make.widget().token)
    html = pages.page("<a href='/lamps'>Lamps</a>", line, head=turbo + MORPH)
    site.add(pages.page("<p>Lamps of all kinds</p>", line, head=turbo + MORPH), path="/lamps")
    visited = visit(html=html)
    expect(visited.button).to_be_visible()
    return visited


def is_there_once(visited: Visit) -> None:
    expect(visited.button).to_be_visible()
    expect(visited.page.locator("voipcrm-callback")).to_have_count(1)
    assert visited.problems == []


def test_turbo_leads_to_another_page_and_back(shop: Visit) -> None:
    shop.page.get_by_role("link", name="Lamps").click()
    expect(shop.page.get_by_text("Lamps of all kinds")).to_be_visible()
    is_there_once(shop)
    shop.page.go_back()
    expect(shop.page.get_by_text("We sell lamps.")).to_be_visible()
    is_there_once(shop)
    shop.page.go_forward()
    expect(shop.page.get_by_text("Lamps of all kinds")).to_be_visible()
    is_there_once(shop)

    shop.open()
    shop.get_promise()


@pytest.mark.parametrize("visit_to", ["'/lamps'", "location.href, { action: 'replace' }"], ids=["replaces", "morphs"])
def test_turbo_leaves_an_open_dialog_as_it_was(shop: Visit, visit_to: str) -> None:
    shop.open()
    shop.choose("Later")
    shop.number.fill("501502")
    shop.page.evaluate("window.loads = 0; addEventListener('turbo:load', () => { loads += 1 })")

    shop.page.evaluate(f"Turbo.visit({visit_to})")

    shop.page.wait_for_function("loads === 1")
    expect(shop.dialog).to_be_visible()
    assert shop.dialog.evaluate(MODAL)
    expect(shop.number).to_be_focused()
    shop.page.keyboard.type("503")
    shop.choose("Now")
    shop.submit.click()
    expect(shop.status).to_have_text("We are preparing your call…")
    is_there_once(shop)


def test_a_request_goes_on_while_turbo_leads_through_the_pages(shop: Visit) -> None:
    shop.open()
    shop.get_promise()
    shop.page.keyboard.press("Escape")

    shop.page.get_by_role("link", name="Lamps").click()
    expect(shop.page.get_by_text("Lamps of all kinds")).to_be_visible()
    call_is(Status.RINGING)

    expect(shop.button).to_have_text("Your call")
    shop.button.click()
    expect(shop.status).to_contain_text("rings now")
    is_there_once(shop)


@pytest.mark.parametrize("differs", [False, True], ids=["as it was served", "other than it was served"])
def test_react_takes_over_a_whole_document(
    visit: Begin, site: pages.Site, live_server: LiveServer, react: str, differs: bool
) -> None:
    token = make.widget().token
    line = f"<script src='{live_server.url}/voip/widget.js' data-widget-token='{token}' async=''></script>"
    script = site.add(react, Content_Type="text/javascript")
    visited = visit(html=SERVED.format(stamp="12:00", line=line, script=script))
    expect(visited.button).to_be_visible()  # before React is
    visited.open()
    visited.number.fill("501502503")

    visited.page.evaluate(
        "([src, token, stamp]) => hydrate({ src, token }, stamp)",
        [f"{live_server.url}/voip/widget.js", token, "12:01" if differs else "12:00"],
    )

    visited.page.wait_for_function("typeof rename === 'function'")
    visited.page.evaluate("rename('Another shop')")
    expect(visited.page.get_by_role("heading", name="Another shop", include_hidden=True)).to_be_attached()
    expect(visited.number).to_have_value("501502503")
    visited.submit.click()
    expect(visited.status).to_have_text("We are preparing your call…")
    visited.page.keyboard.press("Escape")
    visited.page.locator("#count").click()
    expect(visited.page.locator("#count")).to_have_text("Lamps: 1")
    is_there_once(visited)
    assert bool(visited.page.evaluate("window.recovered")) is differs


def test_the_button_survives_the_unmounting_of_a_react_document(
    visit: Begin, site: pages.Site, live_server: LiveServer, react: str
) -> None:
    token = make.widget().token
    line = f"<script src='{live_server.url}/voip/widget.js' data-widget-token='{token}' async=''></script>"
    script = site.add(react, Content_Type="text/javascript")
    visited = visit(html=SERVED.format(stamp="12:00", line=line, script=script))
    visited.page.evaluate(
        "([src, token]) => hydrate({ src, token }, '12:00')", [f"{live_server.url}/voip/widget.js", token]
    )
    visited.page.wait_for_function("typeof rename === 'function'")
    expect(visited.button).to_be_visible()

    visited.page.evaluate("root.unmount()")
    visited.page.evaluate("document.documentElement || document.appendChild(document.createElement('html'))")
    visited.page.evaluate("document.body || document.documentElement.appendChild(document.createElement('body'))")

    is_there_once(visited)
