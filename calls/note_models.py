"""What staff write about calls, and how they say a call went."""

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

LONGEST_NOTE = 10_000
"""Characters."""


class OutcomeQuerySet(models.QuerySet["Outcome"]):
    def offered(self) -> "OutcomeQuerySet":
        """Those that may be chosen, in the company's order."""
        return self.filter(active=True).order_by("position", "name")


class Outcome(models.Model):
    """One entry of the company's list of outcomes: "order placed", "wrong number". Independent of the technical status."""

    name = models.CharField(_("name"), max_length=100)
    active = models.BooleanField(
        _("active"),
        default=True,
        help_text=_("An outcome that is not active stays where it was chosen, and is not offered."),
    )
    position = models.PositiveSmallIntegerField(
        _("position"), default=0, help_text=_("In the list; of equal ones by name.")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = OutcomeQuerySet.as_manager()

    class Meta:
        verbose_name = _("outcome")
        verbose_name_plural = _("outcomes")
        ordering = ("position", "name")
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(name=""), name="outcome_has_a_name"),
            models.UniqueConstraint(
                fields=["name"],
                name="outcome_name_is_unique",
                violation_error_message=_("There is an outcome with this name already."),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class NoteQuerySet(models.QuerySet["Note"]):
    def visible_to(self, user: User | AnonymousUser) -> "NoteQuerySet":
        """Notes on calls that the user may see."""
        from calls.models import Call

        return self.filter(call__in=Call.objects.visible_to(user))


class Note(models.Model):
    """A note of staff on a call. Notes are only added, so nothing is lost when two people write; the call's `description` is the CRM's."""

    call = models.ForeignKey("calls.Call", models.CASCADE, db_index=False, related_name="notes", verbose_name=_("call"))
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("author"),
    )
    text = models.TextField(_("text"), max_length=LONGEST_NOTE)
    created_at = models.DateTimeField(_("written"), default=timezone.now)
    objects = NoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("note")
        verbose_name_plural = _("notes")
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(text=""), name="note_has_a_text"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["call", "id"], name="note_call"),
            models.Index(fields=["author", "-id"], name="note_author"),
            models.Index(fields=["created_at"], name="note_created"),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.created_at):%Y-%m-%d %H:%M}"
