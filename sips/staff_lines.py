"""Lines of users: which user answers which line, and whose calls a user sees."""

from collections.abc import Iterable
from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.db import models
from django.utils.translation import gettext_lazy as _

SEE_ALL_LINES = "sips.view_all_lines"
"""The right to see the calls of every line. Without it users see only the calls of their own lines, whatever other rights they have."""


_KNOWN_LINES = "_known_lines"


class StaffLineQuerySet(models.QuerySet["StaffLine"]):
    def visible_to(self, user: User | AnonymousUser) -> "StaffLineQuerySet":
        """All; users who see only their own lines: the assignments of these lines."""
        return self if sees_all_lines(user) else self.filter(sip__in=lines_of(user))


class StaffLine(models.Model):
    """A user answers this line's telephone. A line may have several users, and a user several lines."""

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


def sees_all_lines(user: User | AnonymousUser) -> bool:
    """Whether this user sees the records of all lines."""
    return bool(user.has_perm(SEE_ALL_LINES))


def lines_of(user: User | AnonymousUser) -> list[int]:
    """Ids of the user's own lines; none without a signed-in user."""
    if user.pk is None:
        return []
    if (known := getattr(user, _KNOWN_LINES, None)) is not None:
        return list(known)
    return list(StaffLine.objects.filter(user_id=user.pk).order_by("sip_id").values_list("sip_id", flat=True))


def know_lines(user: User | AnonymousUser) -> list[int]:
    """Read the user's lines once for all that asks for them of this object: where one request asks many times, and changes none."""
    lines = lines_of(user)
    setattr(user, _KNOWN_LINES, tuple(lines))
    return lines


def give_line(user: User, sip_id: int) -> StaffLine:
    """Assign the line to the user. Idempotent."""
    given, _is_new = StaffLine.objects.get_or_create(user=user, sip_id=sip_id)
    return given


def users_of(sip_ids: Iterable[int]) -> dict[int, list[int]]:
    """User ids by line id, for these lines."""
    found: dict[int, list[int]] = {}
    rows = StaffLine.objects.filter(sip_id__in=list(sip_ids), user__is_active=True)
    for sip_id, user_id in rows.order_by("sip_id", "user_id").values_list("sip_id", "user_id"):
        found.setdefault(sip_id, []).append(user_id)
    return found


def name_of(user: User | None) -> str:
    """A user's display name: the full name if there is one. "" for nobody."""
    return "" if user is None else user.get_full_name() or user.get_username()
