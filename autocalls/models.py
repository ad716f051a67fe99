"""What should happen later: calls promised to visitors."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.models import Call
from sips.models import Sip, Voip
from widgets.models import Widget


class Status(models.TextChoices):
    SCHEDULED = "scheduled", _("scheduled")
    CALLING = "calling", _("calling")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELED = "canceled", _("canceled")
    EXPIRED = "expired", _("expired")


OPEN = (Status.SCHEDULED, Status.CALLING)


class Source(models.TextChoices):
    WIDGET = "widget", _("widget")
    API = "api", _("API")
    STAFF = "staff", _("staff")


class Autocall(models.Model):
    """A call to be made for somebody, now or at a promised time."""

    number = models.CharField(_("number"), max_length=64)
    status = models.CharField(_("status"), max_length=9, choices=Status.choices, default=Status.SCHEDULED)
    call_at = models.DateTimeField(_("call at"), default=timezone.now)
    widget = models.ForeignKey(
        Widget,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="autocalls",
        verbose_name=_("widget"),
    )
    voip = models.ForeignKey(
        Voip,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="autocalls",
        verbose_name=_("configuration"),
    )
    sip = models.ForeignKey(
        Sip, models.SET_NULL, null=True, blank=True, related_name="autocalls", verbose_name=_("line")
    )
    client_id = models.BigIntegerField(_("CRM client"), null=True, blank=True)
    contact_id = models.BigIntegerField(_("CRM contact"), null=True, blank=True)
    name = models.CharField(_("name"), max_length=255, blank=True)
    note = models.TextField(_("note"), blank=True, max_length=2000)
    source = models.CharField(_("source"), max_length=6, choices=Source.choices, default=Source.STAFF, editable=False)
    consent_at = models.DateTimeField(_("consent given"), null=True, editable=False)
    page_url = models.CharField(_("page"), max_length=1000, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)
    max_attempts = models.PositiveSmallIntegerField(
        _("attempts at most"), default=3, validators=[MinValueValidator(1), MaxValueValidator(10)]
    )
    last_call = models.ForeignKey(
        Call, models.SET_NULL, null=True, editable=False, related_name="autocalls", verbose_name=_("last call")
    )
    reason = models.CharField(_("reason"), max_length=255, blank=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)

    class Meta:
        verbose_name = _("call-back")
        verbose_name_plural = _("call-backs")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="autocall_status_is_known"),
            models.CheckConstraint(condition=Q(source__in=Source.values), name="autocall_source_is_known"),
            models.CheckConstraint(condition=~Q(number=""), name="autocall_has_a_number"),
            models.CheckConstraint(condition=Q(max_attempts__range=(1, 10)), name="autocall_max_attempts_1_to_10"),
            models.CheckConstraint(
                condition=Q(status__in=OPEN, finished_at=None) | (~Q(status__in=OPEN) & Q(finished_at__isnull=False)),
                name="autocall_is_finished_or_open",
            ),
            models.UniqueConstraint(
                fields=["widget", "number"], condition=Q(status__in=OPEN), name="autocall_is_open_once_per_widget"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["status", "-id"], name="autocall_status"),
            models.Index(fields=["widget", "-id"], name="autocall_widget"),
            models.Index(fields=["voip", "-id"], name="autocall_voip"),
            models.Index(fields=["number", "-id"], name="autocall_number"),
            models.Index(fields=["call_at"], name="autocall_call_at"),
        ]

    def __str__(self) -> str:
        return f"{self.number} {timezone.localtime(self.call_at):%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN
