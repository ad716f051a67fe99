"""Times until which a task can be postponed."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

MORNING = time(9)
CHOICES = (
    ("hour", _("in an hour")),
    ("hours", _("in three hours")),
    ("tomorrow", _("tomorrow at 9:00")),
    ("week", _("in a week at 9:00")),
)


def until(choice: str) -> datetime | None:
    """The time of a choice, in the staff's time zone; None for an unknown choice."""
    now, today = timezone.now(), timezone.localdate()
    meant: Mapping[str, datetime] = {
        "hour": now + timedelta(hours=1),
        "hours": now + timedelta(hours=3),
        "tomorrow": _morning(today + timedelta(days=1)),
        "week": _morning(today + timedelta(days=7)),
    }
    return meant.get(choice)


def _morning(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, MORNING))
