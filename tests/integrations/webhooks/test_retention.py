"""Old deliveries are forgotten, and the same sent again then does no harm."""

from datetime import timedelta
from typing import Any

import make
import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from calls.models import Call
from integrations.models import WebhookDelivery
from integrations.webhooks import retention
from integrations.webhooks.retention import delete_old_deliveries

pytestmark = pytest.mark.django_db


def delivery(days_old: float, **fields: Any) -> WebhookDelivery:
    received_at = timezone.now() - timedelta(days=days_old)
    voip = fields.pop("voip", None) or make.voip()
    return WebhookDelivery.objects.create(
        voip=voip, fingerprint=str(days_old), method="POST", body=b"x", received_at=received_at, **fields
    )


def test_deliveries_are_kept_for_ninety_days(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    voip = make.voip()
    for days in (90.1, 91, 92, 200, 4000):
        delivery(days, voip=voip, error="unreadable" if days == 200 else "")
    young = delivery(89.9, voip=voip)

    assert [delete_old_deliveries(), delete_old_deliveries()] == [5, 0]
    assert list(WebhookDelivery.objects.all()) == [young]


def test_without_a_limit_they_are_kept_for_ever(settings: Any) -> None:
    settings.DELIVERIES_KEPT = None
    delivery(10_000)

    assert delete_old_deliveries() == 0
    assert WebhookDelivery.objects.exists()


@pytest.mark.parametrize("deleted", [False, True])
def test_a_redelivery_of_what_was_forgotten_changes_no_call(alice: APIClient, deleted: bool) -> None:
    voip = make.voip(number="+48221234567")
    address = f"/voip/webhooks/telecube/{voip.webhook_secret}/call_end/"
    told = {"call_id": "1", "caller": "501502503", "called": "221234567", "status": "ANSWERED", "billsec": 42}
    told["end"] = "2026-01-01 12:00:00"
    alice.post(address, told)
    if deleted:
        alice.delete(f"/voip/calls/{Call.objects.get().pk}.json")
    before = list(Call.everything.values())
    WebhookDelivery.objects.update(received_at=timezone.now() - timedelta(days=91))
    delete_old_deliveries()

    alice.post(address, told)

    assert WebhookDelivery.objects.count() == 1
    assert list(Call.everything.values()) == before
