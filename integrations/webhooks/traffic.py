"""Webhook figures of each configuration."""

from datetime import datetime
from typing import TYPE_CHECKING, TypedDict

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from integrations.models import READ_IN_PART, UNREADABLE, WebhookDelivery
from sips.models import Voip

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


class Traffic(TypedDict):
    last_delivery_at: datetime | None
    unreadable_count: int
    in_part_count: int


def with_traffic(voips: QuerySet[Voip], *, since: datetime) -> "QuerySet[WithAnnotations[Voip, Traffic]]":
    """The configurations with `last_delivery_at`, and since that moment `unreadable_count` and `in_part_count`; each is read from an index."""
    own = WebhookDelivery.objects.filter(voip=OuterRef("pk"))
    return voips.annotate(
        last_delivery_at=Subquery(own.order_by("-id").values("received_at")[:1]),
        unreadable_count=_count(own.filter(UNREADABLE, received_at__gte=since)),
        in_part_count=_count(own.filter(READ_IN_PART, received_at__gte=since)),
    )


def _count(rows: QuerySet[WebhookDelivery]) -> Coalesce:
    counted = rows.order_by().values("voip").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted), 0)
