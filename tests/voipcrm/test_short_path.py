"""The endpoints on which somebody waits for a telephone answer as all others do, without what only pages need."""

from typing import Any

import make
import pytest
from django.conf import settings
from django.utils.module_loading import import_string
from rest_framework.test import APIClient

from voipcrm import short_path
from voipcrm.audit.entries import AuditEntry

pytestmark = pytest.mark.django_db
CREATE, MAKE_CALL = "/voip/autocalls/create_from_widget", "/voip/calls/make_call.json"
OF_PAGES = {"Content-Length", "X-Request-ID", "Date"}


def asked(client: APIClient, path: str, **headers: str) -> Any:
    body = {"widget_token": "unknown", "autocall": {"number": "+48501502503"}} if path == CREATE else {"sip": "9"}
    return client.post(path, body, headers={"Accept-Language": "pl", "Origin": "https://shop.example.com", **headers})


@pytest.mark.parametrize("path", [CREATE, MAKE_CALL])
def test_the_answer_is_that_of_the_long_way(alice: APIClient, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    short = asked(alice, path)
    with monkeypatch.context() as patched:
        patched.setattr(short_path, "PATHS", frozenset())
        long = asked(alice, path)

    assert (short.status_code, short.content) == (long.status_code, long.content)
    assert {name: short.headers[name] for name in short.headers if name not in OF_PAGES | {"Vary"}} == {
        name: long.headers[name] for name in long.headers if name not in OF_PAGES | {"Vary"}
    }
    assert {"accept-language", "origin"} <= {each.strip().lower() for each in short.headers["Vary"].split(",")}


@pytest.mark.parametrize("path", [CREATE, MAKE_CALL])
def test_sessions_and_forms_are_not_asked(alice: APIClient, path: str) -> None:
    request = asked(alice, path).wsgi_request

    assert not hasattr(request, "session")
    assert request.resolver_match.view_name in {"create-from-widget", "call-make-call"}


def test_another_host_is_refused(alice: APIClient) -> None:
    assert asked(alice, CREATE, Host="stranger.example.com").status_code == 400


def test_a_call_is_attributed_to_who_had_it_dialed(alice: APIClient) -> None:
    line = make.sip(voip=make.voip(address="pbx.example.com", name="Office"))

    placed = alice.post(MAKE_CALL, {"sip": line.sip, "number_to": "+48501502503"})

    entry = AuditEntry.objects.get(model="calls.call", object_id=placed.json()["id"])
    assert (entry.action, entry.by) == ("dialed", "api")
    assert entry.who == placed.json()["placed_by"]


def test_what_is_kept_of_the_middleware_is_in_its_order() -> None:
    assert [name for name in settings.MIDDLEWARE if name in short_path.KEPT] == list(short_path.KEPT)
    assert all(import_string(name) for name in short_path.KEPT)
