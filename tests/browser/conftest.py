"""A real browser on a page of another origin, and the product it talks to.

Debian's chromium, without a download of playwright's own, as its headless shell where that is installed: the same engine without the windows around
it, which take half of the processor's time. Where there is none the tests are skipped, on a CI they fail.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

import pytest
from browser import pages
from browser.visit import HURRY, WATCH, Visit
from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Playwright, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer
from staff import superuser

from widgets.models import Widget

PROGRAMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
REPLACED = ("htmx:afterRequest", "htmx:sendAbort")
"""What htmx says of a request that the page gave up for a newer one; of one that failed or took too long it also says that."""
PLAIN = {"locale": "en-GB", "timezone_id": "Europe/Warsaw", "reduced_motion": "reduce"}
QUIET = ("--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking")
QUIETER = ("--disable-component-update", "--disable-sync", "--disable-dev-shm-usage")
PATIENCE = 60_000
"""Milliseconds until what a test waits for counts as not coming: a busy machine is no failure."""


@pytest.fixture(scope="package")
def playwright() -> Iterator[Playwright]:
    """No longer than these tests, which are run one after another (tests/order.py): meanwhile nothing else in this thread can run an event loop."""
    expect.set_options(timeout=PATIENCE)
    with pytest.MonkeyPatch.context() as patch:
        # playwright keeps an event loop running in this thread, in which Django would refuse to be called
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        with sync_playwright() as playwright:
            yield playwright


@pytest.fixture(scope="package")
def browser(playwright: Playwright) -> Iterator[Browser]:
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        reason = "chromium not installed: apt-get install --no-install-recommends chromium"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    sandbox = [] if os.geteuid() else ["--no-sandbox"]  # chromium refuses to sandbox for root
    browser = playwright.chromium.launch(executable_path=program, args=[*QUIET, *QUIETER, *sandbox])
    yield browser
    browser.close()


@pytest.fixture(scope="session")
def site() -> Iterator[pages.Site]:
    with pages.site() as site:
        yield site


@pytest.fixture(scope="session")
def live_server(django_db_setup: None) -> Iterator[LiveServer]:
    """The product in a thread."""
    server = LiveServer("127.0.0.1")
    yield server
    server.stop()


@pytest.fixture
def visit(browser: Browser, site: pages.Site, live_server: LiveServer) -> Iterator[Callable[..., Visit]]:
    """Opens a page with the widgets' lines in it, or the given page; options are playwright's for a browser context."""
    contexts: list[BrowserContext] = []

    def begin(
        *widgets: Widget,
        html: str = "",
        headers: dict[str, str] | None = None,
        init: str = "",
        now: datetime | None = None,
        hurry: bool = True,
        **options: Any,
    ) -> Visit:
        context = browser.new_context(**PLAIN | options)
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.add_init_script(WATCH + (HURRY if hurry else "") + init)
        if now is not None:
            context.clock.set_fixed_time(now)
        visit = Visit(context.new_page(), context)
        html = html or pages.page(*(pages.line(live_server.url, widget.token) for widget in widgets))
        visit.page.goto(site.add(html, **headers or {}), wait_until="load")
        return visit

    yield begin
    for context in contexts:
        context.close()


@pytest.fixture
def desk(browser: Browser, live_server: LiveServer) -> Iterator[Callable[..., Visit]]:
    """Opens a page of the back-office for somebody who has signed in; nothing may go wrong on it."""
    opened: list[Visit] = []
    session = superuser().cookies[settings.SESSION_COOKIE_NAME].value

    def begin(path: str, **options: Any) -> Visit:
        context = browser.new_context(**{"locale": "en-GB", "timezone_id": "Europe/Warsaw"} | options)
        context.set_default_timeout(PATIENCE)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
        opened.append(Visit(context.new_page(), context, hears=False))
        opened[-1].page.goto(live_server.url + path, wait_until="load")
        return opened[-1]

    yield begin
    problems = [each for visit in opened for each in visit.problems]  # a request that closing breaks off is none
    for visit in opened:
        visit.context.close()
    wrong = [each for each in problems if each not in REPLACED]
    assert wrong == []  # among them is whatever the page's policy has refused
