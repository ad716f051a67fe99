"""One number is read alike wherever it comes in: webhooks, the API, calls to be made, the widget, searches and the admin."""

import json
from typing import Any

import make
import pytest
from callback_desk import clock
from django.utils import timezone
from rest_framework.test import APIClient
from staff import superuser

from autocalls.models import Autocall, Refusal
from calls.filters import number_is
from calls.models import Call
from integrations.providers.foundation.events import Delivery
from integrations.webhooks import services
from sips.models import Voip

pytestmark = pytest.mark.django_db
WRITINGS = [
    "+48226221234",
    "22 622 12 34",
    "022 622 12 34",
    "(0-22) 622 12 34",
    "0048 22 622-12-34",
    "48226221234",
    "48 022 6221234",
]
EXTENSIONS = ["22 622 12 34 wew. 5", "+48226221234;ext=5", "+48226221234,,5#"]
NUMBER = "+48226221234"


def webhook(voip: Voip, caller: str, call_id: str = "7") -> Call:
    body = json.dumps({"event": "call_start", "call_id": call_id, "from": caller, "direction": "in"}).encode()
    delivery = Delivery(method="POST", body=body, received_at=timezone.now())
    services.receive(delivery, provider="telecube", secret=voip.webhook_secret, address="127.0.0.1")
    call: Call = Call.objects.get(provider_call_id=call_id)
    return call


def by_widget(client: APIClient, number: str) -> Any:
    widget = make.widget(voip=make.office(), form_token_required=False)
    requested = {"widget_token": widget.token, "autocall": {"number": number}}
    return client.post("/voip/autocalls/create_from_widget", requested)


@pytest.mark.parametrize("written", WRITINGS)
def test_every_reader_reads_a_writing_alike(alice: APIClient, stranger: APIClient, written: str) -> None:
    desk = make.office()

    stored = alice.post("/voip/calls.json", {"number_from": written, "number_to": written}).json()
    dialed = alice.post("/voip/calls/make_call.json", {"sip": "101", "number_to": written, "voip_id": desk.pk}).json()
    scheduled = alice.post("/voip/autocalls.json", {"number": written, "voip_id": desk.pk}).json()
    with clock():
        asked = by_widget(stranger, written)

    assert [stored["number_from"], stored["number_to"], dialed["number_to"], scheduled["number"]] == [NUMBER] * 4
    assert asked.status_code == 201
    assert Autocall.objects.filter(number=NUMBER).count() == 2
    assert webhook(make.voip(), written).number_from == NUMBER


@pytest.mark.parametrize("written", [*WRITINGS, *EXTENSIONS])
def test_every_writing_finds_the_call(bob: APIClient, written: str) -> None:
    call = webhook(make.voip(), "22 622 12 34 wew. 7")

    found = bob.get("/voip/calls.json", {"number": written}).json()

    assert [each["id"] for each in found["results"]] == [call.pk]


@pytest.mark.parametrize("written", EXTENSIONS)
def test_an_extension_that_cannot_be_dialed_is_a_refusal_that_names_it(
    alice: APIClient, stranger: APIClient, written: str
) -> None:
    desk = make.office()

    called = alice.post("/voip/calls/make_call.json", {"sip": "101", "number_to": written, "voip_id": desk.pk})
    scheduled = alice.post("/voip/autocalls.json", {"number": written, "voip_id": desk.pk})
    with clock():
        asked = by_widget(stranger, written)

    assert [each.status_code for each in (called, scheduled, asked)] == [400, 400, 400]
    assert "extension 5" in str(called.json()["number_to"])
    assert "extension 5" in str(scheduled.json()["number"])
    assert (asked.json()["code"], "(5)" in asked.json()["detail"]) == ("number_extension", True)
    assert Refusal.objects.get().number == NUMBER


def test_an_extension_in_a_form_of_the_admin_is_named() -> None:
    page = superuser().post("/admin/autocalls/autocall/add/", {"number": "22 622 12 34 wew. 5"})

    assert "The extension 5 cannot be dialed" in page.content.decode()


def test_a_short_number_may_be_written_in_groups(settings: Any, alice: APIClient) -> None:
    settings.SERVICE_CODES_ALLOWED = frozenset({"116111"})
    make.office()

    dialed = alice.post("/voip/calls/make_call.json", {"sip": "101", "number_to": "116 111"})

    assert (dialed.status_code, dialed.json()["number_to"]) == (201, "116111")


@pytest.mark.parametrize("written", WRITINGS)
def test_a_line_is_found_by_its_number_in_any_writing(written: str) -> None:
    voip = make.voip()
    line = make.sip(voip=voip, number=NUMBER)
    body = json.dumps({"event": "call_start", "call_id": "7", "from": "501502503", "agent": written}).encode()
    delivery = Delivery(method="POST", body=body, received_at=timezone.now())
    services.receive(delivery, provider="telecube", secret=voip.webhook_secret, address="127.0.0.1")

    assert Call.objects.get().sip == line


@pytest.mark.parametrize("caller", ["Anonymous", "Restricted", "unknown", "0", "266696687", "+266696687"])
def test_who_withholds_the_number_is_anonymous_and_no_customer(alice: APIClient, caller: str) -> None:
    stored = alice.post("/voip/calls.json", {"number_from": caller, "kind": "incoming"}).json()
    reported = webhook(make.voip(), caller)

    assert stored["number_from"] == reported.number_from == "anonymous"
    assert not Call.objects.exclude(customer_number="").exists()


@pytest.mark.parametrize("sought", ["+298201234", "+48298201234", "298201234", "29 820 12 34"])
def test_a_number_whose_country_cannot_be_told_is_found_by_either_reading(sought: str) -> None:
    call = make.call(number_from="298201234")

    assert Call.objects.filter(number_is(sought, "number_from")).get() == call
