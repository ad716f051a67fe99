"""Follow-ups: what staff still have to do about a number."""

from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from calls.note_models import Outcome
from sips import phone_numbers
from sips.models import Voip
from sips.staff_lines import sees_all_lines

REASSIGN = "calls.reassign_followup"
"""The right to change follow-ups that somebody else has."""


class State(models.TextChoices):
    WAITING = "waiting", _("waiting")
    "Open, without an assignee."
    TAKEN = "taken", _("taken")
    "The assignee works on it."
    LATER = "later", _("later")
    "Put off until it is due, with or without an assignee."
    DONE = "done", _("done")


OPEN = (State.WAITING, State.TAKEN, State.LATER)


class FollowUpQuerySet(models.QuerySet["FollowUp"]):
    def open(self) -> "FollowUpQuerySet":
        return self.filter(state__in=OPEN)

    def due(self, moment: datetime) -> "FollowUpQuerySet":
        """Open ones, without those put off until after that moment."""
        return self.open().exclude(state=State.LATER, due_at__gt=moment)

    def visible_to(self, user: User | AnonymousUser) -> "FollowUpQuerySet":
        """All; without the right to see all lines: their own, and those of numbers of which they may see a call."""
        if sees_all_lines(user):
            return self
        if user.pk is None:
            return self.none()
        from calls.models import Call

        seen = Call.objects.visible_to(user)
        either_side = Q(number_from=OuterRef("number")) | Q(number_to=OuterRef("number"))
        return self.filter(
            Q(assignee=user.pk) | Q(done_by=user.pk) | (~Q(number="") & Exists(seen.filter(either_side)))
        )


class FollowUp(models.Model):
    """A number that staff are to call, have called, or will call, for one configuration. Written by `calls.follow_ups` only."""

    number = models.CharField(_("number"), max_length=64)
    voip = models.ForeignKey(
        Voip,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="follow_ups",
        verbose_name=_("configuration"),
    )
    state = models.CharField(_("state"), max_length=7, choices=State.choices, default=State.WAITING)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        db_index=False,
        related_name="+",
        verbose_name=_("assignee"),
    )
    taken_at = models.DateTimeField(_("taken"), null=True)
    """When it was assigned."""
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    """Null: at once."""
    outcome = models.ForeignKey(
        Outcome, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("outcome")
    )
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        db_index=False,
        related_name="+",
        verbose_name=_("done by"),
    )
    done_at = models.DateTimeField(_("done at"), null=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = FollowUpQuerySet.as_manager()

    class Meta:
        verbose_name = _("follow-up")
        verbose_name_plural = _("follow-ups")
        permissions: ClassVar = [("reassign_followup", _("Can change follow-ups that somebody else has"))]
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=State.values), name="follow_up_state_is_known"),
            models.CheckConstraint(
                condition=~Q(number="") | Q(state=State.DONE), name="follow_up_has_a_number_while_open"
            ),
            models.CheckConstraint(
                condition=Q(state=State.DONE, done_at__isnull=False) | (~Q(state=State.DONE) & Q(done_at=None)),
                name="follow_up_is_done_or_open",
            ),
            models.CheckConstraint(
                condition=~Q(state=State.LATER) | Q(due_at__isnull=False), name="follow_up_of_later_is_due"
            ),
            # Two, as NULLS NOT DISTINCT comes with PostgreSQL 15.
            models.UniqueConstraint(
                fields=["number", "voip"], condition=Q(state__in=OPEN), name="follow_up_is_open_once"
            ),
            models.UniqueConstraint(
                fields=["number"],
                condition=Q(state__in=OPEN, voip=None),
                name="follow_up_is_open_once_without_voip",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "-id"], name="follow_up_state"),
            models.Index(fields=["number", "-id"], name="follow_up_number"),
            models.Index(fields=["voip", "-id"], name="follow_up_voip"),
            models.Index(fields=["assignee", "-id"], name="follow_up_assignee"),
            models.Index(fields=["done_by", "-id"], name="follow_up_done_by"),
            models.Index(fields=["done_at"], name="follow_up_done_at", condition=Q(state=State.DONE)),
            models.Index(fields=["updated_at"], name="follow_up_updated"),
        ]

    def __str__(self) -> str:
        return phone_numbers.display(self.number) or str(self.pk)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    def is_due(self, moment: datetime | None = None) -> bool:
        later = self.state == State.LATER and self.due_at is not None and self.due_at > (moment or timezone.now())
        return self.is_open and not later
