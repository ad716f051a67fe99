"""Stores refused requests for staff, in numbers that an attack cannot inflate."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import F
from django.utils import timezone

from autocalls.guard import Origin
from autocalls.models import Refusal
from sips import phone_numbers
from sips.countries import DEFAULT_COUNTRY
from widgets.models import Widget

MOST_AN_HOUR = 500
"""Rows of one widget; further ones are counted in one row per reason, without details."""


def keep(widget: Widget, code: str, requested: Mapping[str, object], origin: Origin) -> None:
    """Store the refusal, or count it if the same was refused today."""
    now = timezone.now()
    country = widget.voip.country if widget.voip else DEFAULT_COUNTRY
    number = phone_numbers.called(str(requested.get("number", "")), country)
    same = Refusal.objects.filter(widget=widget, day=now.date(), code=code)
    if same.filter(number=number, address=origin.address).update(times=F("times") + 1, last_at=now):
        return
    if Refusal.objects.filter(widget=widget, last_at__gt=now - timedelta(hours=1)).count() < MOST_AN_HOUR:
        kept = {name: requested[name] for name in ("call_at", "name", "note", "page_url") if requested.get(name)}
        _add(widget, code, now, number=number, address=origin.address, **kept)
    # Without its time: an update of no indexed column is a HOT update, however many there are.
    elif not same.filter(number="", address="").update(times=F("times") + 1):
        _add(widget, code, now)


def _add(widget: Widget, code: str, now: datetime, **particulars: object) -> None:
    """Of two concurrent ones, one is not counted."""
    row = Refusal(widget=widget, code=code, day=now.date(), **particulars)
    Refusal.objects.bulk_create([row], ignore_conflicts=True)
