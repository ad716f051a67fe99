from datetime import timedelta
from typing import Any

import make
import pytest
from django.utils import timezone

from integrations.models import WebhookDelivery
from integrations.webhooks.traffic import with_traffic
from sips.models import Voip

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def received(voip: Voip, *, days_ago: int = 0, **fields: Any) -> WebhookDelivery:
    return WebhookDelivery.objects.create(
        voip=voip,
        fingerprint=str(WebhookDelivery.objects.count()),
        received_at=NOW - timedelta(days=days_ago),
        processed_at=NOW,
        **fields,
    )


def test_what_could_not_be_read_is_counted_from_then_on_and_by_configuration() -> None:
    voip, other = make.voip(), make.voip()
    for days_ago in (0, 0, 3):
        received(voip, days_ago=days_ago, error="broken")
        received(voip, days_ago=days_ago, notes="a word")
    received(voip, error="broken", notes="and a word")
    received(voip)
    received(other, error="broken")

    counted = with_traffic(Voip.objects.order_by("pk"), since=NOW - timedelta(days=1))

    assert [(row.unreadable_count, row.in_part_count) for row in counted] == [(3, 2), (1, 0)]


def test_the_last_delivery_is_the_one_that_came_last() -> None:
    voip = make.voip()
    received(voip, days_ago=3)
    latest = received(voip, days_ago=1)

    (row,) = with_traffic(Voip.objects.all(), since=NOW)

    assert (row.last_delivery_at, row.unreadable_count) == (latest.received_at, 0)
