"""`POST /voip/voips/:id/read.json`: reading a delivery dry."""

import json
from typing import Any

import make
import pytest
from resources import at_fault
from rest_framework.test import APIClient

from calls.models import Call, Report
from integrations.models import WebhookDelivery

pytestmark = pytest.mark.django_db
ENDED = {"call_id": "c-1", "caller": "501 502 503", "called": "+48221234567", "status": "ANSWERED", "billsec": 42}


def read(client: APIClient, *, voip: Any = None, **body: Any) -> Any:
    voip = voip or make.voip()
    return client.post(f"/voip/voips/{voip.pk}/read.json", {"body": json.dumps(ENDED), "event": "call_end"} | body)


def test_a_delivery_is_explained_and_not_stored(alice: APIClient) -> None:
    answer = read(alice)

    event = answer.json()["events"][0]
    assert answer.status_code == 200
    assert event["used"]["talk_seconds"] == "billsec"
    assert {
        name: event["said"][name] for name in ("provider_call_id", "status", "number_from", "talk_seconds", "kind")
    } == {
        "provider_call_id": "c-1",
        "status": "ANSWERED",
        "number_from": "+48501502503",
        "talk_seconds": 42,
        "kind": None,
    }
    assert (Call.objects.count(), Report.objects.count(), WebhookDelivery.objects.count()) == (0, 0, 0)


def test_the_given_settings_are_used_and_not_stored(alice: APIClient) -> None:
    voip = make.voip()
    settings = {"fields": {"call_id": ["nr"]}, "events": {"koniec": "call_end"}}

    event = read(alice, voip=voip, body="nr=9&event=koniec", event="", settings=settings).json()["events"][0]

    assert (event["event"], event["said"]["provider_call_id"], event["said"]["status"]) == ("call_end", "9", None)
    voip.refresh_from_db()
    assert voip.settings == {}


def test_an_unreadable_delivery_is_explained(alice: APIClient) -> None:
    told = read(alice, body="nr=9&event=koniec", event="").json()["events"][0]
    broken = read(alice, body="{").json()

    assert (told["said"], told["unknown_words"]) == (None, [{"section": "events", "word": "koniec"}])
    assert "koniec" in told["problem"]
    assert (broken["events"], bool(broken["problem"])) == ([], True)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"body": None}, "body"),
        ({"body": "x" * 65_537}, "body"),
        ({"settings": {"felds": {}}}, "settings"),
        ({"settings": {"events": {"a": "b"}}}, "settings"),
        ({"settings": []}, "settings"),
        ({"setings": {}}, "setings"),
        ({"event": "x" * 51}, "event"),
    ],
)
def test_a_mistake_is_a_400_that_names_the_field(alice: APIClient, body: dict[str, Any], field: str) -> None:
    answer = read(alice, **body)

    assert (answer.status_code, at_fault(answer)) == (400, [field])


@pytest.mark.parametrize("body", [r'{"body": "\u0000"}', r'{"body": "\ud800"}'])
def test_a_body_that_is_no_text_is_a_400(alice: APIClient, body: str) -> None:
    path = f"/voip/voips/{make.voip().pk}/read.json"

    assert alice.generic("POST", path, body, content_type="application/json").status_code == 400


def test_a_configuration_without_a_provider_reads_nothing(alice: APIClient) -> None:
    answer = read(alice, voip=make.voip(provider=""))

    assert (answer.status_code, at_fault(answer)) == (400, ["provider"])


def test_reading_needs_the_right_to_change_configurations(
    alice: APIClient, bob: APIClient, stranger: APIClient
) -> None:
    voip = make.voip()

    assert read(bob, voip=voip).status_code == 403
    assert read(stranger, voip=voip).status_code == 401
    assert alice.post(f"/voip/voips/{voip.pk + 1}/read.json", {"body": ""}).status_code == 404


@pytest.mark.parametrize("provider", ["zadarma", "twilio", "simulator"])
def test_a_provider_whose_file_alone_knows_tells_what_it_reads(alice: APIClient, provider: str) -> None:
    answer = read(alice, voip=make.voip(provider=provider))

    assert answer.status_code == 200
