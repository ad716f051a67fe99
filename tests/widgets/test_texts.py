"""What a visitor reads is complete in every language, and nothing is kept that nobody reads."""

import re

import pytest
from babel import Locale

from autocalls.texts import REFUSALS as REFUSED
from autocalls.texts import sentence
from widgets import models, script
from widgets.texts import TEXTS

FORMS = {"zero", "one", "two", "few", "many", "other"}
REFUSALS = {"number_invalid", "closed", "not_bookable", "inactive"}
FINISHED = {"done", "failed", "canceled", "expired"}
STEPS = {"operator", "visitor", "talking"}


def stems(locale: str) -> set[str]:
    return {key.partition(".")[0] for key in TEXTS[locale]}


def counted(locale: str) -> set[str]:
    return {key.partition(".")[0] for key in TEXTS[locale] if "." in key}


def test_there_are_texts_for_the_languages_a_widget_can_have() -> None:
    assert set(TEXTS) == set(models.Locale.values)


@pytest.mark.parametrize("locale", TEXTS)
def test_every_language_says_everything(locale: str) -> None:
    assert stems(locale) == stems("en")
    assert all(TEXTS[locale].values())


@pytest.mark.parametrize("locale", TEXTS)
def test_a_number_can_be_followed_by_each_form_of_the_language(locale: str) -> None:
    forms = set(Locale(locale).plural_form.tags) | {"other"}

    for stem in counted("en"):
        assert {form for form in FORMS if f"{stem}.{form}" in TEXTS[locale]} == forms, stem


@pytest.mark.parametrize("locale", TEXTS)
def test_every_language_has_room_for_the_same_values(locale: str) -> None:
    for key, text in TEXTS[locale].items():
        english = TEXTS["en"].get(key) or TEXTS["en"][key.partition(".")[0] + ".other"]
        assert re.findall(r"{\w+}", text) == re.findall(r"{\w+}", english), key


def test_every_text_is_used() -> None:
    source = script.SOURCE.read_text()
    named = set(
        re.findall(r"""texts\.(\w+)|\b(?:fill|count|field)\((?:fields, )?"(\w+)"|\? "(\w+)" : "(\w+)\"""", source)
    )
    used = {name for names in named for name in names}

    assert stems("en") - used <= REFUSALS | FINISHED | STEPS


@pytest.mark.parametrize("locale", TEXTS)
@pytest.mark.parametrize("code", sorted(REFUSALS))
def test_the_refusals_find_their_sentences(locale: str, code: str) -> None:
    assert sentence(locale, code) == TEXTS[locale][code]


OTHER_REGISTERS = {
    "pl": r"\b(Pan|Pani|Państwo|Państwa|Prosimy)\b",
    "en": r"$^",
    "uk": r"(?i)\b(ти|тобі|тебе|твій|твоя|твої|твоє)\b",
    "es": r"(?i)\b(usted|vosotros|su|os|vuestr[ao])\b|\w(áis|éis)\b|\w[ae]dme\b",
    "cs": r"(?i)\b(ty|tobě|tebe|ti|tvůj|tvoje|tvé)\b",
}
"""Polish and Spanish say „Ty” and «tú» to a visitor, Ukrainian and Czech «ви» and „vy“."""


@pytest.mark.parametrize("locale", TEXTS)
def test_a_language_addresses_the_visitor_in_one_way(locale: str) -> None:
    said = {**TEXTS[locale], **REFUSED[locale]}

    assert {key: text for key, text in said.items() if re.search(OTHER_REGISTERS[locale], text)} == {}
