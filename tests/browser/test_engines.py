"""The main way in the three engines of the browsers people have: Chromium, Firefox (Debian's ESR) and WebKit (Safari's, as WebKitGTK).

The other tests of this package look closer, in Chromium alone.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import make
import pytest
from browser import pages
from browser.desk import requested
from browser.webdriver import ENGINES, PROGRAMS
from browser.window import Window
from pytest_django.live_server_helper import LiveServer

from autocalls.models import Autocall
from widgets.models import Widget

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("engines")]

STRICT = "default-src 'none'; script-src {server}; connect-src {server}; img-src data:"


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Window]]:
    """Each engine is started once for the light and once for the dark, when it is first needed."""
    running: dict[tuple[str, bool], Window] = {}
    with ExitStack() as stack:

        def started(engine: str, *, dark: bool = False) -> Window:
            missing = [package for program, package in PROGRAMS[engine].items() if shutil.which(program) is None]
            if missing:
                reason = f"no {engine}: apt-get install --no-install-recommends {' '.join(missing)}"
                (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
            if (engine, dark) not in running:
                home: Path = tmp_path_factory.mktemp(engine)
                running[engine, dark] = Window(stack.enter_context(ENGINES[engine](home, dark=dark)))
            return running[engine, dark]

        yield started


@pytest.fixture(params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> str:
    return str(request.param)


Enter = Callable[..., Window]


@pytest.fixture
def enter(engine: str, start: Callable[..., Window], site: pages.Site, live_server: LiveServer) -> Enter:
    """A strict page of another origin with the button on it."""

    def entered(widget: Widget, *, dark: bool = False) -> Window:
        policy = STRICT.format(server=live_server.url)
        html = pages.page(pages.line(live_server.url, widget.token))
        window = start(engine, dark=dark)
        window.go(site.add(html, Content_Security_Policy=policy))
        window.wait("find('.launch') && getComputedStyle(host).position === 'fixed'")
        return window

    return entered


def test_a_call_now_is_asked_for_and_canceled(enter: Enter) -> None:
    window = enter(make.widget())

    window.click(".launch")
    window.wait("root.activeElement === find('[name=number]')")
    window.press("501502503")
    window.click("[type=submit]")

    window.shows("We are preparing your call…")
    window.shows("The number we call: +48\u00a0501\u00a0502\u00a0503")
    assert requested().number == "+48501502503"
    window.click(".act.plain")
    window.shows("The call is canceled.")
    assert requested().status == "canceled"


def test_a_time_is_booked(enter: Enter) -> None:
    window = enter(make.widget())

    window.click(".launch")
    window.click("[value=later]")
    window.run("find('#day').selectedIndex = 1; find('#day').dispatchEvent(new Event('change', { bubbles: true }))")
    window.click("[name=call_at]")
    window.click("[name=number]")
    window.press("501502503", "Enter")

    window.shows("Your call is booked:")
    assert requested().slot_at is not None


def test_the_keyboard_alone_is_enough(enter: Enter) -> None:
    window = enter(make.widget(consent_text="I agree."))
    window.run("document.querySelector('a').focus()")
    if window.run("return document.activeElement.tagName") == "A":
        window.press("Tab")
    window.wait("root.activeElement === find('.launch')")

    window.press("Enter")
    window.wait("root.activeElement === find('[name=number]')")
    window.press("501502503")
    window.tab_to("[name=when]")
    window.press("ArrowRight")
    window.tab_to("#day")
    window.tab_to("[name=call_at]")
    window.press("Space")
    window.tab_to("[name=name]")
    window.press("Ann")
    window.tab_to("#consent")
    window.press("Space")
    window.tab_to("[type=submit]")
    window.press("Enter")

    window.shows("Your call is booked:")
    assert (requested().name, requested().consent_at is not None) == ("Ann", True)
    window.press("Escape")
    window.wait("!find('dialog[open]') && root.activeElement === find('.launch')")


def test_the_dialog_outlives_the_body_of_the_page(enter: Enter) -> None:
    window = enter(make.widget())
    window.click(".launch")
    window.wait("root.activeElement === find('[name=number]')")
    window.press("501502")

    window.run(
        "const body = document.createElement('body'); body.textContent = 'Another page'; document.body.replaceWith(body)"
    )

    window.wait("host && host.parentNode === document.body && find('dialog').matches(':modal')")
    window.wait("root.activeElement === find('[name=number]')")
    window.press("503")
    window.click("[type=submit]")
    window.shows("We are preparing your call…")
    assert Autocall.objects.get().number == "+48501502503"


def test_the_page_behind_the_dialog_stays_where_it_is(enter: Enter) -> None:
    window = enter(make.widget(call_future=False))
    window.run("document.body.style.height = '9000px'")
    window.click(".launch")
    window.wait("root.activeElement === find('[name=number]')")

    window.press("Tab", "PageDown", "PageDown")

    window.wait("find('.sheet').scrollTop >= 0")
    assert window.run("return scrollY") == 0


def test_dark_mode_is_followed(enter: Enter) -> None:
    window = enter(make.widget(), dark=True)
    window.click(".launch")

    colors = window.wait("(({ backgroundColor, color }) => [backgroundColor, color])(getComputedStyle(find('dialog')))")

    assert colors == ["rgb(28, 33, 40)", "rgb(240, 243, 246)"]
