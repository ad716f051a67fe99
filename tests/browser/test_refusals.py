"""What a visitor is told when something cannot be done, and that the page never suffers from it."""

from collections.abc import Callable
from typing import Any

import make
import pytest
from browser import pages
from browser.visit import Visit
from django.conf import LazySettings
from loopback import answering, provider_server, resetting
from playwright.sync_api import expect

from autocalls.models import Autocall, Refusal
from widgets import script

pytestmark = pytest.mark.django_db(transaction=True)

Begin = Callable[..., Visit]
PHONE = "+48 22 123 45 67"
OPEN = {"Access_Control_Allow_Origin": "*"}


def company(**fields: Any) -> Any:
    return make.widget(voip=make.voip(number="+48221234567"), **fields)


@pytest.mark.parametrize("number", ["", "12 words"])
def test_an_invalid_number_is_not_sent(visit: Begin, number: str) -> None:
    visited = visit(make.widget())
    visited.open()

    visited.ask(number)

    expect(visited.number).to_be_focused()
    expect(visited.number).to_have_attribute("aria-invalid", "true")
    expect(visited.number).to_have_accessible_description(
        "From another country: with + and the country code. Please give a valid telephone number."
    )
    assert not Refusal.objects.exists()


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        ("123 456", "Please give a valid telephone number."),
        ("0" * 64, "Please give a valid telephone number."),
        ("+48 700 123 456", "We cannot call numbers of this kind."),
        ("+1 202 555 0123", "We do not call this country."),
    ],
)
def test_what_the_server_refuses_about_a_number_is_told_at_the_number(visit: Begin, number: str, sentence: str) -> None:
    visited = visit(make.widget(allowed_countries=["PL"]))
    visited.open()

    visited.ask(number)

    expect(visited.dialog.locator("#number-bad")).to_contain_text(sentence)
    expect(visited.number).to_be_focused()
    visited.get_promise()


def test_a_consent_text_must_be_agreed_to_and_the_choice_is_stored(visit: Begin) -> None:
    widget = make.widget(consent_text="I agree to be called.")
    visited = visit(widget)
    visited.open()

    visited.ask()
    box = visited.dialog.get_by_label("I agree to be called.")
    expect(box).to_be_focused()
    expect(visited.dialog.locator("#consent-bad")).to_contain_text("Please agree")
    assert not Autocall.objects.exists()

    box.check()
    visited.get_promise()
    stored = Autocall.objects.get()
    assert stored.consent_at is not None
    assert stored.consent_version == widget.consent_version


def test_who_asks_too_often_is_told_when_to_try_again_and_is_not_heard_before(
    visit: Begin, settings: LazySettings
) -> None:
    settings.AUTOCALLS_PER_ADDRESS_AN_HOUR = 1
    widget = company()
    first = visit(widget)
    first.open()
    first.get_promise()
    visited = visit(widget)
    visited.open()

    visited.ask("+48501502504")
    expect(visited.alert).to_have_text(
        "Too many requests. Please try later, or call us. You can try again in 60 minutes."
    )
    asked = len(visited.addresses)
    visited.submit.click()

    expect(visited.alert).to_contain_text("You can try again")
    assert len(visited.addresses) == asked


def test_a_limit_of_one_number_does_not_keep_others_from_asking(visit: Begin, settings: LazySettings) -> None:
    settings.AUTOCALLS_PER_NUMBER_A_DAY = 1
    widget = make.widget()
    visited = visit(widget)
    visited.open()
    visited.get_promise()
    Autocall.objects.update(status="done", finished_at="2026-01-01T00:00:00Z")
    visited.dialog.get_by_role("button", name="New request").click()

    visited.ask()
    expect(visited.alert).to_contain_text("You can try again in 24 hours.")

    visited.get_promise("+48501502504")


def test_a_request_with_a_filled_honeypot_is_refused(visit: Begin) -> None:
    visited = visit(company())
    visited.open()
    visited.dialog.locator("[name=website]").evaluate("(field) => { field.value = 'https://spam.example' }")

    visited.ask()

    expect(visited.alert).to_have_text("We could not take this request. Please call us.")
    expect(visited.dialog.get_by_role("link")).to_have_text(PHONE)


