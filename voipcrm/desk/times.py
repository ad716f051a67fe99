"""The times until which something can be put off."""

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
    """The moment that is meant, on the staff's clock; none where the choice is not one of these."""
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
