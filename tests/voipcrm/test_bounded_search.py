"""A page of a list that the database would have to search for too long is broken off, and says what helps."""

import make
import pytest
from django.db import connection
from rest_framework.test import APIClient
from staff import superuser, told

from calls import filters
from calls.models import CallQuerySet
from voipcrm import bounded_search as bounds
from voipcrm.bounded_search import TooMuchToSearch, bounded_search

pytestmark = pytest.mark.django_db

SLOW = "pg_sleep(60) IS NOT NULL"


@pytest.fixture
def slow_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each call takes a minute to read, of which a tenth of a second is granted."""
    make.call(duration=700)
    monkeypatch.setattr(bounds, "LONGEST", 100)
    monkeypatch.setattr(CallQuerySet, "visible_to", lambda rows, _user: rows.extra(where=[SLOW]))


@pytest.mark.usefixtures("slow_calls")
def test_the_api_refuses_and_names_the_cure(bob: APIClient) -> None:
    answer = bob.get("/voip/calls.json?missed=false&duration_min=600")

    assert (answer.status_code, answer.json()["code"]) == (400, "too_much_to_search")
    assert "Narrow the period" in answer.json()["detail"]


@pytest.mark.usefixtures("slow_calls")
def test_the_admin_shows_an_empty_list_and_names_the_cure() -> None:
    answer = superuser().get("/admin/calls/call/")

    assert answer.status_code == 200
    assert "Narrow the period" in told(answer.content.decode())


@pytest.mark.parametrize("few", [0, 1000])
def test_words_of_many_calls_are_found_as_those_of_few_are(
    bob: APIClient, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    monkeypatch.setattr(filters, "FEW", few)
    named = [make.call(description=text).pk for text in ("Complaint", "A complaint again")]
    make.call(description="Thanks")

    found = bob.get("/voip/calls.json?q=compl").json()["results"]

    assert [row["id"] for row in found] == named[::-1]


def test_what_follows_in_the_same_transaction_is_not_bounded() -> None:
    with bounded_search():
        pass

    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


def test_a_transaction_goes_on_after_a_search_that_was_broken_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "LONGEST", 100)

    with pytest.raises(TooMuchToSearch), bounded_search(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(60)")

    make.call()
