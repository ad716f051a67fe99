"""Requests that come together are counted one after the other where they have something in common, and only there."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

import make
import pytest
import time_machine
from callback_desk import MONDAY_NOON, clock
from meeting import Met, meet

from autocalls.guard import Origin, VisitorRefused, VisitorRequest
from autocalls.models import Autocall
from autocalls.services import schedule_for_visitor
from widgets import form_tokens
from widgets.models import Widget

pytestmark = pytest.mark.django_db(transaction=True)
INSERT_CALL_BACK = 'INSERT INTO "?autocalls_autocall'


@pytest.fixture(autouse=True)
def traveller() -> Iterator[time_machine.Traveller]:
    with clock() as traveller:
        yield traveller


@pytest.fixture
def shop() -> Widget:
    return make.widget(voip=make.office())


def ask(widget: Widget, number: str, address: str, **requested: Any) -> Autocall:
    return schedule_for_visitor(
        widget, cast("VisitorRequest", {"number": number} | requested), Origin.of(address)
    ).autocall


def ask_together(shop: Widget, widget: Widget, number: str, address: str) -> Met:
    return meet(
        lambda: ask(shop, "+48501502503", "192.0.2.1"),
        lambda: ask(widget, number, address),
        at=INSERT_CALL_BACK,
        refusals=VisitorRefused,
    )


def test_unrelated_visitors_do_not_wait_for_each_other(shop: Widget) -> None:
    met = ask_together(shop, make.widget(voip=make.office()), "+48600700800", "198.51.100.1")

    assert (met.waited, Autocall.objects.count()) == (False, 2)


@pytest.mark.parametrize(
    ("common", "limit"),
    [
        ("number", "AUTOCALLS_PER_NUMBER_A_DAY"),
        ("address", "AUTOCALLS_PER_ADDRESS_AN_HOUR"),
        ("network", "AUTOCALLS_PER_NETWORK_AN_HOUR"),
        ("widget", "AUTOCALLS_PER_WIDGET_AN_HOUR"),
    ],
)
def test_concurrent_requests_do_not_exceed_the_limit(shop: Widget, settings: Any, common: str, limit: str) -> None:
    setattr(settings, limit, 1)
    widget = shop if common == "widget" else make.widget(voip=make.office())
    number = "+48501502503" if common == "number" else "+48600700800"
    address = {"address": "192.0.2.1", "network": "192.0.2.2"}.get(common, "198.51.100.1")

    met = ask_together(shop, widget, number, address)

    assert (met.waited, Autocall.objects.count()) == (True, 1)
    assert met.second.code.startswith(f"limit_{common}")


def test_two_concurrent_requests_for_one_number_make_one_call_back(shop: Widget) -> None:
    met = ask_together(shop, shop, "+48501502503", "198.51.100.1")

    assert met.first == met.second == Autocall.objects.get()


def test_the_last_place_of_a_slot_is_given_once() -> None:
    widget = make.widget(voip=make.office(), slot_capacity=1)
    at = MONDAY_NOON + timedelta(days=1)

    met = meet(
        lambda: ask(widget, "+48501502503", "192.0.2.1", call_at=at),
        lambda: ask(widget, "+48600700800", "198.51.100.1", call_at=at),
        at=INSERT_CALL_BACK,
        refusals=VisitorRefused,
    )

    assert met.second.code == "slot_taken"


def test_a_form_token_is_used_once(traveller: time_machine.Traveller) -> None:
    widget = make.widget(voip=make.office(), form_token_required=True)
    token = form_tokens.issue(widget.pk)
    traveller.shift(timedelta(seconds=5))

    met = meet(
        lambda: ask(widget, "+48501502503", "192.0.2.1", form_token=token),
        lambda: ask(widget, "+48600700800", "198.51.100.1", form_token=token),
        at=INSERT_CALL_BACK,
        refusals=VisitorRefused,
    )

    assert met.second.code == "form_expired"
