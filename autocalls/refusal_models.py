"""Refused requests, and used form tokens."""

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models.functions import Reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from autocalls.ringing import rings_one_of
from sips.staff_lines import lines_of, sees_all_lines
from widgets.models import Widget


class RefusalQuerySet(models.QuerySet["Refusal"]):
    def visible_to(self, user: User | AnonymousUser) -> "RefusalQuerySet":
        """All; users who see only their own lines: refusals of widgets that ring one of these lines."""
        if sees_all_lines(user):
            return self
        if user.pk is None:
            return self.none()
        return self.filter(rings_one_of(lines_of(user), configuration="widget__voip"))


class Refusal(models.Model):
    """A refused request of a visitor, kept so that staff can see and allow it. Repetitions within a day are counted, not stored."""

    widget = models.ForeignKey(
        Widget, models.CASCADE, db_index=False, related_name="refusals", verbose_name=_("widget")
    )
    code = models.CharField(_("why"), max_length=32)
    number = models.CharField(_("number"), max_length=64, blank=True)
    address = models.CharField(_("visitor's address"), max_length=45, blank=True)
    day = models.DateField()
    times = models.PositiveIntegerField(_("times"), default=1)
    call_at = models.DateTimeField(_("call at"), null=True)
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=255, blank=True)
    note = models.TextField(_("note"), blank=True, max_length=2000)
    page_url = models.CharField(_("page"), max_length=1000, blank=True)
    first_at = models.DateTimeField(_("first"), default=timezone.now)
    last_at = models.DateTimeField(_("last"), default=timezone.now)
    allowed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("allowed by")
    )
    autocall = models.ForeignKey(
        "autocalls.Autocall", models.SET_NULL, null=True, related_name="refusals", verbose_name=_("call-back")
    )

    objects = RefusalQuerySet.as_manager()

    class Meta:
        verbose_name = _("refused request")
        verbose_name_plural = _("refused requests")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["widget", "day", "code", "number", "address"], name="refusal_is_stored_once_a_day"
            )
        ]
        indexes: ClassVar = [
            models.Index(fields=["widget", "-id"], name="refusal_widget"),
            models.Index(fields=["number"], name="refusal_number"),
            models.Index(OpClass(Reverse("number"), name="text_pattern_ops"), name="refusal_number_end"),
            models.Index(fields=["last_at"], name="refusal_last"),
        ]

    def __str__(self) -> str:
        return f"{self.number or '?'} {self.code}"


class UsedFormToken(models.Model):
    """A form token that has made its request."""

    nonce = models.CharField(max_length=32, primary_key=True)
    used_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.nonce
