"""Texts of a widget's own, by language."""

import make
import pytest
from rest_framework.test import APIClient

from widgets.texts import TEXTS

pytestmark = pytest.mark.django_db


def test_a_widget_says_what_it_was_given_and_the_products_words_elsewhere(stranger: APIClient) -> None:
    widget = make.widget(locale="pl", texts={"pl": {"title": "Doradzimy"}, "cs": {"title": "Poradíme"}})

    told = stranger.get("/voip/widget_data.json", {"widget_token": widget.token}).json()["texts"]

    assert told == {**TEXTS["pl"], "title": "Doradzimy"}


@pytest.mark.parametrize(
    ("asked", "locale", "title"),
    [("cs", "cs", "Poradíme"), ("CS_cz", "cs", "Poradíme"), ("uk", "uk", TEXTS["uk"]["title"]), ("de", "pl", "Doradzimy"), ("", "pl", "Doradzimy")],
)  # fmt: skip
def test_a_page_in_another_language_gets_its_texts(stranger: APIClient, asked: str, locale: str, title: str) -> None:
    widget = make.widget(locale="pl", texts={"pl": {"title": "Doradzimy"}, "cs": {"title": "Poradíme"}})

    told = stranger.get("/voip/widget_data.json", {"widget_token": widget.token, "locale": asked}).json()

    assert (told["locale"], told["texts"]["title"]) == (locale, title)


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        ({"de": {"title": "Wir rufen an"}}, "There are texts for pl, en, uk, es, cs alone, not for “de”."),
        ({"en": {"headline": "Talk to us"}}, "en.headline: There is no such text."),
        ({"en": {"title": " "}}, "en.title: Give a text of 1 to 500 characters."),
        ({"en": {"title": "Until {moment}"}}, "en.title: {moment} is not filled in here."),
    ],
)
def test_unknown_text_keys_are_refused(alice: APIClient, texts: object, problem: str) -> None:
    answer = alice.post("/voip/widgets.json", {"name": "Shop", "texts": texts}, format="json")

    assert (answer.status_code, problem in str(answer.json()["texts"])) == (400, True), answer.json()


@pytest.mark.parametrize(
    "texts", ["title", ["title"], {"en": "Talk to us"}, {"en": {"title": ["x"]}}, {"en": {"title": "x" * 501}}]
)
def test_invalid_texts_are_refused(alice: APIClient, texts: object) -> None:
    assert alice.post("/voip/widgets.json", {"name": "Shop", "texts": texts}, format="json").status_code == 400


def test_texts_are_stored_as_they_were_given(alice: APIClient) -> None:
    texts = {"en": {"title": "Talk to us", "free.one": "one left"}}

    made = alice.post("/voip/widgets.json", {"name": "Shop", "texts": texts}, format="json").json()

    assert made["texts"] == texts
    assert alice.patch(f"/voip/widgets/{made['id']}.json", {"texts": {}}, format="json").json()["texts"] == {}
