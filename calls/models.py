"""Calls: one row is one call, answered or not."""

from datetime import datetime, timedelta
from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import Exists, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.call_indexes import AWAITS_ID, IN_PROGRESS, INDEXES
from calls.follow_up_models import FollowUp
from calls.note_models import Note, Outcome
from calls.reasons import Reason
from calls.report_models import ForgottenReports, Report
from calls.returning import HAS_NUMBER, IS_MISSED, later_talks
from calls.statuses import MISSED, Kind, Status, Via, precedence
from sips.models import Sip, Voip
from sips.staff_lines import lines_of, sees_all_lines

__all__ = [
    "AWAITS_ID",
    "Call",
    "CallQuerySet",
    "FollowUp",
    "ForgottenReports",
    "LivingCalls",
    "Note",
    "Outcome",
    "Report",
    "Via",
    "new_reference",
]

DESCRIPTION_LIMIT = 10_000
"""Characters; bounded, because PostgreSQL cannot index the words of a text of more than a megabyte."""


class CallQuerySet(models.QuerySet["Call"]):
    def in_progress(self) -> "CallQuerySet":
        """Reported calls without a reported end; they have an index of their own."""
        return self.filter(IN_PROGRESS)

    def missed(self) -> "CallQuerySet":
        return self.filter(IS_MISSED)

    def unreturned(self, *, since: datetime | None = None) -> "CallQuerySet":
        """Missed calls with a number that nobody has talked with since; only those that began at `since` or later."""
        rows = self.missed() if since is None else self.missed().filter(start_time__gte=since)
        return rows.filter(HAS_NUMBER, ~Exists(later_talks(Call.objects.all(), since=since)))

    def returned(self, *, within: timedelta | None = None) -> "CallQuerySet":
        """Missed calls after which somebody talked with that number, within that time."""
        return self.missed().filter(HAS_NUMBER, Exists(later_talks(Call.objects.all(), within=within)))

    def visible_to(self, user: User | AnonymousUser) -> "CallQuerySet":
        """All; without the right to see all lines: calls of the user's own lines and those they placed. Every view that shows or counts calls for a
        user starts here."""
        if sees_all_lines(user):
            return self
        if user.pk is None:
            return self.none()
        return self.filter(Q(sip__in=lines_of(user)) | Q(placed_by=user.pk))


class LivingCalls(models.Manager.from_queryset(CallQuerySet)):  # type: ignore[misc]  # a base class that is made here
    """All but deleted calls, whose rows keep only the provider's id so that a late event does not recreate them."""

    def get_queryset(self) -> CallQuerySet:
        living: CallQuerySet = super().get_queryset().filter(deleted_at=None)
        return living


def new_reference() -> str:
    return f"vcrm-{uuid4().hex}"


FIRST_REPORT_WITHIN = timedelta(hours=3)
"""How long after dialing a provider may first report its id of a call: in a webhook within minutes, in its list of calls within hours."""


