from datetime import UTC, datetime

import make
import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from calls.models import Call
from integrations.models import WebhookDelivery

pytestmark = pytest.mark.django_db


def test_telecubes_four_webhooks_become_one_answered_call(stranger: APIClient) -> None:
    voip = make.voip()
    address = f"/voip/webhooks/telecube/{voip.webhook_secret}"
    said = {"call_id": "1700000000.1", "caller": "501502503", "called": "+48221234567"}

    for event, more in (
        ("queue_start", {}),
        ("call_start", {"extension": "101"}),
        ("call_end", {"extension": "101", "status": "ANSWERED", "billsec": 42}),
        ("queue_hangup", {}),
    ):
        assert stranger.post(f"{address}/{event}/", said | more).json() == {"status": "ok"}

    call = Call.objects.get()
    assert (call.status, call.kind, call.duration) == ("ANSWERED", "incoming", 42)
    assert (call.number_from, call.number_to) == ("+48501502503", "+48221234567")
    assert WebhookDelivery.objects.exclude(processed_at=None).count() == 4


def test_a_delivery_is_named_by_the_wall_clock_of_who_looks() -> None:
    delivery = WebhookDelivery(event="call_end", received_at=datetime(2026, 3, 2, 11, tzinfo=UTC))

    with timezone.override("Europe/Warsaw"):
        assert str(delivery) == "call_end 2026-03-02 12:00:00"
