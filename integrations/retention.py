"""What operators sent is kept for a while, to be read again, and then forgotten.

An operator that sent the same months later would be believed again. That changes nothing either: its call is still there, and merging what it
already knows does nothing. A call that was deleted left its row behind for this very reason.
"""

from itertools import islice

from django.conf import settings
from django.utils import timezone

from integrations.models import WebhookDelivery

AT_ONCE = 5000


def delete_old_deliveries() -> int:
    """Delete the deliveries received longer ago than `DELIVERIES_KEPT_DAYS`, some at a time. Returns how many."""
    if settings.DELIVERIES_KEPT is None:
        return 0
    old = WebhookDelivery.objects.filter(received_at__lt=timezone.now() - settings.DELIVERIES_KEPT)
    deleted = 0
    ids = old.values_list("pk", flat=True).iterator(chunk_size=AT_ONCE)
    while some := list(islice(ids, AT_ONCE)):
        deleted += WebhookDelivery.objects.filter(pk__in=some).delete()[0]
    return deleted
