import logging
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db import DataError, IntegrityError, OperationalError
from resources import at_fault
from rest_framework.test import APIClient

from sips.models import Sip

pytestmark = pytest.mark.django_db


def fail_with(monkeypatch: pytest.MonkeyPatch, problem: Exception) -> None:
    def fail(*_args: Any, **_options: Any) -> None:
        raise problem

    monkeypatch.setattr(Sip, "save", fail)


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (IntegrityError("key"), 409),
        (DataError("out of range"), 400),
        (ObjectDoesNotExist(), 404),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_the_database_refuses_is_no_server_error(
    alice: APIClient, monkeypatch: pytest.MonkeyPatch, problem: Exception, code: int
) -> None:
    fail_with(monkeypatch, problem)

    answer = alice.post("/voip/sips.json", {"name": "Desk"})

    assert (answer.status_code, at_fault(answer)) == (code, ["detail"])


def test_a_fault_of_ours_is_told_in_json_and_logged(
    alice: APIClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    fail_with(monkeypatch, OperationalError("the disk is full"))
    alice.raise_request_exception = False

    answer = alice.post("/voip/sips.json", {"name": "Desk"})

    assert (answer.status_code, at_fault(answer)) == (500, ["detail"])
    assert "disk" not in answer.content.decode()
    assert any(record.levelno == logging.ERROR and record.exc_info for record in caplog.records)


@pytest.mark.parametrize(
    "path", ["/voip/", "/voip/calls", "/voip/calls.json/", "/voip/calls/1", "/voip/nothing.json", "/voip/calls/x.json"]
)
def test_an_address_that_is_none_answers_in_json(alice: APIClient, path: str) -> None:
    answer = alice.get(path)

    assert (answer.status_code, at_fault(answer)) == (404, ["detail"])


def test_pages_outside_the_api_answer_in_html(alice: APIClient) -> None:
    assert alice.get("/nothing")["Content-Type"].startswith("text/html")


def test_a_method_an_endpoint_lacks_is_not_allowed(alice: APIClient) -> None:
    codes = [alice.generic(method, "/voip/calls/make_call.json").status_code for method in ("GET", "PUT", "TRACE")]

    assert codes == [405] * 3


def test_a_method_that_nobody_knows_is_not_allowed(alice: APIClient) -> None:
    assert alice.generic("BREW", "/voip/calls/make_call.json").status_code == 405


@pytest.mark.parametrize("path", ["/voip/widget_data.json", "/healthz"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_public_reading_endpoints_refuse_writes(path: str, method: str) -> None:
    client = APIClient(enforce_csrf_checks=True)

    assert client.generic(method, path).status_code == 405
