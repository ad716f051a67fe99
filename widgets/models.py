"""The call-back button on web sites."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.db.models.base import ModelBase
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sips.models import Sip, Voip
from sips.validators import validate_time_zone
from widgets import opening_hours
from widgets.allowed_countries import ANY_COUNTRY, validate_countries
from widgets.replaced_texts import validate_texts
from widgets.slots import SlotRules

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Locale(models.TextChoices):
    PL = "pl", "polski"
    EN = "en", "English"
    UK = "uk", "українська"
    ES = "es", "español"
    CS = "cs", "čeština"


class Position(models.TextChoices):
    BOTTOM_RIGHT = "bottom-right", _("bottom right")
    BOTTOM_LEFT = "bottom-left", _("bottom left")
    TOP_RIGHT = "top-right", _("top right")
    TOP_LEFT = "top-left", _("top left")


class RingFirst(models.TextChoices):
    OPERATOR = "operator", _("operator")
    VISITOR = "visitor", _("visitor")


def new_token() -> str:
    """The public id of a widget; it authorises nothing else."""
    return secrets.token_urlsafe(18)


def _bounded(
    label: "StrOrPromise", *, default: int, least: int, most: int, help_text: "StrOrPromise" = ""
) -> "models.PositiveSmallIntegerField[int, int]":
    return models.PositiveSmallIntegerField(
        label, default=default, validators=[MinValueValidator(least), MaxValueValidator(most)], help_text=help_text
    )


class Widget(models.Model):
    name = models.CharField(_("name"), max_length=255)
    description = models.TextField(_("description"), blank=True, max_length=2000)
    active = models.BooleanField(_("active"), default=True)
    voip = models.ForeignKey(
        Voip,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="widgets",
        verbose_name=_("configuration"),
    )
    token = models.CharField(_("token"), max_length=64, unique=True, default=new_token, editable=False)
    locale = models.CharField(_("language"), max_length=2, choices=Locale.choices, default=Locale.PL)
    call_now = models.BooleanField(_("call now"), default=True)
    call_future = models.BooleanField(_("book a call"), default=True)
    opening_time = models.JSONField(_("opening hours"), default=dict, blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=64, default="Europe/Warsaw", validators=[validate_time_zone]
    )
    holidays = models.CharField(
        _("public holidays"),
        max_length=2,
        blank=True,
        help_text=_("Country whose public holidays are closed, such as PL; blank: none."),
    )
    consent_text = models.TextField(_("consent text"), blank=True, max_length=5000)
    color = models.CharField(
        _("color"),
        max_length=7,
        default="#1a73e8",
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}\Z", _("Give a color such as #1a73e8."))],
    )
    position = models.CharField(_("position"), max_length=12, choices=Position.choices, default=Position.BOTTOM_RIGHT)
    texts = models.JSONField(
        _("texts of your own"),
        default=dict,
        blank=True,
        validators=[validate_texts],
        help_text=_("Instead of the texts of the product; a blank one is not replaced."),
    )
    allowed_countries = models.JSONField(
        _("allowed countries"),
        default=list,
        blank=True,
        validators=[validate_countries],
        help_text=_("Countries that may be called, as [“PL”, “CZ”]; empty: the configuration's own; [“*”]: any."),
    )
    lines = models.ManyToManyField(
        Sip,
        blank=True,
        related_name="widgets",
        verbose_name=_("lines"),
        help_text=_("Operators who are rung in turn; none: every active line of the configuration."),
    )
    ring_first = models.CharField(_("ring first"), max_length=8, choices=RingFirst.choices, default=RingFirst.OPERATOR)
    slot_minutes = _bounded(_("minutes of a slot"), default=15, least=5, most=240)
    slot_capacity = _bounded(_("calls in a slot"), default=1, least=1, most=1000)
    minimum_notice_minutes = _bounded(_("minimum notice in minutes"), default=15, least=0, most=10080)
    days_ahead = _bounded(_("days ahead at most"), default=7, least=0, most=60)
    daily_limit = _bounded(
        _("requests a day"), default=300, least=1, most=10000, help_text=_("What visitors may ask for in 24 hours.")
    )
    form_token_required = models.BooleanField(
        _("form token required"),
        default=False,
        help_text=_(
            "Each request needs a fresh token from widget_data, which is good once. Scripts then cannot just post."
        ),
    )
    max_attempts = _bounded(_("attempts at most"), default=3, least=1, most=10)
    retry_minutes = _bounded(_("minutes to the next attempt"), default=10, least=1, most=1440)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        verbose_name = _("widget")
        verbose_name_plural = _("widgets")
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(name=""), name="widget_has_a_name"),
            models.CheckConstraint(condition=Q(locale__in=Locale.values), name="widget_locale_is_known"),
            models.CheckConstraint(condition=Q(position__in=Position.values), name="widget_position_is_known"),
            models.CheckConstraint(condition=Q(ring_first__in=RingFirst.values), name="widget_ring_first_is_known"),
            models.CheckConstraint(condition=Q(slot_minutes__range=(5, 240)), name="widget_slot_minutes_5_to_240"),
            models.CheckConstraint(condition=Q(slot_capacity__range=(1, 1000)), name="widget_slot_capacity_1_to_1000"),
            models.CheckConstraint(condition=Q(max_attempts__range=(1, 10)), name="widget_max_attempts_1_to_10"),
            models.CheckConstraint(condition=Q(retry_minutes__range=(1, 1440)), name="widget_retry_minutes_1_to_1440"),
            models.CheckConstraint(
                condition=Q(minimum_notice_minutes__range=(0, 10080)), name="widget_minimum_notice_minutes_0_to_10080"
            ),
            models.CheckConstraint(condition=Q(days_ahead__range=(0, 60)), name="widget_days_ahead_0_to_60"),
            models.CheckConstraint(condition=Q(daily_limit__range=(1, 10000)), name="widget_daily_limit_1_to_10000"),
        ]
        indexes: ClassVar = [models.Index(fields=["voip", "id"], name="widget_voip")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        try:
            self.hours()
        except opening_hours.OpeningHoursError as problem:
            raise ValidationError({"opening_time": problem.translated(gettext)}) from problem

    def save(
        self,
        *,
        force_insert: bool | tuple[ModelBase, ...] = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """Stores each consent text, as evidence of what visitors agreed to."""
        super().save(force_insert=force_insert, force_update=force_update, using=using, update_fields=update_fields)
        if self.consent_text:
            ConsentText.objects.get_or_create(
                widget=self, version=self.consent_version, defaults={"text": self.consent_text}
            )

    @property
    def consent_version(self) -> str:
        """The id of the current consent text; "" without one."""
        return hashlib.sha256(self.consent_text.encode()).hexdigest()[:12] if self.consent_text else ""

    @property
    def slot_rules(self) -> SlotRules:
        return SlotRules(self.slot_minutes, timedelta(minutes=self.minimum_notice_minutes), self.days_ahead)

    def hours(self) -> opening_hours.OpeningHours:
        """Raises OpeningHoursError when `opening_time`, `time_zone` or `holidays` cannot be read."""
        return opening_hours.parse(self.opening_time, time_zone=self.time_zone, holidays=self.holidays)

    def is_open(self, moment: datetime) -> bool:
        return self.hours().is_open(moment)

    def closes_at(self, moment: datetime) -> datetime | None:
        """The end of the opening that holds this moment, as far as the next days show; None where it is closed."""
        hours = self.hours()
        yesterday = moment.astimezone(hours.zone).date() - timedelta(days=1)
        return next((end for begin, end in hours.intervals(yesterday, days=4) if begin <= moment < end), None)

    def may_call(self, country: str) -> bool:
        """Whether visitors in that country may be called; others than the configuration's own must be listed."""
        own = self.voip.country if self.voip is not None else Voip._meta.get_field("country").get_default()
        allowed = self.allowed_countries or [own]
        return ANY_COUNTRY in allowed or country in allowed

    def rotate_token(self) -> None:
        """Give the widget a new token; pages with the old one stop working."""
        self.token = new_token()
        self.save(update_fields=["token", "updated_at"])


class ConsentText(models.Model):
    """A consent text as visitors saw it; never changed."""

    widget = models.ForeignKey(Widget, models.CASCADE, related_name="consent_texts", db_index=False)
    version = models.CharField(max_length=12)
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["widget", "version"], name="consent_text_is_stored_once")
        ]

    def __str__(self) -> str:
        return self.version


class Sighting(models.Model):
    """An origin on which a widget has been seen, see `widgets.sightings`; neither page nor visitor is stored."""

    widget = models.ForeignKey(Widget, models.CASCADE, related_name="sightings", db_index=False)
    origin = models.CharField(max_length=255)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)
    """Written at most once an hour."""

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["widget", "origin"], name="sighting_is_stored_once"),
            models.CheckConstraint(condition=Q(origin__regex=r"^https?://"), name="sighting_is_of_a_web_site"),
        ]
        indexes: ClassVar = [models.Index(fields=["widget", "-last_at"], name="sighting_latest")]

    def __str__(self) -> str:
        return self.origin
