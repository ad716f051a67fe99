"""What should happen later: calls promised to visitors."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import OpClass
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Reverse
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


MOST_ATTEMPTS = 10
BY_VISITOR = Q(source=Source.WIDGET)


class Outcome(models.TextChoices):
    """How one Call of a call-back ended, as far as it decides what comes next."""

    ANSWERED = "answered", _("answered")
    OPERATOR = "operator", _("operator not reached")
    BUSY = "busy", _("busy")
    NO_ANSWER = "no_answer", _("no answer")
    DECLINED = "declined", _("declined")
    IMPOSSIBLE = "impossible", _("no such number")
    FAILED = "failed", _("failed")
    NOT_DIALED = "not_dialed", _("not dialed in time")


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
    consent_version = models.CharField(
        _("consent text"), max_length=12, blank=True, db_default="", default="", editable=False
    )
    """Of the text that was shown (`widgets.models.ConsentText`), also where no consent was given."""
    page_url = models.CharField(_("page"), max_length=1000, blank=True, editable=False)
    address = models.CharField(
        _("visitor's address"), max_length=45, blank=True, db_default="", default="", editable=False
    )
    """As the limits count it, see `autocalls.guard.Origin`; forgotten after some days."""
    network = models.CharField(max_length=45, blank=True, db_default="", default="", editable=False)
    promised_at = models.DateTimeField(_("promised for"), default=timezone.now, editable=False)
    """What was promised, whatever retries made of `call_at`."""
    slot_at = models.DateTimeField(null=True, editable=False)
    """A moment in the booked slot, of which this takes a place; null where none was booked."""
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)
    max_attempts = models.PositiveSmallIntegerField(
        _("attempts at most"), default=3, validators=[MinValueValidator(1), MaxValueValidator(MOST_ATTEMPTS)]
    )
    passing_on = models.BooleanField(default=False, db_default=False, editable=False)
    """The present attempt goes on with the next operator."""
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
            models.CheckConstraint(
                condition=~Q(number="") | ~Q(status__in=OPEN), name="autocall_has_a_number_while_open"
            ),
            models.CheckConstraint(
                condition=Q(max_attempts__range=(1, MOST_ATTEMPTS)), name="autocall_max_attempts_1_to_10"
            ),
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
            models.Index(OpClass(Reverse("number"), name="text_pattern_ops"), name="autocall_number_end"),
            models.Index(fields=["call_at"], name="autocall_call_at"),
            models.Index(fields=["call_at", "id"], name="autocall_due", condition=Q(status=Status.SCHEDULED)),
            models.Index(fields=["widget", "slot_at"], name="autocall_slot", condition=Q(status__in=OPEN)),
            *(
                models.Index(fields=[counted, "created_at"], name=f"autocall_by_{counted}", condition=BY_VISITOR)
                for counted in ("number", "address", "network", "widget")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number} {timezone.localtime(self.call_at):%Y-%m-%d %H:%M}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


class Attempt(models.Model):
    """One Call made for a call-back."""

    autocall = models.ForeignKey(Autocall, models.CASCADE, db_index=False, related_name="calls_made")
    number = models.PositiveSmallIntegerField(_("attempt"))
    """Of the attempts that are limited: the Calls of one attempt ring one operator after the other."""
    call = models.OneToOneField(
        Call, models.SET_NULL, null=True, related_name="made_for_autocall", verbose_name=_("call")
    )
    sip = models.ForeignKey(
        Sip, models.SET_NULL, null=True, related_name="autocall_attempts", verbose_name=_("line"), db_index=False
    )
    outcome = models.CharField(_("outcome"), max_length=10, blank=True, choices=Outcome.choices)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    settled_at = models.DateTimeField(_("settled"), null=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(outcome__in=["", *Outcome.values]), name="attempt_outcome_is_known"),
            models.UniqueConstraint(fields=["autocall"], condition=Q(outcome=""), name="attempt_is_one_at_a_time"),
            models.UniqueConstraint(
                fields=["autocall", "number", "sip"],
                condition=~Q(outcome=Outcome.NOT_DIALED),
                name="attempt_rings_a_line_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["autocall", "id"], name="attempt_autocall"),
            models.Index(fields=["sip", "-started_at"], name="attempt_line"),
            models.Index(fields=["started_at"], name="attempt_open", condition=Q(outcome="")),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.started_at:%Y-%m-%d %H:%M:%S}"


class Refusal(models.Model):
    """What a visitor was refused, kept so that staff can see it and allow it after all. Repetitions of a day are counted, not stored."""

    widget = models.ForeignKey(
        Widget, models.CASCADE, db_index=False, related_name="refusals", verbose_name=_("widget")
    )
    code = models.CharField(_("why"), max_length=32)
    number = models.CharField(_("number"), max_length=64, blank=True)
    address = models.CharField(_("visitor's address"), max_length=45, blank=True)
    day = models.DateField()
    times = models.PositiveIntegerField(_("times"), default=1)
    call_at = models.DateTimeField(_("call at"), null=True)
    name = models.CharField(_("name"), max_length=255, blank=True)
    note = models.TextField(_("note"), blank=True, max_length=2000)
    page_url = models.CharField(_("page"), max_length=1000, blank=True)
    first_at = models.DateTimeField(_("first"), default=timezone.now)
    last_at = models.DateTimeField(_("last"), default=timezone.now)
    allowed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("allowed by")
    )
    autocall = models.ForeignKey(
        Autocall, models.SET_NULL, null=True, related_name="refusals", verbose_name=_("call-back")
    )

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
