"""Keeping what was refused, for staff; an attack must not fill the database either."""

from collections.abc import Mapping
from datetime import datetime, timedelta
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
    same = Refusal.objects.filter(widget=widget, day=now.date(), code=code)
    if same.filter(number=number, address=origin.address).update(times=F("times") + 1, last_at=now):
        return
    if Refusal.objects.filter(widget=widget, last_at__gt=now - timedelta(hours=1)).count() < MOST_AN_HOUR:
        told = {name: wish[name] for name in ("call_at", "name", "note", "page_url") if wish.get(name)}
        _add(widget, code, now, number=number, address=origin.address, **told)
    # Its time is not noted: an update of no indexed column stays in the row's own page, however many there are.
    elif not same.filter(number="", address="").update(times=F("times") + 1):
        _add(widget, code, now)


def _add(widget: Widget, code: str, now: datetime, **particulars: Any) -> None:
    """Of two at once the loser's goes uncounted."""
    row = Refusal(widget=widget, code=code, day=now.date(), **particulars)
    Refusal.objects.bulk_create([row], ignore_conflicts=True)
