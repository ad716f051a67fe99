"""Refusals of the request itself follow Accept-Language as well, and name nothing of ours."""

from typing import Any

import make
import pytest
from resources import send
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db
POLISH = {"HTTP_ACCEPT_LANGUAGE": "pl"}


def detail(answer: Any) -> str:
    return str(answer.json()["detail"])


def test_a_body_that_is_no_json_is_told_where_it_ends_to_be(alice: APIClient) -> None:
    polish = send(alice, "POST", "/voip/calls.json", b'{"status":\n "BUSY"', **POLISH)
    english = send(alice, "POST", "/voip/calls.json", b'{"status":\n "BUSY"')

    assert detail(polish) == "Treści nie da się odczytać jako JSON od wiersza 2, kolumny 8."
    assert detail(english) == "The body cannot be read as JSON from line 2, column 8 on."


@pytest.mark.parametrize("path", ["calls", "sips", "voips", "widgets", "autocalls"])
def test_a_record_that_is_none_is_told_so(alice: APIClient, path: str) -> None:
    polish = alice.get(f"/voip/{path}/99999.json", headers={"Accept-Language": "pl"})
    english = alice.get(f"/voip/{path}/99999.json")

    assert (polish.status_code, detail(polish)) == (404, "Nie ma takiego rekordu.")
    assert detail(english) == "There is no such record."


def test_an_unknown_method_is_told_so(alice: APIClient) -> None:
    assert detail(send(alice, "FOO", "/voip/calls.json", b"", **POLISH)) == "Ta metoda jest tu nieznana."


def test_a_page_s_address_that_is_none_is_told_so(stranger: APIClient) -> None:
    requested = {"number": "+48501502503", "page_url": "javascript:x"}
    body = {"widget_token": make.widget().token, "autocall": requested}

    answer = stranger.post("/voip/autocalls/create_from_widget", body, headers={"Accept-Language": "pl"})

    assert detail(answer) == "Podaj adres strony, na przykład https://shop.example.com/lamps."


def test_wrong_opening_hours_are_told_so(alice: APIClient) -> None:
    body = {"name": "Shop", "opening_time": {"monday": [["09:00", "10:00"], ["12:00", "11:00"]]}}

    answer = alice.post("/voip/widgets.json", body, headers={"Accept-Language": "pl"})

    assert detail(answer) == "monday, przedział 2: 12:00–11:00 kończy się, zanim się zacznie"
