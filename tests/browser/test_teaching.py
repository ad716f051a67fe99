"""Three exchanges that nobody has heard of, taught in the browser by somebody who cannot write JSON."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import make
import pytest
from axe_playwright_python.base import AXE_SCRIPT
from browser.visit import Visit
from django.utils import timezone
from playwright.sync_api import Locator, Page, Route, expect

from calls.models import Call
from integrations.models import WebhookDelivery
from integrations.providers.foundation.events import Delivery
from integrations.teaching.form import MEANINGS
from integrations.webhooks import processing, rebuilding, services
from sips.models import Voip

pytestmark = pytest.mark.django_db(transaction=True)
CALL_ID, EVENT, CALLER, CALLED = (
    "Which call it is (id)",
    "What has happened (event)",
    "Who calls (number)",
    "Who is called (number)",
)


@dataclass(frozen=True)
class Exchange:
    """What it sends, what is chosen on the page, and the call that comes of it."""

    bodies: list[str]
    fields: dict[str, str]
    words: dict[str, str]
    call: dict[str, Any]
    written: dict[tuple[str, str], str] = field(default_factory=dict)
    "How a value is written: of a meaning, under a label, which option."


KUKULKA = Exchange(
    bodies=[
        urlencode({"zdarzenie": "DZWONI", "nr_rozmowy": "K/7", "dzwoniacy": "501 502 503", "wybrany": "22 123 45 67"}),
        urlencode(
            {"zdarzenie": "ROZLACZONO", "nr_rozmowy": "K/7", "wynik": "gadali", "gadanie": "0:42", "stanowisko": "101"}
        ),
    ],
    fields={
        CALL_ID: "nr_rozmowy",
        EVENT: "zdarzenie",
        CALLER: "dzwoniacy",
        CALLED: "wybrany",
        "Result": "wynik",
        "Talk time": "gadanie",
        "Our telephone (line)": "stanowisko",
    },
    words={
        "Event: DZWONI": "a call begins, it rings",
        "Event: ROZLACZONO": "the call is over, a field tells the result",
        "Result: gadali": "answered",
    },
    call={
        "provider_call_id": "K/7",
        "status": "ANSWERED",
        "number_from": "+48501502503",
        "number_to": "+48221234567",
        "duration": 42,
        "line": "101",
    },
)
LARKSPUR = Exchange(
    bodies=[
        json.dumps(
            {
                "notice": {
                    "what": "leg-up",
                    "thread": {"no": "L-1"},
                    "theirs": "48601602603",
                    "mine": "48221234567",
                    "way": "ingress",
                }
            }
        ),
        json.dumps(
            {
                "notice": {
                    "what": "leg-down",
                    "thread": {"no": "L-1"},
                    "theirs": "48601602603",
                    "mine": "48221234567",
                    "way": "ingress",
                    "verdict": "LINE-OCCUPIED",
                    "at": "11/03/2026 09:15:00",
                }
            }
        ),
    ],
    fields={
        CALL_ID: "notice.thread.no",
        EVENT: "notice.what",
        "The other side's number, where only that and ours are told": "notice.theirs",
        "Our number, where only that and the other side's are told": "notice.mine",
        "Direction": "notice.way",
        "Result": "notice.verdict",
        "End": "notice.at",
    },
    words={
        "Event: leg-up": "a call begins, it rings",
        "Event: leg-down": "the call is over, a field tells the result",
        "Direction: ingress": "incoming",
        "Result: LINE-OCCUPIED": "busy",
    },
    written={("End", "written like"): "%m/%d/%Y %H:%M:%S"},
    call={
        "provider_call_id": "L-1",
        "status": "BUSY",
        "kind": "incoming",
        "customer_number": "+48601602603",
        "ended_at": "2026-11-03T08:15:00+00:00",
    },
)
TUKAN = Exchange(
    bodies=[
        "<tukan><co>tik</co></tukan>",
        "<tukan><co>fim</co><fio>T 44</fio><dai>+48221234567</dai><praali>+48601602603</praali><milis>61000</milis></tukan>",
    ],
    fields={CALL_ID: "fio", EVENT: "co", CALLER: "dai", CALLED: "praali", "Talk time": "milis"},
    words={
        "Event: tik": "not about a call: ignore it",
        "Event: fim": "the call is over, talk tells whether it was answered",
    },
    written={("Talk time", "counts"): "milliseconds"},
    call={"provider_call_id": "T 44", "status": "ANSWERED", "number_to": "+48601602603", "duration": 61},
)


Desk = Callable[..., Visit]


def opened(desk: Desk, delivery: WebhookDelivery, **options: Any) -> Page:
    """The page of a delivery."""
    return desk(f"/admin/integrations/webhookdelivery/{delivery.pk}/change/", **options).page


def deliver(exchange: Exchange) -> tuple[Voip, WebhookDelivery]:
    """Its deliveries have come, and none could be read."""
    voip = make.voip(provider="datera", name="Office")
    make.sip(voip=voip, sip="101", name="Anna")
    for body in exchange.bodies:
        sent = Delivery(method="POST", body=body.encode(), received_at=timezone.now())
        services.receive(sent, provider="datera", secret=voip.webhook_secret, address="192.0.2.1")
    return voip, WebhookDelivery.objects.latest("pk")


def choose(page: Page, meaning: str, label: str, option: str, *, live: bool = True) -> None:
    row = page.get_by_role("group", name=meaning, exact=True)
    select = row.get_by_label(label, exact=True)
    if live:
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            select.select_option(option)
    else:
        select.select_option(option)


def translate(page: Page, word: str, meaning: str, *, live: bool = True) -> None:
    select = page.get_by_label(word, exact=True)
    if live:
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            select.select_option(label=meaning)
        expect(select).to_have_value(select.input_value())
    else:
        select.select_option(label=meaning)


def facts(voip: Voip, names: Any) -> dict[str, Any]:
    call = Call.objects.select_related("sip").get(voip=voip)
    shown: dict[str, Any] = {name: getattr(call, name) for name in names if name != "line"}
    if "line" in names:
        shown["line"] = call.sip.sip if call.sip else ""
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in shown.items()}


def keep(page: Page, name: str) -> None:
    """A picture for whoever wants to look at the page: VOIPCRM_PICTURES names the folder."""
    if folder := os.environ.get("VOIPCRM_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def findings(page: Page) -> list[tuple[str, list[str]]]:
    """What the checker finds, of WCAG 2.2 A and AA and of good practice, in light colours and in dark ones."""
    found = []
    page.wait_for_function("window.Alpine && !document.documentElement.hasAttribute('x-cloak')")
    page.evaluate(AXE_SCRIPT)
    for scheme in ("light", "dark"):
        page.evaluate("(scheme) => { Alpine.$data(document.documentElement).adminTheme = scheme }", scheme)
        page.wait_for_timeout(200)  # the colours of some inputs fade
        keep(page, f"{page.evaluate('document.documentElement.lang')}-{scheme}-{page.evaluate('innerWidth')}")
        rules = page.evaluate("axe.run('.teaching', { resultTypes: ['violations'] }).then((found) => found.violations)")
        found += [(f"{scheme} {rule['id']}", [node["html"] for node in rule["nodes"]]) for rule in rules]
    return found


@pytest.mark.parametrize("exchange", [KUKULKA, LARKSPUR, TUKAN], ids=["kukulka", "larkspur", "tukan"])
def test_an_unknown_exchange_is_taught_without_json(desk: Desk, exchange: Exchange) -> None:
    voip, delivery = deliver(exchange)
    page = opened(desk, delivery)

    page.get_by_role("link", name="What does this say?").click()
    for meaning, name in exchange.fields.items():
        choose(page, meaning, "Field", name)
    for word, meaning in exchange.words.items():
        translate(page, word, meaning)
    for (meaning, label), option in exchange.written.items():
        choose(page, meaning, label, option)
    expect(page.get_by_role("status").get_by_text("1 call.")).to_be_visible()
    expect(page.get_by_role("heading", name=f"{exchange.call['provider_call_id']} — new")).to_be_visible()
    assert not Call.objects.exists()
    page.get_by_role("button", name="Save and read all again").click()
    expect(page.get_by_text("Reading again: 0 of 2 deliveries")).to_be_visible()
    rebuilding.carry_out(voip.pk)
    expect(page.get_by_text("Read again: 2 deliveries")).to_be_visible()

    assert facts(voip, exchange.call) == exchange.call


def test_a_choice_made_while_a_preview_is_on_its_way_stays(desk: Desk) -> None:
    """Its answer knows nothing of that choice, and would put the field back as it was."""
    _voip, delivery = deliver(KUKULKA)
    page = opened(desk, delivery)
    page.get_by_role("link", name="What does this say?").click()
    event, result = (page.get_by_role("group", name=meaning, exact=True) for meaning in (EVENT, "Result"))
    held: list[Route] = []
    page.route("**/teach/", lambda route: held.append(route) if not held else route.continue_())

    with page.expect_request(lambda request: request.method == "POST"):
        event.get_by_label("Field", exact=True).select_option("zdarzenie")
    result.get_by_label("Field", exact=True).select_option("wynik")
    held[0].continue_()

    expect(page.get_by_label("Result: gadali", exact=True)).to_be_visible()
    expect(page.get_by_label("Event: ROZLACZONO", exact=True)).to_be_visible()


def test_an_unknown_exchange_is_taught_without_scripts(desk: Desk) -> None:
    """Nothing is previewed by itself then: what the words are shows once a preview was asked for."""
    voip, delivery = deliver(KUKULKA)
    page = opened(desk, delivery, java_script_enabled=False)

    page.get_by_role("link", name="What does this say?").click()
    for meaning, name in KUKULKA.fields.items():
        choose(page, meaning, "Field", name, live=False)
    page.get_by_role("button", name="Preview").click()
    for word, meaning in KUKULKA.words.items():
        translate(page, word, meaning, live=False)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("heading", name="K/7 — new")).to_be_visible()
    page.get_by_role("button", name="Save and read all again").click()
    expect(page.get_by_text("Reading again: 0 of 2 deliveries")).to_be_visible()
    keep(page, "without-scripts")
    rebuilding.carry_out(voip.pk)
    page.get_by_role("link", name="How far is it now?").click()
    expect(page.get_by_text("Read again: 2 deliveries")).to_be_visible()

    assert facts(voip, KUKULKA.call) == KUKULKA.call


def tab_to(page: Page, target: Locator) -> None:
    """Press Tab until it has the focus, and see that it is not hidden by the bar below."""
    target.wait_for()
    for _turn in range(120):
        if target.evaluate("element => element === document.activeElement"):
            break
        page.keyboard.press("Tab")
    else:
        raise AssertionError(f"Tab does not lead to {target}")
    assert target.evaluate(
        """element => {
            const { left, top, width, height } = element.getBoundingClientRect();
            return element.contains(document.elementFromPoint(left + width / 2, top + height / 2));
        }"""
    )


def test_an_unknown_exchange_is_taught_with_the_keyboard_alone(desk: Desk) -> None:
    """Each preview replaces the page under the keyboard, which stays where it was: no choice is made twice, and Tab goes on from there."""
    voip, delivery = deliver(TUKAN)
    page = opened(desk, delivery)

    tab_to(page, page.get_by_role("link", name="What does this say?"))
    page.keyboard.press("Enter")
    fields = sorted(TUKAN.fields.items(), key=lambda each: ORDER.index(each[0]))
    for meaning, name in fields:
        select = page.get_by_role("group", name=meaning, exact=True).get_by_label("Field", exact=True)
        type_into(page, select, f"{name} —")
    type_into(page, page.get_by_role("group", name="Talk time", exact=True).get_by_label("counts"), "milli")
    for word, meaning in sorted(TUKAN.words.items()):
        type_into(page, page.get_by_label(word, exact=True), meaning)
    tab_to(page, page.get_by_role("button", name="Save and read all again"))
    page.keyboard.press("Enter")
    expect(page.get_by_text("Reading again: 0 of 2 deliveries")).to_be_visible()
    rebuilding.carry_out(voip.pk)

    assert facts(voip, TUKAN.call) == TUKAN.call


ORDER = [str(label) for label in MEANINGS.values()]


def type_into(page: Page, select: Locator, text: str) -> None:
    """As people do, who type again where the browser took a late letter for the first of a new word: on a busy machine it does."""
    tab_to(page, select)
    for _time in range(3):
        with page.expect_response(lambda answer: answer.request.method == "POST"):
            page.keyboard.type(text, delay=30)  # longer than a preview waits for another choice
        expect(select).to_be_focused()
        if select.evaluate("select => select.selectedOptions[0].text").startswith(text):
            return
        page.wait_for_timeout(1_100)  # after which a new word begins
    raise AssertionError(f"“{text}” is not chosen")


@pytest.mark.parametrize("language", ["en-GB", "pl"])
def test_the_checker_finds_nothing_and_it_fits_a_telephone(desk: Desk, language: str) -> None:
    voip, delivery = deliver(LARKSPUR)
    Voip.objects.update(
        settings={
            "fields": {"call_id": ["notice.thread.no"], "event": ["notice.what"]},
            "events": {"leg-up": "call_start"},
        }
    )
    for row in WebhookDelivery.objects.filter(voip=voip).order_by("pk"):
        processing.process(WebhookDelivery.objects.get(pk=row.pk))
    visit = desk(f"/admin/integrations/webhookdelivery/{delivery.pk}/teach/", locale=language)
    page = visit.page
    expect(page.locator("#lesson")).to_be_visible()

    assert findings(page) == []
    page.set_viewport_size({"width": 360, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert findings(page) == []


def test_the_checker_does_see_the_page(desk: Desk) -> None:
    _voip, delivery = deliver(LARKSPUR)
    page = desk(f"/admin/integrations/webhookdelivery/{delivery.pk}/teach/").page
    page.evaluate("document.querySelector('label').remove()")

    assert "light select-name" in {rule for rule, _nodes in findings(page)}
