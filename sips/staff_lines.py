"""Whose telephone rings: which user of the staff answers which line, and whose calls a user sees."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

SEE_ALL_LINES = "sips.view_all_lines"
"""The right to see the calls of every line. Without it one sees only those of one's own lines, whatever other rights one has."""


class StaffLineQuerySet(models.QuerySet["StaffLine"]):
    def visible_to(self, user: Any) -> "StaffLineQuerySet":
        """All, or for who sees their own lines only: who else has these."""
        return self if sees_all_lines(user) else self.filter(sip__in=lines_of(user))


class StaffLine(models.Model):
    """A user of the staff has this line: its telephone stands on their desk. A line may ring several people, and one may have several lines."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, db_index=False, related_name="staff_lines", verbose_name=_("user")
    )
    sip = models.ForeignKey("sips.Sip", models.CASCADE, related_name="staff_lines", verbose_name=_("line"))
    created_at = models.DateTimeField(_("created"), auto_now_add=True)

    objects = StaffLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("line of a user")
        verbose_name_plural = _("lines of users")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "sip"],
                name="staff_line_is_given_once",
                violation_error_message=_("This user has this line already."),
            )
        ]
        permissions: ClassVar = [("view_all_lines", _("Can see the calls of all lines, not of their own alone"))]

    def __str__(self) -> str:
        return f"{self.user.get_username()}: {self.sip}"


def sees_all_lines(user: Any) -> bool:
    """Whether no record is hidden from this user for being of somebody else's line."""
    return bool(user.has_perm(SEE_ALL_LINES))


def lines_of(user: Any) -> list[int]:
    """Ids of the user's own lines. None for who is not signed in."""
    if user.pk is None:
        return []
    return list(StaffLine.objects.filter(user_id=user.pk).order_by("sip_id").values_list("sip_id", flat=True))


def give_line(user: Any, sip_id: int) -> StaffLine:
    """Assign the line to the user. Idempotent."""
    given, _is_new = StaffLine.objects.get_or_create(user=user, sip_id=sip_id)
    return given


def users_of(sip_ids: Iterable[int]) -> dict[int, list[int]]:
    """Who has which of these lines: user ids by line id."""
    found: dict[int, list[int]] = {}
    rows = StaffLine.objects.filter(sip_id__in=list(sip_ids), user__is_active=True)
    for sip_id, user_id in rows.order_by("sip_id", "user_id").values_list("sip_id", "user_id"):
        found.setdefault(sip_id, []).append(user_id)
    return found


def name_of(user: Any) -> str:
    """How staff call each other: the full name where there is one. "" for nobody."""
    return "" if user is None else user.get_full_name() or user.get_username()
