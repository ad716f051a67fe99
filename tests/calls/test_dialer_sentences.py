"""What our own dialer says of a call, as staff read it."""

import re

import make
import pytest
from django.utils.translation import override
from staff import superuser, told

from calls import dialer_sentences
from calls.dialer_sentences import translate

PLACES = re.compile(r"%\((\w+)\)s")


@pytest.mark.parametrize("text", dialer_sentences.ALL)
def test_each_sentence_is_translated_with_its_values(text: str) -> None:
    places = {name: f"<{name}>" for name in PLACES.findall(text)}
    with override("pl"):
        polish = translate(text % places if places else text)

    assert polish != (text % places if places else text)
    assert all(place in polish for place in places.values())
    assert translate(text % places if places else text) == (text % places if places else text)


@pytest.mark.parametrize("words", ["486 Busy Here", "NO ANSWER", "", "no answer", "503 %(server)s"])
def test_words_of_a_server_are_not_translated(words: str) -> None:
    with override("pl"):
        assert translate(words) == words


@pytest.mark.django_db
def test_the_page_of_a_call_shows_the_sentence_in_the_readers_language() -> None:
    call = make.call(via="sip", status="FAILED", provider_status="no answer within 30 s")

    page = superuser(language="pl").get(f"/admin/calls/call/{call.pk}/change/").content.decode()

    assert "brak odpowiedzi przez 30 s" in told(page)
    assert "no answer within" not in page
