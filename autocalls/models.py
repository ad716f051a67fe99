"""Call-backs, their attempts, refusals and used form tokens."""

from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.postgres.indexes import OpClass
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from autocalls.refusal_models import Refusal, RefusalQuerySet, UsedFormToken
from autocalls.ringing import rings_one_of
from autocalls.statuses import OPEN, REASONS, AttemptOutcome, RequestSource, Standing, Status
from calls.models import Call
from sips.models import Sip, Voip
from sips.staff_lines import lines_of, sees_all_lines
from widgets.models import Widget

__all__ = [
    "BY_VISITOR",
    "GRACE",
    "MOST_ATTEMPTS",
    "OPEN",
    "REASONS",
    "REASSIGN",
    "Attempt",
    "AttemptOutcome",
    "Autocall",
    "AutocallQuerySet",
    "Refusal",
    "RefusalQuerySet",
    "RequestSource",
    "Standing",
    "Status",
    "UsedFormToken",
]
"""Some from modules of their own: Django looks for models here."""


MOST_ATTEMPTS = 10
GRACE = timedelta(minutes=1)
"""How far in the past a requested time may be: clocks differ, and a request takes time."""
BY_VISITOR = Q(source=RequestSource.WIDGET)


REASSIGN = "autocalls.reassign_autocall"
"""The right to release and finish call-backs that somebody else has taken."""


class AutocallQuerySet(models.QuerySet["Autocall"]):
    def visible_to(self, user: User | AnonymousUser) -> "AutocallQuerySet":
        """All; without the right to see all lines: those the user has taken, and those that ring or have rung one of their lines."""
        if sees_all_lines(user):
            return self
        if user.pk is None:
            return self.none()
        own = lines_of(user)
        rings = rings_one_of(own, configuration="voip")
        rang = Exists(Attempt.objects.filter(autocall=OuterRef("pk"), sip__in=own))
        return self.filter(Q(taken_by=user.pk) | Q(sip__in=own) | (Q(sip=None) & rings) | rang)


class Autocall(models.Model):
    """A call-back: a call to be made now, or at a promised time."""

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
        models.SET_NULL,
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
    name = models.CharField(pgettext_lazy("of a person", "name"), max_length=255, blank=True)
    note = models.TextField(_("note"), blank=True, max_length=2000)
    source = models.CharField(
        _("source"), max_length=6, choices=RequestSource.choices, default=RequestSource.STAFF, editable=False
    )
    consent_at = models.DateTimeField(_("consent given"), null=True, editable=False)
    consent_version = models.CharField(
        _("consent text"), max_length=12, blank=True, db_default="", default="", editable=False
    )
    """Of the text shown (`widgets.models.ConsentText`), also where no consent was given."""
    page_url = models.CharField(_("page"), max_length=1000, blank=True, editable=False)
    address = models.CharField(
        _("visitor's address"), max_length=45, blank=True, db_default="", default="", editable=False
    )
    """As the limits count it, see `autocalls.guard.Origin`; erased after some days."""
    network = models.CharField(max_length=45, blank=True, db_default="", default="", editable=False)
    promised_at = models.DateTimeField(_("promised for"), default=timezone.now, editable=False)
    """The time promised to the visitor; retries change only `call_at`."""
    slot_at = models.DateTimeField(null=True, editable=False)
    """A moment in the booked slot; null where none was booked."""
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0, editable=False)
    max_attempts = models.PositiveSmallIntegerField(
        _("attempts at most"), default=3, validators=[MinValueValidator(1), MaxValueValidator(MOST_ATTEMPTS)]
    )
    hunting = models.BooleanField(default=False, db_default=False, editable=False)
    """The current attempt continues with the next operator's line (hunting)."""
    last_call = models.ForeignKey(
        Call, models.SET_NULL, null=True, editable=False, related_name="autocalls", verbose_name=_("last call")
    )
    reason = models.CharField(_("reason"), max_length=32, blank=True, choices=REASONS, editable=False)
    """An AttemptOutcome or a Standing."""
    taken_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        db_index=False,
        related_name="+",
        verbose_name=_("taken by"),
    )
    taken_at = models.DateTimeField(_("taken"), null=True, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)
    finished_at = models.DateTimeField(_("finished"), null=True, editable=False)

    objects = AutocallQuerySet.as_manager()

    class Meta:
        verbose_name = _("call-back")
        verbose_name_plural = _("call-backs")
        permissions: ClassVar = [("reassign_autocall", _("Can change call-backs that somebody else has taken"))]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(status__in=Status.values), name="autocall_status_is_known"),
            models.CheckConstraint(condition=Q(source__in=RequestSource.values), name="autocall_source_is_known"),
            models.CheckConstraint(
                condition=Q(reason__in=["", *AttemptOutcome.values, *Standing.values]), name="autocall_reason_is_known"
            ),
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
            models.CheckConstraint(
                condition=~Q(status=Status.TAKEN) | Q(taken_at__isnull=False), name="autocall_is_taken_at_a_time"
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
            models.Index(fields=["promised_at"], name="autocall_promised", condition=Q(status=Status.SCHEDULED)),
            models.Index(fields=["taken_by", "-id"], name="autocall_taken_by", condition=Q(taken_by__isnull=False)),
            models.Index(fields=["widget", "slot_at"], name="autocall_slot", condition=Q(status__in=OPEN)),
            *(
                models.Index(fields=[counted, "created_at"], name=f"autocall_by_{counted}", condition=BY_VISITOR)
                for counted in ("number", "address", "network", "widget")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}, {date_format(timezone.localtime(self.call_at), 'SHORT_DATETIME_FORMAT')}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


class Attempt(models.Model):
    """One Call made for a call-back."""

    autocall = models.ForeignKey(Autocall, models.CASCADE, db_index=False, related_name="calls_made")
    number = models.PositiveSmallIntegerField(_("attempt"))
    """The same for the Calls of one attempt, which ring one operator after the other."""
    call = models.OneToOneField(
        Call, models.SET_NULL, null=True, related_name="made_for_autocall", verbose_name=_("call")
    )
    sip = models.ForeignKey(
        Sip, models.SET_NULL, null=True, related_name="autocall_attempts", verbose_name=_("line"), db_index=False
    )
    outcome = models.CharField(_("outcome"), max_length=10, blank=True, choices=AttemptOutcome.choices)
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    settled_at = models.DateTimeField(_("settled"), null=True)

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(outcome__in=["", *AttemptOutcome.values]), name="attempt_outcome_is_known"
            ),
            models.UniqueConstraint(fields=["autocall"], condition=Q(outcome=""), name="attempt_is_one_at_a_time"),
            models.UniqueConstraint(
                fields=["autocall", "number", "sip"],
                condition=~Q(outcome=AttemptOutcome.NOT_DIALED),
                name="attempt_rings_a_line_once",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["autocall", "id"], name="attempt_autocall"),
            models.Index(fields=["sip", "-started_at"], name="attempt_line"),
            models.Index(fields=["started_at"], name="attempt_open", condition=Q(outcome="")),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {date_format(timezone.localtime(self.started_at), 'SHORT_DATETIME_FORMAT')}"
