"""Sentences for staff are stored once and told in each reader's language."""

import pytest
from django.utils.translation import override

from calls.sentences import Sentence, store, translate, translate_stored

EVENT = Sentence("“%(word)s” is not an event we know. Translate it in settings.events.", word='"ZŁE"\nsłowo')
NESTED = Sentence("Event %(number)s of %(count)s: %(problem)s", number="2", count="3", problem=EVENT)


def test_a_sentence_in_english_is_its_text() -> None:
    with override("en"):
        assert translate_stored(store(NESTED)) == NESTED
    assert NESTED == 'Event 2 of 3: “"ZŁE"\nsłowo” is not an event we know. Translate it in settings.events.'


def test_a_stored_sentence_is_shown_in_the_readers_language() -> None:
    stored = store(NESTED, "The event has no id.")

    with override("pl"):
        assert translate_stored(stored) == (
            'Zdarzenie 2 z 3: „"ZŁE"\nsłowo” to nieznane zdarzenie. Przetłumacz je w settings.events.\nZdarzenie nie ma identyfikatora.'
        )


def test_sentences_are_stored_once_one_per_line() -> None:
    assert store(EVENT, "", EVENT, "The event has no id.").split("\n") == [store(EVENT), "The event has no id."]
    assert "ZŁE" in store(EVENT)  # so that who is erased is found


@pytest.mark.parametrize(
    "text",
    [
        "",
        "DataError: value out of range\nLINE 1: 100%",
        "[1, 2]",
        '["only text"]',
        '["%(a)s", {"b": "c"}]',
        '["%(a)s", {"a": 1}]',
        '["%", {"a": "b"}]',
        '"text"',
        "null",
    ],
)
def test_any_other_text_is_shown_as_it_is(text: str) -> None:
    with override("pl"):
        assert translate_stored(text) == text


def test_values_from_providers_are_not_translated() -> None:
    said = Sentence("“%(word)s” is not an event we know. Translate it in settings.events.", word="The event has no id.")

    with override("pl"):
        assert translate(said).startswith("„The event has no id.” to nieznane zdarzenie.")


def test_a_text_without_places_may_hold_percent_signs() -> None:
    assert Sentence("as for strptime: %d/%m/%Y") == translate_stored(store(Sentence("as for strptime: %d/%m/%Y")))
