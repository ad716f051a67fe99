"""A call now: from the press of the button to the result, as the visitor sees it."""

from collections.abc import Callable
from datetime import timedelta

import make
import pytest
from browser.desk import call_is, next_attempt, request_is, requested
from browser.visit import Visit
from django.utils import timezone
from playwright.sync_api import expect

from autocalls.models import Autocall
from calls.statuses import Status

pytestmark = pytest.mark.django_db(transaction=True)

Begin = Callable[..., Visit]


def test_a_visitor_asks_for_a_call_and_sees_it_come_about(visit: Begin) -> None:
    visited = visit(make.widget())
    visited.open()

    visited.get_promise("501 502 503")

    expect(visited.status).to_have_text("We are preparing your call…")
    assert requested().number == "+48501502503"
    expect(visited.dialog.get_by_text("The number we call: +48 501 502 503")).to_be_visible()
    for status, sentence in (
        (Status.DIALING, "Our consultant is being called…"),
        (Status.RINGING, "Your telephone rings now. Please answer it."),
        (Status.IN_PROGRESS, "You are connected."),
    ):
        call_is(status)
        expect(visited.status).to_have_text(sentence)
    request_is("done")
    expect(visited.status).to_have_text("Thank you for the conversation.")
    assert visited.problems == []


def test_texts_differ_where_the_visitor_is_rung_first(visit: Begin) -> None:
    visited = visit(make.widget(ring_first="visitor"))
    visited.open()
    visited.get_promise()

    call_is(Status.DIALING, customer_first=True)
    expect(visited.status).to_have_text("Your telephone rings now. Please answer it.")
    call_is(Status.RINGING, customer_first=True, reason="number_answered")
    expect(visited.status).to_have_text("Please stay on the line, our consultant is being called…")


def test_the_visitors_entries_are_stored_and_the_page_address_without_its_query(visit: Begin) -> None:
    visited = visit(make.widget())
    visited.page.evaluate("history.replaceState(null, '', '/lamps?session=s3cret#token=s3cret')")
    visited.open()
    visited.dialog.get_by_label("Your name").fill("Жанна “Ż” O'Neill \\ \u2028 😀")
    visited.dialog.get_by_label("What is it about").fill("Two lines:\nlamps, “black”")

    visited.get_promise()

    asked = requested()
    assert (asked.name, asked.note) == ("Жанна “Ż” O'Neill \\ \u2028 😀", "Two lines:\nlamps, “black”")
    assert asked.page_url == visited.page.evaluate("location.origin") + "/lamps"


def test_a_request_can_be_canceled_until_it_is_dialed(visit: Begin) -> None:
    visited = visit(make.widget())
    visited.open()
    visited.get_promise()

    visited.dialog.get_by_role("button", name="Cancel the call").click()

    expect(visited.status).to_have_text("The call is canceled. We will not call.")
    assert requested().status == "canceled"


def test_a_call_that_is_being_dialed_cannot_be_canceled(visit: Begin) -> None:
    visited = visit(make.widget())
    visited.page.route("**/visitor.json*", lambda route: None)  # the page does not hear of it
    visited.open()
    visited.get_promise()
    call_is(Status.DIALING)

    visited.dialog.get_by_role("button", name="Cancel the call").click()

    expect(visited.alert).to_have_text("It is too late to cancel this call.")


def test_a_further_attempt_is_announced_with_its_time(visit: Begin) -> None:
    visited = visit(make.widget())
    visited.open()
    visited.get_promise()
    call_is(Status.RINGING)
    expect(visited.status).to_contain_text("rings now")

    next_attempt(timezone.now() + timedelta(minutes=10))

    expect(visited.status).to_contain_text("We could not connect you yet. Next attempt: ")
    expect(visited.dialog.get_by_role("button", name="Cancel the call")).to_be_visible()


def test_after_a_failure_the_visitor_can_ask_again(visit: Begin) -> None:
    visited = visit(make.widget())
    visited.open()
    visited.get_promise()
    request_is("failed")
    expect(visited.status).to_contain_text("We could not connect you.")

    visited.dialog.get_by_role("button", name="New request").click()
    visited.submit.click()

    expect(visited.status).to_have_text("We are preparing your call…")
    assert Autocall.objects.count() == 2


def test_a_request_outlives_the_page_in_its_tab(visit: Begin) -> None:
    visited = visit(make.widget())
    visited.open()
    visited.get_promise()
    expect(visited.status).to_have_text("We are preparing your call…")

    visited.page.reload()
    expect(visited.button).to_have_text("Your call")
    visited.button.click()
    call_is(Status.RINGING)

    expect(visited.status).to_contain_text("rings now")
    request_is("done")
    expect(visited.button).to_have_text("Call us")
    assert visited.page.evaluate("sessionStorage.length") == 0


def test_a_request_that_is_gone_makes_room_for_a_new_one(visit: Begin) -> None:
    visited = visit(make.widget())
    visited.open()
    visited.get_promise()

    Autocall.objects.all().delete()

    expect(visited.submit).to_be_visible()


def test_a_second_request_for_a_number_joins_the_first(visit: Begin) -> None:
    widget = make.widget()
    for _visitor in range(2):
        visited = visit(widget)
        visited.open()
        visited.get_promise()
        expect(visited.status).to_have_text("We are preparing your call…")

    expect(visited.dialog.get_by_text("We already have your request.")).to_be_visible()
    assert Autocall.objects.count() == 1


def test_a_hidden_page_does_not_poll(visit: Begin) -> None:
    visited = visit(make.widget())
    visited.open()
    visited.get_promise()
    turn = """(hidden) => {
        Object.defineProperty(document, "hidden", {value: hidden, configurable: true});
        document.dispatchEvent(new Event("visibilitychange"));
    }"""

    visited.page.clock.install()
    visited.page.evaluate(turn, True)
    visited.page.clock.run_for(30_000)
    asked = len(visited.addresses)
    visited.page.clock.run_for(30_000)
    assert len(visited.addresses) == asked

    call_is(Status.RINGING)
    visited.page.evaluate(turn, False)
    expect(visited.status).to_contain_text("rings now")


def test_a_fresh_form_token_is_fetched_where_required(visit: Begin) -> None:
    visited = visit(make.widget(form_token_required=True), hurry=False)
    visited.open()
    visited.get_promise()  # faster than any person: the token is not good yet
    expect(visited.status).to_have_text("We are preparing your call…")

    request_is("done")
    visited.dialog.get_by_role("button", name="New request").click()
    visited.submit.click()

    expect(visited.status).to_have_text("We are preparing your call…")
    assert Autocall.objects.count() == 2
