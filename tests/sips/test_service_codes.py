"""What costs money or changes a line is not dialed by an extension's length."""

from typing import Any

import make
import pytest
from resources import at_fault
from rest_framework.test import APIClient

from calls.models import Call

pytestmark = pytest.mark.django_db
CODES = ("112", "911", "999", "997", "118913", "116111", "19115", "*43#", "##002#", "#21#", "**1", "116 111")
EXTENSIONS = ("101", "102", "205", "2000", "12", "990")


def dial(client: APIClient, number: str, **headers: Any) -> Any:
    return client.post("/voip/calls/make_call.json", {"sip": "100", "number_to": number}, **headers)


@pytest.mark.parametrize("number", CODES)
def test_emergency_numbers_service_numbers_and_codes_are_refused(alice: APIClient, number: str) -> None:
    make.sip()

    answer = dial(alice, number)

    assert (answer.status_code, at_fault(answer), Call.objects.count()) == (400, ["number_to"], 0)
    assert "SERVICE_CODES_ALLOWED" in answer.json()["number_to"][0]


def test_the_refusal_is_in_polish(alice: APIClient) -> None:
    make.sip()

    assert "numer alarmowy" in dial(alice, "112", HTTP_ACCEPT_LANGUAGE="pl").json()["number_to"][0]


@pytest.mark.parametrize("number", EXTENSIONS)
def test_extensions_are_dialed(alice: APIClient, number: str) -> None:
    make.sip()

    assert dial(alice, number).status_code == 201


@pytest.mark.parametrize(("allowed", "number"), [({"112"}, "112"), ({"*43#"}, "*43#"), ({"all"}, "##002#"), ({"116111"}, "116 111")])  # fmt: skip
def test_a_setting_allows_them(alice: APIClient, settings: Any, allowed: set[str], number: str) -> None:
    settings.SERVICE_CODES_ALLOWED = frozenset(allowed)
    make.sip()

    assert dial(alice, number).status_code == 201


def test_a_line_of_the_configuration_is_an_extension_unless_it_is_an_emergency_number(alice: APIClient) -> None:
    line = make.sip()
    make.sip(voip=line.voip, sip="19115", name="Town hall")
    make.sip(voip=line.voip, sip="112", name="Odd")

    assert [dial(alice, number).status_code for number in ("19115", "112")] == [201, 400]


def test_a_line_of_another_configuration_makes_no_extension_of_a_service(alice: APIClient) -> None:
    make.sip()
    make.sip(voip=make.voip(name="Another"), sip="19115")

    assert dial(alice, "19115").status_code == 400


def test_what_a_service_is_depends_on_the_country(alice: APIClient) -> None:
    make.sip(voip=make.voip(address="pbx.example.com", country="GB"))

    assert [dial(alice, number).status_code for number in ("999", "118118", "19115")] == [400, 400, 201]
