"""Every webhook request as it came: stored before it is understood, so that nothing is lost and history can be replayed."""

from typing import ClassVar

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from sips.models import Voip

WAITING = Q(processed_at=None, error="")
UNREADABLE = ~Q(error="")
READABLE = Q(erased_at=None)
"""What was not erased, and can be read again."""


class WebhookDelivery(models.Model):
    voip = models.ForeignKey(
        Voip, models.PROTECT, db_index=False, related_name="deliveries", verbose_name=_("configuration")
    )
    fingerprint = models.CharField(max_length=64)
    """SHA-256 of what was sent. The same again for the same configuration is a redelivery and changes nothing."""
    event = models.CharField(_("event in the address"), max_length=50, blank=True)
    method = models.CharField(_("method"), max_length=4)
    headers = models.JSONField(_("headers"), default=dict)
    query = models.TextField(_("query string"), blank=True)
    body = models.BinaryField(_("body"))
    received_at = models.DateTimeField(_("received"))
    processed_at = models.DateTimeField(_("processed"), null=True)
    error = models.TextField(_("why it cannot be read"), blank=True)
    provider_call_id = models.CharField(_("provider's call id"), max_length=255, blank=True)
    erased_at = models.DateTimeField(_("erased"), null=True)
    """When its content was erased; the row stays, so that the same does not count as new when the operator sends it again."""

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["voip", "fingerprint"], name="delivery_is_stored_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["voip", "-id"], name="delivery_voip"),
            models.Index(fields=["voip", "provider_call_id"], name="delivery_call", condition=~Q(provider_call_id="")),
            models.Index(fields=["received_at"], name="delivery_waiting", condition=WAITING),
            models.Index(fields=["voip", "received_at"], name="delivery_unreadable", condition=UNREADABLE),
            # Rows arrive in this order, so a few pages tell the blocks of any day of a table that only grows.
            BrinIndex(fields=["received_at"], name="delivery_received", autosummarize=True),
        ]

    def __str__(self) -> str:
        return f"{self.event or self.method} {timezone.localtime(self.received_at):%Y-%m-%d %H:%M:%S}"

    @property
    def is_waiting(self) -> bool:
        return self.processed_at is None and not self.error


class DialPace(models.Model):
    """When a configuration's next request to dial may leave: the operator's rate limit, kept for all processes."""

    voip = models.OneToOneField(Voip, models.CASCADE, primary_key=True, related_name="+")
    next_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.voip_id} {self.next_at}"


class ListMark(models.Model):
    """How far the operator's list of calls has been read."""

    voip = models.OneToOneField(
        Voip, models.CASCADE, primary_key=True, related_name="+", verbose_name=_("configuration")
    )
    read_until = models.DateTimeField(_("read until"))
    read_at = models.DateTimeField(_("last read"), null=True)
    error = models.TextField(_("why it could not be read"), blank=True)

    def __str__(self) -> str:
        return f"{self.voip_id} {self.read_until}"


class Dialer(models.Model):
    """A SIP dialer process that is alive, or was when it last said so."""

    name = models.CharField(max_length=255, unique=True)
    seen_at = models.DateTimeField()
    """By the database's clock, which all of them share."""
    calls = models.PositiveIntegerField(default=0)
    """Held at that time."""

    def __str__(self) -> str:
        return self.name
