"""How the webhooks of each configuration are doing."""

from datetime import datetime
from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from integrations.models import UNREADABLE, WebhookDelivery


def with_traffic(voips: QuerySet[Any], *, since: datetime) -> QuerySet[Any]:
    """The configurations with `last_delivery_at`, and `unreadable_count` since that moment; each is read from an index."""
    own = WebhookDelivery.objects.filter(voip=OuterRef("pk"))
    unreadable = own.filter(UNREADABLE, received_at__gte=since).order_by().values("voip")
    annotated: QuerySet[Any] = voips.annotate(
        last_delivery_at=Subquery(own.order_by("-id").values("received_at")[:1]),
        unreadable_count=Coalesce(Subquery(unreadable.annotate(count=Count("pk")).values("count")), 0),
    )
    return annotated
