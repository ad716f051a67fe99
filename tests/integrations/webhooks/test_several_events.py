"""A delivery that tells of several events is one delivery: all of them count, once."""

import json
from datetime import timedelta
from typing import Any

import make
import pytest
from django.db import IntegrityError
from django.utils import timezone
from rest_framework.test import APIClient

from calls.models import Call, Report
from calls.statuses import Status
from integrations.webhooks import services
from sips.models import Voip

pytestmark = pytest.mark.django_db
RINGS = {"call_id": "1", "caller": "501502503", "called": "+48221234567"}
LONG_AGO = timezone.now() - timedelta(days=9)


@pytest.fixture
def voip() -> Voip:
    return make.voip()


def send(client: APIClient, voip: Voip, *events: dict[str, Any]) -> int:
    address = f"/voip/webhooks/telecube/{voip.webhook_secret}/call_start/"
    return client.post(address, json.dumps(events), content_type="application/json").status_code


def reported(voip: Voip, call_id: str) -> Call:
    return make.call(voip=voip, via="provider", provider_call_id=call_id, start_time=LONG_AGO, status=Status.BUSY)


def test_the_reports_of_all_are_those_of_the_delivery(stranger: APIClient, voip: Voip) -> None:
    send(stranger, voip, RINGS, RINGS | {"call_id": "2"})

    assert set(Report.objects.values_list("provider_call_id", "delivery_id")) == {
        ("1", voip.deliveries.get().pk),
        ("2", voip.deliveries.get().pk),
    }


def test_sent_again_none_of_them_counts_again(stranger: APIClient, voip: Voip) -> None:
    send(stranger, voip, RINGS, RINGS | {"call_id": "2"})

    assert send(stranger, voip, RINGS, RINGS | {"call_id": "2"}) == 200

    assert Report.objects.count() == 2


@pytest.mark.parametrize("place", [0, 1])
def test_one_in_doubt_is_noted_wherever_it_stands(stranger: APIClient, voip: Voip, place: int) -> None:
    reported(voip, "17")
    events = [RINGS]
    events.insert(place, {"call_id": "17"})

    send(stranger, voip, *events)

    assert "17" in voip.deliveries.get().notes


def test_of_an_erased_persons_call_no_doubt_about_another_is_noted(stranger: APIClient, voip: Voip) -> None:
    reported(voip, "17")
    Call.objects.create(voip=voip, via="provider", provider_call_id="1", erased_at=timezone.now())

    send(stranger, voip, RINGS, {"call_id": "17"})

    delivery = voip.deliveries.get()
    assert (delivery.erased_at is not None, delivery.notes) == (True, "")


def test_a_configuration_deleted_while_it_is_stored_is_no_address_any_more(
    stranger: APIClient, voip: Voip, monkeypatch: pytest.MonkeyPatch
) -> None:
    def store(*_arguments: Any, **_options: Any) -> None:
        Voip.objects.filter(pk=voip.pk).delete()
        raise IntegrityError

    monkeypatch.setattr(services, "_store", store)

    assert send(stranger, voip, RINGS) == 404
