"""What is recorded of what people do."""

from typing import Any, ClassVar

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
    """One record that one person changed in one transaction, or one thing done. Written by triggers and by `record`, never changed."""

    at = models.DateTimeField(_("when"))
    user_id = models.BigIntegerField(null=True)
    """No foreign key: what somebody did stays when their account is deleted."""
    who = models.CharField(_("who"), max_length=actors.LONGEST, blank=True)
    by = models.CharField(_("by"), max_length=10, choices=actors.By.choices)
    token = models.CharField(_("token or command"), max_length=actors.LONGEST, blank=True)
    address = models.GenericIPAddressField(_("address"), null=True)
    action = models.CharField(_("action"), max_length=10, choices=Action.choices)
    model = models.CharField(_("kind of record"), max_length=60, blank=True)
    """`calls.call`"""
    object_id = models.BigIntegerField(_("record"), null=True)
    changes = models.JSONField(_("changes"), default=dict)
    """By column: what was and what is, `["a", "b"]`; null of what is secret or a person's: it was changed, and that is all. `groups:3` is a link to
    record 3 of a kind."""

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
        ]

    def __str__(self) -> str:
        return f"{self.who or self.token} {self.get_action_display()}"


def record(action: Action, model: str = "", changes: Any = None, *, by: "actors.Actor | None" = None) -> None:
    """Something that changes no audited row. By whoever acts; nothing, where nobody does."""
    if (who := by or actors.actor()) is None:
        return
    AuditEntry.objects.create(
        at=timezone.now(), action=action, model=model, changes=changes or {},
        by=who.by, user_id=who.user_id, who=who.who, token=who.token, address=who.address,
    )  # fmt: skip


def record_export(model: str, file: str, query: Any) -> None:
    """By the names of the filters alone: their values may be numbers of persons."""
    names = ", ".join(sorted(name for name, value in query.items() if value))
    record(Action.EXPORTED, model, {"file": [None, file], **({"filters": [None, names[:500]]} if names else {})})


def forget() -> int:
    """Delete what is older than `AUDIT_KEPT_DAYS`, some at a time. Returns how many."""
    if settings.AUDIT_KEPT is None:
        return 0
    old = AuditEntry.objects.filter(at__lt=timezone.now() - settings.AUDIT_KEPT).order_by("at").values("pk")
    deleted = 0
    while some := AuditEntry.objects.filter(pk__in=old[:AT_ONCE]).delete()[0]:
        deleted += some
    return deleted


def with_text() -> "QuerySet[AuditEntry]":
    """`text`: all that an entry says in words, so that a number can be sought in it."""
    return AuditEntry.objects.filter(~Q(changes={})).annotate(text=Cast("changes", models.TextField()))
