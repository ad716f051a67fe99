"""Stored reports of calls."""

from typing import TYPE_CHECKING, ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from sips.models import Voip

if TYPE_CHECKING:
    from calls.models import Call


class ReportQuerySet(models.QuerySet["Report"]):
    def of(self, call: "Call") -> "ReportQuerySet":
        """Reports of one call: the provider's, and our own if it was requested here."""
        return self.filter(voip_id=call.voip_id, provider_call_id__in=call.report_keys) if call.voip_id else self.none()


class Report(models.Model):
    """One report of a call: an event of a webhook, a row of a provider's list, an event of our dialer, or our own request.

    The reported columns of a Call are a function of its reports (`calls.merge`). Reports are kept as long as deliveries.
    """

    voip = models.ForeignKey(Voip, models.CASCADE, db_index=False, db_constraint=False, related_name="+")
    provider_call_id = models.CharField(max_length=255)
    """For a requested call its `reference`, until the provider has reported its id."""
    delivery_id = models.BigIntegerField(null=True)
    """The webhook delivery it was read from, which `integrations` keeps."""
    event = models.JSONField()
    """A `CallEvent`, as `CallEvent.to_json` writes it."""
    received_at = models.DateTimeField()
    """Stands in for times that the report lacks."""
    stored_at = models.DateTimeField()

    objects = ReportQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["voip", "provider_call_id"], name="report_call"),
            models.Index(fields=["delivery_id"], name="report_delivery", condition=Q(delivery_id__isnull=False)),
            BrinIndex(fields=["stored_at"], name="report_stored", autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.provider_call_id} {self.received_at}"


class ForgottenReports(models.Model):
    """A single row: reports stored before `until` are deleted or were never kept, so older calls cannot be recomputed from all of them."""

    until = models.DateTimeField()

    def __str__(self) -> str:
        return str(self.until)
