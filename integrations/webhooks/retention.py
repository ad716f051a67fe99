"""Retention of deliveries: they are kept for replays, then deleted.

The same request, sent again after that, would be processed again. That changes nothing: its call, or the empty row of a deleted one, is still there,
and merging is idempotent.
"""

from itertools import islice

from django.conf import settings
from django.utils import timezone

from integrations.models import WebhookDelivery

AT_ONCE = 5000


def delete_old_deliveries() -> int:
    """Delete the deliveries received longer ago than `DELIVERIES_KEPT_DAYS`, in portions. Returns how many."""
    if settings.DELIVERIES_KEPT is None:
        return 0
    old = WebhookDelivery.objects.filter(received_at__lt=timezone.now() - settings.DELIVERIES_KEPT)
    deleted = 0
    ids = old.values_list("pk", flat=True).iterator(chunk_size=AT_ONCE)
    while some := list(islice(ids, AT_ONCE)):
        deleted += WebhookDelivery.objects.filter(pk__in=some).delete()[0]
    return deleted