@pytest.mark.parametrize("failure", ["abort", "500", "404", "html"])
def test_when_a_request_gets_lost_the_number_is_shown_and_the_form_kept(visit: Begin, failure: str) -> None:
    visited = visit(company())
    visited.open()

    def fail(route: Any) -> None:
        if failure == "abort":
            route.abort()
        else:
            headers = {"Access-Control-Allow-Origin": "*"}
            route.fulfill(status=200 if failure == "html" else int(failure), body="<h1>Proxy</h1>", headers=headers)

    visited.page.route("**/create_from_widget", fail)
    visited.ask()
    expect(visited.alert).to_contain_text("We cannot be reached over the internet just now.")
    expect(visited.dialog.get_by_role("link")).to_have_attribute("href", "tel:+48221234567")

    visited.page.unroute("**/create_from_widget")
    visited.submit.click()
    expect(visited.status).to_have_text("We are preparing your call…")


def test_when_the_line_breaks_during_a_call_it_is_told_and_taken_up_again(visit: Begin) -> None:
    visited = visit(make.widget())
    visited.open()
    visited.get_promise()

    visited.page.route("**/visitor.json*", lambda route: route.abort())
    expect(visited.status).to_have_text("The connection is lost. Trying again…")
    visited.page.unroute("**/visitor.json*")

    expect(visited.status).to_have_text("We are preparing your call…")


@pytest.mark.parametrize(
    "down", [answering(503, **OPEN), answering(404, **OPEN), answering(200, b"<h1>Proxy</h1>", **OPEN), resetting]
)
def test_while_the_server_is_down_the_page_shows_the_telephone_number(visit: Begin, down: Any) -> None:
    with provider_server() as server:
        server.will(answering(200, script.SOURCE.read_bytes(), Content_Type="text/javascript"), down)
        visited = visit(html=pages.page(pages.line(server.url, "any", phone=PHONE)))

        expect(visited.button).to_have_text(PHONE)
        expect(visited.button).to_have_attribute("href", "tel:+48221234567")
        assert visited.page.locator("#words").inner_text() == "We sell lamps."


def test_a_server_that_comes_back_is_noticed(visit: Begin, live_server: Any) -> None:
    widget = make.widget()
    visited = visit(html=pages.page(), hurry=False)
    visited.page.clock.install()
    visited.page.route("**/widget_data.json*", lambda route: route.abort())
    visited.embed(live_server.url, widget.token, PHONE)
    expect(visited.button).to_have_text(PHONE)

    visited.page.unroute("**/widget_data.json*")
    visited.page.clock.run_for(30_000)

    expect(visited.button).to_have_text("Call us")


def test_without_a_server_and_a_number_nothing_is_shown(visit: Begin) -> None:
    with provider_server() as server:
        server.will(answering(200, script.SOURCE.read_bytes(), Content_Type="text/javascript"), answering(503))
        visited = visit(html=pages.page(pages.line(server.url, "any")))
        visited.page.wait_for_load_state("networkidle")

        assert visited.page.locator("voipcrm-callback").count() == 0


@pytest.mark.parametrize("known", [True, False])
def test_a_widget_that_is_switched_off_or_unknown_shows_nothing(visit: Begin, live_server: Any, known: bool) -> None:
    token = make.widget(active=False).token if known else "unknown"
    visited = visit(html=pages.page())
    warnings: list[str] = []
    visited.page.on("console", lambda said: warnings.append(said.text) if said.type == "warning" else None)

    with visited.page.expect_console_message(lambda said: said.type == "warning"):
        visited.embed(live_server.url, token, PHONE)

    assert warnings == [f"voipcrm widget: {token} is unknown or switched off"]
    assert visited.page.locator("voipcrm-callback").count() == 0


def test_a_widget_that_is_switched_off_meanwhile_says_so(visit: Begin) -> None:
    widget = make.widget()
    visited = visit(widget)
    visited.open()
    widget.active = False
    widget.save()

    visited.ask()

    expect(visited.alert).to_have_text("This button is switched off.")
