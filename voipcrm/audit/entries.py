"""Entries of the audit log."""

from collections.abc import Mapping
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from voipcrm.audit import actors

AT_ONCE = 5_000


class Action(models.TextChoices):
    ADDED = "added", _("added")
    CHANGED = "changed", _("changed")
    DELETED = "deleted", _("deleted")
    DIALED = "dialed", _("had a call dialed")
    HUNG_UP = "hung_up", _("hung up")
    EXPORTED = "exported", _("exported")
    SIGNED_IN = "signed_in", _("signed in")
    SIGNED_OUT = "signed_out", _("signed out")
    LOCKED_OUT = "locked_out", _("was locked out")


class AuditEntry(models.Model):
    """One record changed by one person in one transaction, or one event. Written by triggers and by `record`, never changed."""

    at = models.DateTimeField(_("when"))
    user_id = models.BigIntegerField(null=True)
    """No foreign key: entries survive the deletion of the account."""
    who = models.CharField(_("who"), max_length=actors.LONGEST, blank=True)
    by = models.CharField(_("by"), max_length=10, choices=actors.By.choices)
    token = models.CharField(_("token or command"), max_length=actors.LONGEST, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True)
    action = models.CharField(_("action"), max_length=10, choices=Action.choices)
    model = models.CharField(_("kind of record"), max_length=60, blank=True)
    """`calls.call`"""
    object_id = models.BigIntegerField(_("record"), null=True)
    changes = models.JSONField(_("changes"), default=dict)
    """By column: old and new value, `["a", "b"]`; null where the value is secret or personal: then only the change is recorded. `groups:3` is a
    link to record 3 of a kind."""

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        default_permissions = ("view",)
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["at", "model", "object_id"], name="one_audit_entry_per_transaction")
        ]
        indexes: ClassVar = [
            models.Index(fields=["who", "-at", "-id"], name="audit_who"),
            models.Index(fields=["model", "object_id", "-at"], name="audit_record"),
            models.Index(fields=["action", "-at", "-id"], name="audit_action"),
            models.Index(fields=["model", "-at", "-id"], name="audit_model"),
            models.Index(fields=["by", "-at", "-id"], name="audit_by"),
        ]

    def __str__(self) -> str:
        return f"{self.who or self.token} {self.get_action_display()}"


def record(
    action: Action, model: str = "", changes: Mapping[str, object] | None = None, *, by: "actors.Actor | None" = None
) -> None:
    """Record an event that changes no audited row; does nothing without an actor."""
    if (who := by or actors.actor()) is None:
        return
    AuditEntry.objects.create(
        at=timezone.now(), action=action, model=model, changes=changes or {},
        by=who.by, user_id=who.user_id, who=who.who, token=who.token, address=who.address,
    )  # fmt: skip


def record_export(model: str, file: str, query: Mapping[str, object]) -> None:
    """Only the names of the filters are recorded, because their values may be personal."""
    names = ", ".join(sorted(name for name, value in query.items() if value))
    record(Action.EXPORTED, model, {"file": [None, file], **({"filters": [None, names[:500]]} if names else {})})


def forget() -> int:
    """Delete entries older than `AUDIT_KEPT_DAYS` in batches. Returns how many."""
    if settings.AUDIT_KEPT is None:
        return 0
    old = AuditEntry.objects.filter(at__lt=timezone.now() - settings.AUDIT_KEPT).order_by("at").values("pk")
    deleted = 0
    while some := AuditEntry.objects.filter(pk__in=old[:AT_ONCE]).delete()[0]:
        deleted += some
    return deleted


def with_text() -> "QuerySet[AuditEntry]":
    """Adds `text`: the whole entry as text, in which a number can be searched."""
    return AuditEntry.objects.filter(~Q(changes={})).annotate(text=Cast("changes", models.TextField()))
