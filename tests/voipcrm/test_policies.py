"""What browsers are told about the pages people look at."""

import pytest
from django.test import Client
from staff import superuser

pytestmark = pytest.mark.django_db


def policy(path: str, client: Client) -> dict[str, list[str]]:
    header = client.get(path).headers["Content-Security-Policy"]
    return {name: sources for name, *sources in (part.split() for part in header.split(";"))}


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/calls/call/", "/voip/docs/"])
def test_pages_load_from_here_and_nowhere_else(path: str) -> None:
    told = policy(path, superuser())

    sources = {source for values in told.values() for source in values}
    assert told["default-src"] == ["'self'"]
    assert not any("//" in source or source in ("*", "https:", "http:") for source in sources)


@pytest.mark.parametrize("path", ["/voip/calls.json", "/healthz", "/voip/schema/"])
def test_what_machines_read_may_load_nothing(path: str) -> None:
    assert policy(path, Client())["default-src"] == ["'none'"]


@pytest.mark.parametrize("path", ["/admin/", "/voip/docs/"])
def test_no_inline_script_is_allowed_without_its_nonce(path: str) -> None:
    client = superuser()

    scripts = policy(path, client)["script-src"]

    assert "'unsafe-inline'" not in scripts


def test_the_script_of_the_api_docs_has_the_nonce_of_its_policy() -> None:
    answer = Client().get("/voip/docs/")

    nonce = answer.content.decode().partition('<script nonce="')[2].partition('"')[0]
    assert len(nonce) > 10
    assert f"'nonce-{nonce}'" in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/admin/login/", "/voip/docs/"])
def test_forms_of_pages_tell_their_origin_to_ourselves(path: str) -> None:
    """Under no-referrer a browser sends “Origin: null” with a form, and nobody could sign in."""
    assert Client().get(path).headers["Referrer-Policy"] == "same-origin"


def test_other_responses_send_no_referrer() -> None:
    assert Client().get("/voip/calls.json").headers["Referrer-Policy"] == "no-referrer"
