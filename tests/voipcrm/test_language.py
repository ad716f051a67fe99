"""Errors of the API in the language that the request asks for."""

from collections.abc import Callable
from typing import Any

import make
import pytest
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db
CALL = {"sip": "100", "number_to": "+48123456789"}


def _dial(client: APIClient, **body: Any) -> Any:
    return client.post("/voip/calls/make_call.json", CALL | body)


def _no_configuration(client: APIClient) -> Any:
    make.sip(voip=None)
    return _dial(client)


def _two(client: APIClient) -> Any:
    make.sip(), make.sip()
    return _dial(client)


def _owned(client: APIClient) -> Any:
    call = make.call(via="provider", voip=make.voip(), provider_call_id="1")
    return client.patch(f"/voip/calls/{call.pk}.json", {"status": "BUSY", "voip_id": None})


def _hang_up(client: APIClient) -> Any:
    return client.post(f"/voip/calls/{make.call(status='BUSY').pk}/hangup.json")


def _canceled(client: APIClient) -> Any:
    row = make.autocall(status="canceled", finished_at="2026-01-01T00:00Z")
    return client.patch(f"/voip/autocalls/{row.pk}.json", {"voip_id": make.voip().pk})


REFUSALS: list[tuple[Callable[[APIClient], Any], str, str]] = [
    (_dial, "There is no line “100”.", "Nie ma linii „100”."),
    (_no_configuration, "belongs to no VoIP configuration", "nie należy do żadnej konfiguracji VoIP"),
    (_two, "say which one is meant", "wskaż, o którą chodzi"),
    (_owned, "status, voip_id: owned by the provider", "status, voip_id: należy do zgłaszającego"),
    (_hang_up, "This call is not going on: it is busy.", "To połączenie nie trwa; jego status: zajęte."),
    (_canceled, "voip_id: this call-back is canceled", "voip_id: to połączenie zwrotne ma status „anulowane”"),
    (lambda client: client.get("/voip/calls.json?status=x"), "“x” is none; use one of", "„x” jest nieznane"),
    (lambda client: client.get("/voip/nothing.json"), "There is no such address.", "Nie ma takiego adresu."),
    (lambda client: client.post("/voip/sips.json", {}), "This field is required.", "To pole jest wymagane."),
]


@pytest.mark.parametrize(("ask", "english", "polish"), REFUSALS)
@pytest.mark.parametrize("language", ["en", "pl"])
def test_a_refusal_is_told_in_the_readers_language(
    alice: APIClient, ask: Callable[[APIClient], Any], english: str, polish: str, language: str
) -> None:
    alice.defaults["HTTP_ACCEPT_LANGUAGE"] = language

    answer = ask(alice)

    assert 400 <= answer.status_code < 500
    assert (polish if language == "pl" else english) in str(answer.json())
    assert answer["Content-Language"] == language
