"""Webhook deliveries as received, and the state of rate limits, sync cursors, replays and dialers."""

from typing import ClassVar

from django.contrib.auth.models import AnonymousUser, User
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from calls.models import Call, Report
from integrations.connection_models import ConnectionTest
from sips.models import Voip
from sips.staff_lines import sees_all_lines

__all__ = ["ConnectionTest", "Dialer", "RateLimit", "Rebuilding", "SyncCursor", "WebhookDelivery"]
"""The first from a module of its own: Django looks for models here."""

WAITING = Q(processed_at=None, error="")
UNREADABLE = ~Q(error="")
READ_IN_PART = Q(error="") & ~Q(notes="")
READABLE = Q(erased_at=None)
"""Not erased, so that it can be replayed."""


class WebhookDeliveryQuerySet(models.QuerySet["WebhookDelivery"]):
    def visible_to(self, user: User | AnonymousUser) -> "WebhookDeliveryQuerySet":
        """All; without the right to see all lines: deliveries about calls that the user may see, and no others."""
        if sees_all_lines(user):
            return self
        calls = Call.objects.visible_to(user).filter(voip=OuterRef("voip"))
        key = OuterRef("provider_call_id")
        reports = Report.objects.filter(delivery_id=OuterRef("pk"))
        of_others = reports.exclude(Exists(calls.filter(Q(provider_call_id=key) | Q(reference=key))))
        return self.filter(Exists(reports), ~Exists(of_others))


class WebhookDelivery(models.Model):
    voip = models.ForeignKey(
        Voip, models.CASCADE, db_index=False, related_name="deliveries", verbose_name=_("configuration")
    )
    fingerprint = models.CharField(max_length=64)
    """SHA-256 of what was sent. The same again for the same configuration is a redelivery and changes nothing."""
    provider = models.CharField(_("provider"), max_length=50, blank=True, default="", db_default="")
    """The provider whose file reads it, also after the configuration has another one."""
    event = models.CharField(_("event in the address"), max_length=50, blank=True)
    method = models.CharField(_("method"), max_length=4)
    headers = models.JSONField(_("headers"), default=dict)
    query = models.TextField(_("query string"), blank=True)
    body = models.BinaryField(_("body"))
    received_at = models.DateTimeField(_("received"))
    processed_at = models.DateTimeField(_("processed"), null=True)
    error = models.TextField(_("why it cannot be read"), blank=True)
    notes = models.TextField(_("what could not be read"), blank=True, default="", db_default="")
    """Why it was read in part, see `calls.sentences`."""
    provider_call_id = models.CharField(_("provider's call id"), max_length=255, blank=True)
    erased_at = models.DateTimeField(_("erased"), null=True)
    """When its content was erased; the row stays to detect a redelivery."""

    objects = WebhookDeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("webhook delivery")
        verbose_name_plural = _("webhook deliveries")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["voip", "fingerprint"], name="delivery_is_stored_once")
        ]
        indexes: ClassVar = [
            models.Index(fields=["voip", "-id"], name="delivery_voip"),
            models.Index(fields=["received_at"], name="delivery_waiting", condition=WAITING),
            models.Index(fields=["voip", "received_at"], name="delivery_unreadable", condition=UNREADABLE),
            models.Index(fields=["voip", "received_at"], name="delivery_read_in_part", condition=READ_IN_PART),
            models.Index(fields=["-id"], name="delivery_erased", condition=~READABLE),
            # Rows arrive in this order, so a few pages tell the blocks of any day of a table that only grows.
            BrinIndex(fields=["received_at"], name="delivery_received", autosummarize=True),
        ]

    def __str__(self) -> str:
        return (
            f"{self.event or self.method}, {date_format(timezone.localtime(self.received_at), 'SHORT_DATETIME_FORMAT')}"
        )

    @property
    def is_waiting(self) -> bool:
        return self.processed_at is None and not self.error


class RateLimit(models.Model):
    """When a configuration's next dial request may be sent: the provider's rate limit, for all processes."""

    voip = models.OneToOneField(Voip, models.CASCADE, primary_key=True, related_name="+")
    next_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.voip_id} {self.next_at}"


class SyncCursor(models.Model):
    """How far the provider's list of calls has been read."""

    voip = models.OneToOneField(
        Voip, models.CASCADE, primary_key=True, related_name="+", verbose_name=_("configuration")
    )
    read_until = models.DateTimeField(_("read until"))
    read_at = models.DateTimeField(_("last read"), null=True)
    error = models.TextField(_("why it could not be read"), blank=True)

    def __str__(self) -> str:
        return f"{self.voip_id} {self.read_until}"


class Rebuilding(models.Model):
    """The progress of a replay of all deliveries of a configuration."""

    voip = models.OneToOneField(
        Voip, models.CASCADE, primary_key=True, related_name="+", verbose_name=_("configuration")
    )
    total = models.PositiveIntegerField(_("deliveries to read again"))
    done = models.PositiveIntegerField(_("deliveries read again"))
    read_to = models.BigIntegerField(_("last delivery read"))
    changed = models.PositiveIntegerField(_("calls changed"))
    unreadable = models.PositiveIntegerField(_("deliveries that cannot be read"))
    started_at = models.DateTimeField(_("started"))
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("reading again")
        verbose_name_plural = _("readings again")

    def __str__(self) -> str:
        return f"{self.voip_id} {self.done}/{self.total}"


class Dialer(models.Model):
    """A SIP dialer process and its latest heartbeat."""

    name = models.CharField(max_length=255, unique=True)
    seen_at = models.DateTimeField()
    """By the clock of the database."""
    calls = models.PositiveIntegerField(default=0)
    """Calls held at that time."""

    def __str__(self) -> str:
        return self.name
