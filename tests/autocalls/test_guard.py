"""The public endpoint lets honest visitors in five countries pass, and no more of anybody than the limits say."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

import make
import pytest
import time_machine
from callback_desk import clock
from django.conf import LazySettings
from django.db import connection, transaction

from autocalls import guard, locks, refusals
from autocalls.guard import Origin, VisitorRefused, VisitorRequest
from autocalls.models import Autocall, Refusal, Status
from autocalls.services import edit, schedule_for_visitor
from widgets import form_tokens
from widgets.models import Widget

pytestmark = pytest.mark.django_db
HOME = Origin.of("192.0.2.7")
LIMITS = {"NUMBER_A_DAY": 3, "ADDRESS_AN_HOUR": 10, "NETWORK_AN_HOUR": 30, "WIDGET_AN_HOUR": 60}


@pytest.fixture(autouse=True)
def traveller() -> Iterator[time_machine.Traveller]:
    with clock() as traveller:
        yield traveller


@pytest.fixture
def widget() -> Widget:
    return make.widget(voip=make.office())


def ask(widget: Widget, number: str = "+48501502503", origin: Origin = HOME, **requested: Any) -> Autocall:
    return schedule_for_visitor(widget, cast("VisitorRequest", {"number": number} | requested), origin).autocall


def refusal_of(widget: Widget, **asked: Any) -> VisitorRefused:
    with pytest.raises(VisitorRefused) as caught, transaction.atomic():
        ask(widget, **asked)
    return caught.value


def mobile(number: int) -> str:
    return f"+48501{number:06}"


def over(row: Autocall) -> None:
    """The visitor gives up, so that the next request does not join this one."""
    edit(row, {"status": Status.CANCELED})


@pytest.mark.parametrize(
    ("written", "country", "e164"),
    [
        ("501 502 503", "PL", "+48501502503"),
        ("+44 (0)20 7946 0958", "PL", "+442079460958"),
        ("067 123 45 67", "UA", "+380671234567"),
        ("612 34 56 78", "ES", "+34612345678"),
        ("777 123 456", "CZ", "+420777123456"),
        ("022 622 12 34", "PL", "+48226221234"),
        ("0601 000 111", "PL", "+48601000111"),
        ("07400 123456", "GB", "+447400123456"),
        ("５０１ ５０２ ５０３", "PL", "+48501502503"),
    ],
)
def test_ordinary_numbers_pass_in_their_national_format(written: str, country: str, e164: str) -> None:
    assert ask(make.widget(voip=make.office(country=country), allowed_countries=["*"]), written).number == e164


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("112", "number_invalid"),
        ("+48112", "number_invalid"),
        ("999", "number_invalid"),
        ("100", "number_invalid"),
        ("", "number_invalid"),
        ("call me", "number_invalid"),
        ("+48 000 000 000", "number_invalid"),
        ("+48700123456", "number_refused"),  # premium
        ("+48801123456", "number_refused"),  # shared cost
        ("+442079460958;ext=5", "number_extension"),
        ("+441144960958,,,,1", "number_extension"),
        ("+449098790000", "number_refused"),  # premium
        ("+34803123456", "number_refused"),  # premium
        ("+380900123456", "number_invalid"),  # no range in use
        ("+420906123456", "number_refused"),  # premium
        ("+881612345678", "number_refused"),  # satellite
        ("+870773111632", "number_refused"),  # satellite
        ("+882131234567", "number_refused"),  # international network
        ("+979123456789", "number_refused"),  # international premium
        ("+80012345678", "number_refused"),  # international freephone
        ("sip:+48501502503@attacker.example", ""),
    ],
)
def test_premium_and_unassigned_numbers_are_refused(widget: Widget, number: str, code: str) -> None:
    if code:
        refused = refusal_of(widget, number=number)
        assert (refused.code, refused.field) == (code, "number")
    else:  # an address is read as the number in it, and nothing else of it is used
        assert ask(widget, number).number == "+48501502503"


def test_our_own_numbers_are_not_called() -> None:
    widget = make.widget(voip=make.office(number="+48221234567"))

    assert refusal_of(widget, number="22 123 45 67").code == "number_refused"


def test_a_widget_may_name_the_countries_it_calls() -> None:
    widget = make.widget(voip=make.office(), allowed_countries=["PL", "CZ"])

    assert ask(widget, "+420777123456").pk
    assert refusal_of(widget, number="+442079460958").code == "country_refused"


@pytest.mark.parametrize(("country", "number"), [("PL", "+48501502503"), ("CZ", "+420777123456")])
def test_a_widget_that_names_none_calls_the_country_of_its_configuration(country: str, number: str) -> None:
    assert ask(make.widget(voip=make.office(country=country)), number).number == number


@pytest.mark.parametrize("number", ["+25261234567", "+18095551234", "+18765551234", "+442079460958", "+420777123456"])
def test_countries_outside_of_the_list_are_refused(widget: Widget, number: str) -> None:
    assert refusal_of(widget, number=number).code == "country_refused"


def test_a_widget_may_call_any_country() -> None:
    assert ask(make.widget(voip=make.office(), allowed_countries=["*"]), "+18095551234").pk


def test_a_filled_honeypot_is_refused(widget: Widget) -> None:
    assert refusal_of(widget, website="https://spam.example").code == "robot"


def test_the_specifications_minimal_request_needs_no_form_token(widget: Widget) -> None:
    assert ask(widget).status == Status.SCHEDULED


class TestFormTokens:
    @pytest.fixture
    def strict(self) -> Widget:
        return make.widget(voip=make.office(), form_token_required=True)

    def test_a_fresh_form_token_is_accepted(self, strict: Widget, traveller: time_machine.Traveller) -> None:
        token = form_tokens.issue(strict.pk)
        traveller.shift(timedelta(seconds=2))

        assert ask(strict, form_token=token).pk

    @pytest.mark.parametrize("age", [0, 1, 12 * 3600 + 1])
    def test_a_form_token_too_young_or_too_old_is_refused(
        self, strict: Widget, traveller: time_machine.Traveller, age: int
    ) -> None:
        token = form_tokens.issue(strict.pk)
        traveller.shift(timedelta(seconds=age))

        assert refusal_of(strict, form_token=token).code == "form_expired"

    @pytest.mark.parametrize("token", ["", "x", "WzEsMSwiYSJd:1abc:def", "\ud800"])
    def test_missing_and_forged_form_tokens_are_refused(self, strict: Widget, token: str) -> None:
        assert refusal_of(strict, form_token=token).code == "form_expired"

    def test_a_form_token_of_another_widget_is_refused(self, strict: Widget, traveller: time_machine.Traveller) -> None:
        token = form_tokens.issue(make.widget().pk)
        traveller.shift(timedelta(seconds=5))

        assert refusal_of(strict, form_token=token).code == "form_expired"

    def test_a_form_token_is_valid_for_one_request(self, strict: Widget, traveller: time_machine.Traveller) -> None:
        token = form_tokens.issue(strict.pk)
        traveller.shift(timedelta(seconds=5))
        ask(strict, form_token=token)

        assert refusal_of(strict, number="+48601602603", form_token=token).code == "form_expired"

    def test_a_used_form_token_does_not_even_join(self, strict: Widget, traveller: time_machine.Traveller) -> None:
        token = form_tokens.issue(strict.pk)
        traveller.shift(timedelta(seconds=5))
        ask(strict, form_token=token)

        assert refusal_of(strict, form_token=token).code == "form_expired"

    def test_a_refused_request_does_not_use_up_its_form_token(
        self, strict: Widget, traveller: time_machine.Traveller
    ) -> None:
        token = form_tokens.issue(strict.pk)
        traveller.shift(timedelta(seconds=5))
        refusal_of(strict, number="112", form_token=token)

        assert ask(strict, form_token=token).pk


def test_call_backs_of_a_number_are_limited_per_day(widget: Widget, traveller: time_machine.Traveller) -> None:
    for _ in range(3):
        over(ask(widget))
        traveller.shift(timedelta(hours=2))

    assert refusal_of(widget).code == "limit_number"
    assert refusal_of(make.widget(voip=widget.voip)).code == "limit_number"  # by whichever widget

    traveller.shift(timedelta(hours=18, seconds=1))
    assert ask(widget).pk


def test_requests_of_an_address_are_limited_per_hour(widget: Widget, traveller: time_machine.Traveller) -> None:
    for number in range(10):
        ask(widget, mobile(number))

    assert refusal_of(widget, number=mobile(99)).code == "limit_address"

    traveller.shift(timedelta(hours=1, seconds=1))
    assert ask(widget, mobile(99)).pk


def test_requests_of_a_network_are_limited_per_hour(widget: Widget) -> None:
    for number in range(30):
        ask(widget, mobile(number), Origin.of(f"192.0.2.{number}"))

    assert refusal_of(widget, number=mobile(99), origin=Origin.of("192.0.2.200")).code == "limit_network"
    assert ask(widget, mobile(99), Origin.of("198.51.100.1")).pk


def test_requests_of_a_widget_are_limited_per_hour_and_day(
    settings: LazySettings, traveller: time_machine.Traveller
) -> None:
    widget = make.widget(voip=make.office(), daily_limit=80)
    for number in range(60):
        ask(widget, mobile(number), Origin.of(f"10.{number}.0.1"))
    assert refusal_of(widget, number=mobile(99), origin=Origin.of("10.99.0.1")).code == "limit_widget_hour"

    traveller.shift(timedelta(hours=1, seconds=1))
    for number in range(60, 80):
        ask(widget, mobile(number), Origin.of(f"10.{number}.0.1"))
    assert refusal_of(widget, number=mobile(99), origin=Origin.of("10.99.0.1")).code == "limit_widget_day"


def test_a_refusal_says_when_to_come_again(widget: Widget, traveller: time_machine.Traveller) -> None:
    for _ in range(3):
        over(ask(widget))
        traveller.shift(timedelta(minutes=10))

    assert refusal_of(widget).retry_after == timedelta(hours=23, minutes=30)


def test_of_several_limits_the_first_is_named_and_the_longest_waited_for(
    widget: Widget, settings: LazySettings
) -> None:
    settings.AUTOCALLS_PER_ADDRESS_AN_HOUR = widget.daily_limit = 3
    widget.save()
    for number in range(3):
        ask(widget, mobile(number))

    refusal = refusal_of(widget, number=mobile(99))

    assert (refusal.code, refusal.retry_after) == ("limit_address", timedelta(days=1))


def test_call_backs_of_staff_and_crm_do_not_count_towards_limits(widget: Widget) -> None:
    for number in range(70):
        make.autocall(widget=widget, number=mobile(number), source="api")

    assert ask(widget, mobile(99)).pk


def test_a_repeated_request_joins_the_first_and_counts_once(widget: Widget) -> None:
    assert len({ask(widget).pk for _ in range(20)}) == 1


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", ("192.0.2.7", "192.0.2.0/24")),
        ("2001:db8:1:2:3:4:5:6", ("2001:db8:1:2::/64", "2001:db8:1::/48")),
        ("0.0.0.0", ("0.0.0.0", "0.0.0.0/24")),
    ],
)
def test_ipv6_addresses_are_counted_per_64(address: str, counted: tuple[str, str]) -> None:
    origin = Origin.of(address)

    assert (origin.address, origin.network) == counted


def test_taking_locks_requires_a_transaction() -> None:
    connection.in_atomic_block, kept = False, connection.in_atomic_block
    try:
        with pytest.raises(transaction.TransactionManagementError):
            locks.hold("x")
    finally:
        connection.in_atomic_block = kept


def test_locks_are_taken_in_one_order_however_they_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    taken: list[list[int]] = []
    monkeypatch.setattr(locks, "fetch_all", lambda _statement, parameters: taken.append(parameters["keys"]))

    for names in itertools.permutations(["line:1", "line:2", "voip:3"]):
        locks.hold(*names)

    assert [len(keys) for keys in taken] == [3] * 6
    assert all(keys == sorted(taken[0]) for keys in taken)


def test_a_refusal_is_stored_and_its_repetitions_are_counted(widget: Widget) -> None:
    for _ in range(3):
        refusals.keep(widget, "country_refused", {"number": "+44 20 7946 0958", "name": "Jan"}, HOME)

    row = Refusal.objects.get()
    assert (row.number, row.name, row.address, row.times) == ("+442079460958", "Jan", "192.0.2.7", 3)


@pytest.mark.parametrize(
    ("code", "number", "address"),
    [
        ("country_refused", "+442079460958", "192.0.2.8"),
        ("country_refused", "+442079460959", "192.0.2.7"),
        ("limit_number", "+442079460958", "192.0.2.7"),
    ],
    ids=["address", "number", "reason"],
)
def test_refusals_that_differ_in_one_field_are_separate_rows(
    widget: Widget, code: str, number: str, address: str
) -> None:
    refusals.keep(widget, "country_refused", {"number": "+442079460958"}, HOME)
    refusals.keep(widget, code, {"number": number}, Origin.of(address))

    assert list(Refusal.objects.values_list("times", flat=True)) == [1, 1]


def test_every_day_and_every_widget_has_its_own_refusals(widget: Widget, traveller: time_machine.Traveller) -> None:
    for shop in (widget, make.widget()):
        refusals.keep(shop, "country_refused", {"number": "+442079460958"}, HOME)
    traveller.shift(timedelta(days=1))
    refusals.keep(widget, "country_refused", {"number": "+442079460958"}, HOME)

    assert list(Refusal.objects.values_list("times", flat=True)) == [1, 1, 1]


def test_an_attack_does_not_fill_the_table_of_refusals(widget: Widget, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "MOST_AN_HOUR", 5)
    for number in range(40):
        refusals.keep(widget, "limit_widget_hour", {"number": mobile(number)}, HOME)

    assert Refusal.objects.count() == 6
    assert Refusal.objects.get(number="").times == 35


def test_every_limit_is_counted_from_an_index() -> None:
    indexed = {index.fields[0] for index in Autocall._meta.indexes if index.name.startswith("autocall_by_")}
    widget = Widget(pk=1, daily_limit=1)

    assert {key for limit in guard.limits(guard.Visit(widget, "", HOME, "")) for key in limit.common} <= indexed
