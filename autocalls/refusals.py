"""Keeping what was refused, for staff; an attack must not fill the database either."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.utils import timezone

from autocalls.guard import Origin
from autocalls.models import Refusal
from sips import phone_numbers
from sips.fields import DEFAULT_COUNTRY
from widgets.models import Widget

MOST_AN_HOUR = 500
"""Rows of one widget; what comes on top is counted in one row for each reason, without its particulars."""


def keep(widget: Widget, code: str, wish: Mapping[str, Any], origin: Origin) -> None:
    """Store the refusal, or count it where the same was refused the same today."""
    now = timezone.now()
    country = widget.voip.country if widget.voip else DEFAULT_COUNTRY
    number = phone_numbers.normalise(str(wish.get("number", "")), country)
    same = {"widget": widget, "day": now.date(), "code": code}
    if _count(same | {"number": number, "address": origin.address}):
        return
    recent = Refusal.objects.filter(widget=widget, last_at__gt=now - timedelta(hours=1))
    if recent.count() >= MOST_AN_HOUR:
        number, told, origin = "", {}, Origin("", "")
    else:
        told = {name: wish[name] for name in ("call_at", "name", "note", "page_url") if wish.get(name)}
    particular = same | {"number": number, "address": origin.address}
    if not _count(particular):
        # Two at once: the loser's repetition goes uncounted.
        Refusal.objects.bulk_create([Refusal(**particular, **told)], ignore_conflicts=True)


def _count(same: Mapping[str, Any]) -> bool:
    return bool(Refusal.objects.filter(**same).update(times=F("times") + 1, last_at=timezone.now()))