class Call(models.Model):
    """One call, answered or not. Where a provider or our dialer reports on it, its reported columns are written by `calls.reports` only."""

    voip = models.ForeignKey(
        Voip,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="calls",
        verbose_name=_("configuration"),
    )
    sip = models.ForeignKey(
        Sip, models.SET_NULL, null=True, blank=True, db_index=False, related_name="calls", verbose_name=_("line")
    )
    number_from = models.CharField(_("from"), max_length=64, blank=True)
    number_to = models.CharField(_("to"), max_length=64, blank=True)
    start_time = models.DateTimeField(_("start"), default=timezone.now)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    duration = models.PositiveIntegerField(_("talk time (s)"), null=True, blank=True)
    kind = models.CharField(_("kind"), max_length=10, blank=True, choices=Kind.choices)
    status = models.CharField(_("status"), max_length=12, blank=True, choices=Status.choices)
    reason = models.CharField(_("reason"), max_length=255, blank=True, choices=Reason.choices)
    provider_status = models.CharField(_("provider's word"), max_length=255, blank=True)
    provider_call_id = models.CharField(_("provider's id"), max_length=255, blank=True)
    recording_url = models.URLField(_("recording"), max_length=1000, blank=True)
    client_id = models.BigIntegerField(_("CRM client"), null=True, blank=True)
    contact_id = models.BigIntegerField(_("CRM contact"), null=True, blank=True)
    description = models.TextField(_("description"), blank=True, max_length=DESCRIPTION_LIMIT)
    outcome = models.ForeignKey(
        Outcome,
        models.PROTECT,
        null=True,
        blank=True,
        db_index=False,
        related_name="calls",
        verbose_name=_("outcome"),
        help_text=_("What came of it, in the company's own words."),
    )
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        editable=False,
        db_index=False,
        related_name="+",
        verbose_name=_("placed by"),
    )
    """The user who requested it; null where it was not requested here, or not by a person."""
    via = models.CharField(_("reported by"), max_length=8, blank=True, choices=Via.choices, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    customer_number = models.CharField(_("customer's number"), max_length=64, blank=True, editable=False)
    """The other party's number if it is a full number and not our own: it identifies a client. E.164, or as given if its country is ambiguous."""
    precedence = models.PositiveSmallIntegerField(default=0, editable=False)
    """See `calls.statuses.precedence`. Only grows."""
    sip_precedence = models.PositiveSmallIntegerField(default=0, editable=False)
    """The precedence of the report that set `sip`: the line that got furthest is the call's line."""
    kind_precedence = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    """The weight of the report that set `kind`, see `calls.report_values`."""
    customer_precedence = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    """The same for `customer_number`."""
    ended_precedence = models.PositiveSmallIntegerField(default=0, db_default=0, editable=False)
    """Where `ended_at` is from: 2 reported, 1 start plus talk time, 0 when the report came."""
    identity_set = models.BooleanField(default=False, db_default=False, editable=False)
    """People or the CRM have set client and contact, even to none: reports do not change them."""
    deleted_at = models.DateTimeField(null=True, editable=False)
    erased_at = models.DateTimeField(null=True, editable=False)
    """When the person was erased: later reports change how the call went, but not with whom."""

    reference = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    """Our id of a requested call, sent to whoever dials it; blank for all others."""
    customer_first = models.BooleanField(default=False, db_default=False, editable=False)
    """Of a requested call: the number is rung before the line."""
    dial_by = models.DateTimeField(null=True, editable=False)
    """Of a requested call: it is not dialed after this moment."""
    dialed_at = models.DateTimeField(null=True, editable=False)
    """When a request was claimed, just before dialing."""
    held_by = models.CharField(max_length=255, blank=True, default="", db_default="", editable=False)
    """The dialer process that placed the call; only that one can end it."""
    hangup_requested_at = models.DateTimeField(null=True, editable=False)

    objects = LivingCalls()
    everything: ClassVar = CallQuerySet.as_manager()

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        base_manager_name = "everything"
        default_manager_name = "objects"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["voip", "provider_call_id"],
                condition=~Q(provider_call_id=""),
                name="call_is_unique_in_its_voip",
            ),
            models.UniqueConstraint(fields=["reference"], condition=~Q(reference=""), name="call_reference_is_unique"),
            models.CheckConstraint(condition=Q(status__in=["", *Status.values]), name="call_status_is_known"),
            models.CheckConstraint(condition=Q(kind__in=["", *Kind.values]), name="call_kind_is_known"),
            models.CheckConstraint(condition=Q(via__in=Via.values), name="call_via_is_known"),
            models.CheckConstraint(condition=Q(reason__in=Reason.values), name="call_reason_is_known"),
        ]
        indexes: ClassVar = INDEXES

    def __str__(self) -> str:
        return f"{self.number_from or '?'} → {self.number_to or '?'}"

    @property
    def is_reported(self) -> bool:
        """Whether a provider or our dialer reports its numbers, times and status."""
        return self.via != Via.NOBODY

    @property
    def report_key(self) -> str:
        """The key of our own reports; the provider's reports are stored under the provider's id."""
        return self.reference or self.provider_call_id

    @property
    def report_keys(self) -> list[str]:
        return [key for key in (self.provider_call_id, self.reference) if key]

    @property
    def awaits_id(self) -> bool:
        return bool(self.reference) and self.via == Via.PROVIDER and not self.provider_call_id

    @property
    def awaits_first_report(self) -> bool:
        """Whether the provider's first report of this request, which is correlated by number and line, may still come."""
        is_settled = self.precedence >= precedence(Status.FAILED)
        lately = timezone.now() - FIRST_REPORT_WITHIN
        return self.awaits_id and not is_settled and self.dialed_at is not None and self.dialed_at > lately

    @property
    def is_missed(self) -> bool:
        return self.kind == Kind.INCOMING and self.status in MISSED
