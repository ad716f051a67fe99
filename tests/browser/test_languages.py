"""Five languages: words, plurals, dates, and nothing of another one."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import make
import pytest
from browser.desk import call_is, next_attempt
from browser.visit import Visit
from django.utils import timezone
from playwright.sync_api import expect

from calls.statuses import Status
from widgets.texts import TEXTS

pytestmark = pytest.mark.django_db(transaction=True)

Begin = Callable[..., Visit]

FREE = {
    "pl": ["1 wolny termin", "2 wolne terminy", "5 wolnych terminów", "22 wolne terminy"],
    "en": ["1 free time", "2 free times", "5 free times", "22 free times"],
    "uk": ["1 вільний слот", "2 вільні слоти", "5 вільних слотів", "22 вільні слоти"],
    "es": ["1 horario disponible", "2 horarios disponibles", "5 horarios disponibles", "22 horarios disponibles"],
    "cs": ["1 volný termín", "2 volné termíny", "5 volných termínů", "22 volných termínů"],
}
MOMENT = {
    "pl": "środa, 6 stycznia 14:05",
    "en": "Wednesday 6 January at 14:05",
    "uk": "середа, 6 січня о 14:05",
    "es": "miércoles, 6 de enero, 14:05",
    "cs": "středa 6. ledna v 14:05",
}


def with_slots(visited: Visit, *days: int) -> None:
    """As if so many times were free on each of the coming days."""
    first = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    slots = [
        {"call_at": (first + timedelta(days=day)).isoformat(), "free": [1] * count} for day, count in enumerate(days, 1)
    ]

    def doctored(route: Any) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"slots": slots})

    visited.page.route("**/widget_data.json*", doctored)
    visited.page.reload()


@pytest.mark.parametrize("locale", TEXTS)
def test_the_whole_way_is_in_the_language_of_the_widget(visit: Begin, locale: str) -> None:
    texts = TEXTS[locale]
    visited = visit(make.widget(locale=locale), timezone_id="UTC", locale="de-DE")
    expect(visited.button).to_have_text(texts["button"])
    visited.open()
    expect(visited.page.get_by_role("dialog", name=texts["title"])).to_be_visible()
    expect(visited.dialog.get_by_role("button", name=texts["close"], exact=True)).to_be_visible()
    assert visited.page.locator("voipcrm-callback .root").get_attribute("lang") == locale
    for field in ("number", "name", "note"):
        expect(visited.dialog.get_by_label(texts[field])).to_be_visible()

    visited.ask("12")
    expect(visited.dialog.get_by_text(texts["number_invalid"])).to_be_visible()
    visited.get_promise()
    expect(visited.status).to_have_text(texts["waiting"])
    call_is(Status.DIALING)
    expect(visited.status).to_have_text(texts["operator"])
    call_is(Status.RINGING)
    expect(visited.status).to_have_text(texts["visitor"])
    next_attempt(timezone.now().replace(year=2027, month=1, day=6, hour=14, minute=5, second=0, microsecond=0))
    office = f" ({visited.page.evaluate(ZONE, locale)})"
    expect(visited.status).to_have_text(texts["retry"].replace("{moment}", MOMENT[locale] + office))
    visited.dialog.get_by_role("button", name=texts["cancel"]).click()
    expect(visited.status).to_have_text(texts["canceled"])


ZONE = """(locale) => new Intl.DateTimeFormat(locale === "en" ? "en-GB" : locale, {timeZoneName: "long", timeZone: "UTC"})
    .formatToParts(new Date()).find((part) => part.type === "timeZoneName").value"""


@pytest.mark.parametrize("locale", TEXTS)
def test_numbers_are_followed_by_the_right_form(visit: Begin, locale: str) -> None:
    visited = visit(make.widget(locale=locale), timezone_id="UTC")
    with_slots(visited, 1, 2, 5, 22)
    visited.open()
    visited.choose(TEXTS[locale]["later"])

    options = visited.dialog.locator("option").all_inner_texts()

    assert [option.split(" – ")[1] for option in options] == FREE[locale]


def test_a_visitors_own_kind_of_the_language_is_respected(visit: Begin) -> None:
    visited = visit(make.widget(), locale="en-US", timezone_id="Europe/Warsaw")
    with_slots(visited, 2)
    visited.open()
    visited.choose("Later")

    first = visited.dialog.get_by_role("radiogroup").locator("label").first
    expect(first).to_contain_text("AM")


def test_before_the_server_has_told_the_language_no_word_is_shown(visit: Begin) -> None:
    visited = visit(make.widget(), init="XMLHttpRequest.prototype.send = () => {}")

    assert visited.page.locator("voipcrm-callback").count() == 0
    assert visited.page.locator("body").inner_text().startswith("A shop")
