"""Retention of deliveries: they are kept for replays, then deleted.

The same request, sent again after that, would be processed again. That changes nothing: its call, or the empty row of a deleted one, is still there,
and merging is idempotent.
"""

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from integrations.models import WebhookDelivery
from sips.portions import delete_oldest

AT_ONCE = 5000


def delete_old_deliveries() -> int:
    """Delete the deliveries received longer ago than `DELIVERIES_KEPT_DAYS`, in portions. Returns how many."""
    if settings.DELIVERIES_KEPT is None:
        return 0
    old = Q(received_at__lt=timezone.now() - settings.DELIVERIES_KEPT)
    return delete_oldest(WebhookDelivery.objects.all(), old, at_once=AT_ONCE)
