import make
import pytest
from django.db import connection
from rest_framework.test import APIClient

from calls.folding import fold, words_of
from calls.models import Call

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("sought", ["lodz", "Łódź", "LODZ", "łodź", "zazolc gesla", "jazn"])
def test_a_search_finds_polish_words_with_and_without_their_marks(alice: APIClient, sought: str) -> None:
    make.call(description="Pan z ŁÓDŹ, zażółć gęślą jaźń; Łódź")
    make.call(description="Kraków")

    assert len(alice.get("/voip/calls.json", {"q": sought}).json()["results"]) == 1


def test_other_latin_letters_lose_their_marks_too() -> None:
    assert fold("Čeština, Ñandú, Øl, ß, Київ") == "Cestina, Nandu, Ol, ß, Київ"


def test_the_search_reads_the_index() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = Call.objects.alias(words=words_of("description")).filter(words="lodz").order_by().explain()

    assert "call_description_words" in plan
