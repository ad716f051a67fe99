"""The pictures of the button in the documents, always of the same moment:

    .venv/bin/python -m pytest tests/browser/screenshots.py

No test by its name, so that it runs only when it is asked for.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import make
import pytest
import time_machine
from browser import pages
from browser.desk import call_is
from browser.visit import Visit
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from calls.statuses import Status
from widgets.models import Widget
from widgets.opening_hours import WEEKDAYS
from widgets.texts import TEXTS

pytestmark = pytest.mark.django_db(transaction=True)

IMAGES = Path(__file__).parents[2] / "docs" / "images"
NOW = datetime(2026, 3, 10, 9, 5, tzinfo=UTC)
DESKTOP = {"width": 760, "height": 700}
PHONE = {"width": 360, "height": 700}

SHOP = """<style>
body { margin: 0; font: 16px/1.6 system-ui, "DejaVu Sans", sans-serif; background: %s; color: %s }
header { padding: 22px 36px; background: %s; font-size: 22px; font-weight: 700 }
main { padding: 20px 36px; max-width: 340px }
</style><header>%s</header><main><h1>%s</h1><p>%s</p></main>"""
LIGHT, DARK = ("#faf7f2", "#2b2620", "#efe6d8"), ("#14171a", "#d8dde2", "#20262c")

WORDS = {
    "en": ("Lamp & Shade", "Light for every room", "Handmade lamps, delivered in two days.", "Questions about an order? We gladly help."),
    "pl": ("Lampa i Klosz", "Światło do każdego pokoju", "Ręcznie robione lampy, dostawa w dwa dni.", "Pytania o zamówienie? Chętnie pomożemy."),
    "uk": ("Лампа й абажур", "Світло для кожної кімнати", "Лампи ручної роботи, доставка за два дні.", "Запитання щодо замовлення? Допоможемо."),
    "es": ("Lámpara y Pantalla", "Luz para cada sala", "Lámparas hechas a mano, entrega en dos días.", "¿Preguntas sobre un pedido? Te ayudamos."),
    "cs": ("Lampa a stínidlo", "Světlo do každého pokoje", "Ručně vyráběné lampy, dodání do dvou dnů.", "Dotazy k objednávce? Rádi pomůžeme."),
}  # fmt: skip


@pytest.fixture(autouse=True)
def moment() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def shop(visit: Callable[..., Visit], live_server: LiveServer) -> Callable[..., Visit]:
    def enter(locale: str, *, color: str, scheme: str = "light", size: dict[str, int], **options: Any) -> Visit:
        name, heading, text, description = WORDS[locale]
        widget = Widget.objects.filter(locale=locale).first() or make.widget(
            locale=locale,
            color=color,
            description=description,
            voip=make.voip(number="+48221234567"),
            opening_time={day: [["08:00", "16:00"]] for day in WEEKDAYS},
        )
        colors = LIGHT if scheme == "light" else DARK
        html = pages.page(pages.line(live_server.url, widget.token), body=SHOP % (*colors, name, heading, text))
        visited = visit(html=html, color_scheme=scheme, viewport=size, reduced_motion="reduce", now=NOW, **options)
        expect(visited.button).to_be_visible()
        return visited

    return enter


def keep(visited: Visit, name: str) -> None:
    visited.page.evaluate("document.activeElement.blur()")
    visited.page.screenshot(path=IMAGES / f"widget-{name}.png", caret="hide")


def book(visited: Visit, locale: str, *, nth: int) -> None:
    visited.open()
    visited.number.fill("+48 501 502 503")
    visited.choose(TEXTS[locale]["later"])
    visited.dialog.get_by_role("radiogroup").get_by_role("radio").nth(nth).check()


def test_the_closed_button_and_a_booking_in_english(shop: Callable[..., Visit]) -> None:
    visited = shop("en", color="#8a3ffc", size=DESKTOP)
    keep(visited, "closed")
    book(visited, "en", nth=6)
    keep(visited, "booking")


def test_a_call_in_polish_at_night(shop: Callable[..., Visit]) -> None:
    visited = shop("pl", color="#ffb000", scheme="dark", size=DESKTOP)
    visited.open()
    visited.get_promise()
    call_is(Status.RINGING)
    expect(visited.status).to_have_text(TEXTS["pl"]["visitor"])
    keep(visited, "calling-dark")


def test_a_form_in_spanish_on_a_telephone(shop: Callable[..., Visit]) -> None:
    visited = shop("es", color="#0b7285", size=PHONE)
    visited.open()
    keep(visited, "phone")


def test_a_booking_in_ukrainian_on_a_telephone_at_night(shop: Callable[..., Visit]) -> None:
    visited = shop("uk", color="#4dabf7", scheme="dark", size=PHONE, timezone_id="Europe/Kyiv")
    book(visited, "uk", nth=5)
    keep(visited, "phone-dark")


def test_a_mistake_in_czech(shop: Callable[..., Visit]) -> None:
    visited = shop("cs", color="#c92a2a", size=DESKTOP)
    visited.open()
    visited.ask("12")
    keep(visited, "mistake")
