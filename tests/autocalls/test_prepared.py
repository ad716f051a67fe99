"""The prepared answer of `widget_data`: as quick as a stored one, and never late."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import make
import pytest
import time_machine
from rest_framework.test import APIClient

from autocalls import prepared
from autocalls.models import Autocall, Status
from sips.models import Voip
from widgets.models import Widget

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 3, 2, 9, 2, 5, tzinfo=UTC)
HOURS = {"monday": [["09:00", "17:00"]]}
Ask = Callable[..., Any]


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def widget() -> Widget:
    return make.widget(voip=make.voip(number="+48221234567"), opening_time=HOURS, slot_capacity=2, locale="en")


@pytest.fixture
def ask(stranger: APIClient, widget: Widget) -> Ask:
    def get(**headers: Any) -> Any:
        return stranger.get(f"/voip/widget_data.json?widget_token={widget.token}", **headers)

    return get


def test_an_unchanged_answer_is_not_prepared_again(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    first = ask()
    monkeypatch.setattr(prepared.Prepared, "shown", None)

    assert ask().content == first.content


@pytest.mark.parametrize("language", ["pl", "cs"])
def test_each_language_has_its_own(stranger: APIClient, widget: Widget, ask: Ask, language: str) -> None:
    ask()

    told = stranger.get(f"/voip/widget_data.json?widget_token={widget.token}&locale={language}").json()

    assert (told["locale"], ask().json()["locale"]) == (language, "en")


class TestWhatChangesIsToldAtOnce:
    """Changed as by another process, or at the database itself."""

    def test_the_widget(self, ask: Ask, widget: Widget) -> None:
        ask()
        Widget.objects.filter(pk=widget.pk).update(color="#000000")

        assert ask().json()["color"] == "#000000"

    def test_a_widget_that_is_switched_off(self, ask: Ask, widget: Widget) -> None:
        ask()
        Widget.objects.filter(pk=widget.pk).update(active=False)

        assert ask().json() == {"active": False}

    def test_a_widget_that_is_gone(self, ask: Ask, widget: Widget) -> None:
        ask()
        widget.delete()

        assert ask().status_code == 404

    def test_a_token_that_is_no_more(self, ask: Ask, widget: Widget) -> None:
        ask()
        Widget.objects.filter(pk=widget.pk).update(token="another")

        assert ask().status_code == 404

    def test_the_companys_number(self, ask: Ask) -> None:
        ask()
        Voip.objects.update(number="+48227654321")

        assert ask().json()["phone"] == "+48 22 765 43 21"

    def test_a_place_that_is_taken_and_given_back(self, ask: Ask, widget: Widget) -> None:
        noon = MONDAY.replace(hour=12, minute=0, second=0)
        free = places(ask())
        booked = make.autocall(widget=widget, call_at=noon, slot_at=noon)
        taken = places(ask())
        Autocall.objects.filter(pk=booked.pk).update(status=Status.CANCELED, finished_at=MONDAY)

        assert (sum(free) - sum(taken), places(ask())) == (1, free)

    def test_the_next_minute(self, ask: Ask, clock: time_machine.Traveller) -> None:
        assert ask().json()["open"] is True
        clock.move_to(MONDAY.replace(hour=16, minute=0, second=1))

        assert ask().json()["open"] is False


def places(answer: Any) -> list[int]:
    return [free for run in answer.json()["slots"] for free in run["free"]]


def test_a_matching_etag_is_answered_304(ask: Ask, clock: time_machine.Traveller) -> None:
    etag = ask()["ETag"]
    clock.shift(60)  # the form token is another one now, which is nothing to load all the rest for

    known = ask(HTTP_IF_NONE_MATCH=etag)

    assert (known.status_code, known.content, known["ETag"]) == (304, b"", etag)
    assert known["Cache-Control"] == "public, max-age=60"


def test_an_outdated_etag_gets_the_new_answer(ask: Ask, widget: Widget) -> None:
    etag = ask()["ETag"]
    Widget.objects.filter(pk=widget.pk).update(name="Store")

    assert ask(HTTP_IF_NONE_MATCH=etag).json()["name"] == "Store"


def test_each_answer_has_a_new_form_token(ask: Ask, widget: Widget) -> None:
    Widget.objects.filter(pk=widget.pk).update(form_token_required=True)

    assert ask().json()["form_token"] != ask().json()["form_token"]


def test_the_cache_of_widgets_is_bounded(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepared, "MOST_WIDGETS", 1)
    other = make.widget()
    ask()
    prepared.find(other.token)

    assert list(prepared._prepared) == [other.pk]
