"""What happened: one row is one conversation or attempt."""

from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.statuses import FIRST_RESULT, MISSED, Kind, Status, precedence
from sips.models import Sip, Voip

DESCRIPTION_LIMIT = 10_000
"""Characters; bounded, because PostgreSQL cannot index the words of a text of more than a megabyte."""


class Via(models.TextChoices):
    """Who reports on a call and therefore owns its numbers, times and status."""

    NOBODY = "", _("entered by hand")
    SIP = "sip", _("our SIP dialer")
    PROVIDER = "provider", _("the provider")


class CallQuerySet(models.QuerySet["Call"]):
    def missed(self) -> "CallQuerySet":
        return self.filter(kind=Kind.INCOMING, status__in=MISSED)


class LivingCalls(models.Manager.from_queryset(CallQuerySet)):  # type: ignore[misc]
    """Every call but the deleted ones, of which only the provider's id is kept so that a late event does not bring them back."""

    def get_queryset(self) -> CallQuerySet:
        return super().get_queryset().filter(deleted_at=None)  # type: ignore[no-any-return]


def new_reference() -> str:
    return f"vcrm-{uuid4().hex}"


AWAITS_ID = Q(via=Via.PROVIDER, provider_call_id="", precedence__lt=precedence(Status.FAILED)) & ~Q(reference="")
"""Requests whose provider has not told its own id of the call yet; given up ones too, as a late word may still come."""


def _newest_first(*fields: str, name: str, condition: Q | None = None) -> models.Index:
    """An index for one filter of the list, in the list's own order, so that a page is read from it and nothing is sorted."""
    return models.Index(*fields, F("start_time").desc(), F("id").desc(), name=name, condition=condition)


class Call(models.Model):
    """A conversation or an attempt at one. Changed by `calls.services` alone once a provider or our dialer reports on it."""

    voip = models.ForeignKey(
        Voip,
        models.PROTECT,
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
    reason = models.CharField(_("reason"), max_length=255, blank=True)
    provider_status = models.CharField(_("provider's word"), max_length=255, blank=True)
    provider_call_id = models.CharField(_("provider's id"), max_length=255, blank=True)
    recording_url = models.URLField(_("recording"), max_length=1000, blank=True)
    client_id = models.BigIntegerField(_("CRM client"), null=True, blank=True)
    contact_id = models.BigIntegerField(_("CRM contact"), null=True, blank=True)
    description = models.TextField(_("description"), blank=True, max_length=DESCRIPTION_LIMIT)
    via = models.CharField(_("reported by"), max_length=8, blank=True, choices=Via.choices, editable=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    customer_number = models.CharField(max_length=64, blank=True, editable=False)
    """The other party's number, when it is E.164 and not our own: what identifies a client."""
    precedence = models.PositiveSmallIntegerField(default=0, editable=False)
    """How far the call is and how sure we are, see `calls.statuses.precedence`. Only grows."""
    sip_precedence = models.PositiveSmallIntegerField(default=0, editable=False)
    """The precedence of the report that named `sip`: the line that got furthest is the call's line."""
    deleted_at = models.DateTimeField(null=True, editable=False)
    erased_at = models.DateTimeField(null=True, editable=False)
    """When the person was erased from it: reports go on to tell how the call went, but not with whom."""

    reference = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    """Our own id of a call that was asked for here, told to whoever dials it; blank for all others."""
    customer_first = models.BooleanField(default=False, db_default=False, editable=False)
    """Of a requested call: the number is rung before the line."""
    dial_by = models.DateTimeField(null=True, editable=False)
    """Of a requested call: from this moment on it is not dialed any more, whatever held it up."""
    dialed_at = models.DateTimeField(null=True, editable=False)
    """When a request was claimed, just before it left the house."""
    held_by = models.CharField(max_length=255, blank=True, default="", db_default="", editable=False)
    """The dialer process that placed the call and alone can end it."""
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
        ]
        indexes: ClassVar = [
            _newest_first(name="call_newest"),
            _newest_first("status", name="call_status"),
            _newest_first("kind", name="call_kind"),
            _newest_first("voip", name="call_voip"),
            _newest_first("sip", name="call_sip"),
            _newest_first("client_id", name="call_client", condition=Q(client_id__isnull=False)),
            _newest_first("contact_id", name="call_contact", condition=Q(contact_id__isnull=False)),
            _newest_first("number_from", name="call_number_from"),
            _newest_first("number_to", name="call_number_to"),
            models.Index(OpClass(Reverse("number_from"), name="text_pattern_ops"), name="call_number_from_end"),
            models.Index(OpClass(Reverse("number_to"), name="text_pattern_ops"), name="call_number_to_end"),
            models.Index(fields=["duration"], name="call_duration"),
            models.Index(fields=["updated_at"], name="call_updated"),
            _newest_first(name="call_missed", condition=Q(kind=Kind.INCOMING, status__in=MISSED)),
            _newest_first(
                "customer_number",
                name="call_identified",
                condition=~Q(customer_number="") & (Q(client_id__isnull=False) | Q(contact_id__isnull=False)),
            ),
            models.Index(
                fields=["updated_at"],
                name="call_unfinished",
                condition=Q(precedence__gt=0, precedence__lt=FIRST_RESULT),
            ),
            models.Index(fields=["voip", "dialed_at"], name="call_awaits_id", condition=AWAITS_ID),
            models.Index(
                fields=["held_by"],
                name="call_held",
                condition=~Q(held_by="") & Q(precedence__lt=FIRST_RESULT),
            ),
            models.Index(fields=["erased_at"], name="call_erased", condition=Q(erased_at__isnull=False)),
            GinIndex(SearchVector("description", config="simple"), name="call_description"),
        ]

    def __str__(self) -> str:
        return f"{self.number_from or '?'} → {self.number_to or '?'}"

    @property
    def is_reported(self) -> bool:
        """Whether a provider or our dialer owns the numbers, times and status."""
        return self.via != Via.NOBODY

    @property
    def awaits_id(self) -> bool:
        return bool(self.reference) and self.via == Via.PROVIDER and not self.provider_call_id

    @property
    def is_missed(self) -> bool:
        return self.kind == Kind.INCOMING and self.status in MISSED


class IdempotencyKey(models.Model):
    """A caller's promise that requests with the same key are one request."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, db_index=False)
    key = models.CharField(max_length=255)
    digest = models.CharField(max_length=64)
    """SHA-256 of the request, to tell a repetition from a different request."""
    call = models.ForeignKey(Call, models.CASCADE, null=True)
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_is_unique_per_user")
        ]

    def __str__(self) -> str:
        return self.key
