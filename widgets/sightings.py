"""On which sites a widget has been seen, so that staff can tell whether it is installed.

The `Origin` of requests for widget_data can be forged: it is stored for information only, at most MOST_ORIGINS per widget. This runs for every
visitor, so each process caches what it stored within the hour; a new origin beyond MOST_ORIGINS costs one statement.
"""

import hashlib
import re
from datetime import datetime, timedelta

from django.conf import settings
from django.core.cache import BaseCache, caches
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from widgets.models import Sighting, Widget

MOST_ORIGINS = 50
NOTED_EVERY = timedelta(hours=1)
GIVES_WAY_AFTER = timedelta(days=1)
"""At MOST_ORIGINS, a new origin replaces one not seen for so long."""

LONGEST_ORIGIN = 255
_ORIGIN = re.compile(r"(https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?)(?:[/?#].*)?", re.DOTALL)


def memory() -> BaseCache:
    """What this process has stored within the hour."""
    return caches["sightings"]


def origin_of(request: HttpRequest) -> str:
    """The origin of the requesting page; "" where it is missing, invalid or our own (the preview)."""
    written = request.headers.get("Origin") or request.headers.get("Referer", "")
    found = _ORIGIN.fullmatch(written.lower())
    origin = found[1] if found else ""
    ours = {settings.PUBLIC_URL.lower(), f"{request.scheme}://{request.get_host()}".lower()}
    return "" if origin in ours or len(origin) > LONGEST_ORIGIN else origin


def is_noted(widget: Widget, origin: str) -> bool:
    """Whether this process has stored it within the hour."""
    return _key(widget, origin) in memory()


def note(widget: Widget, origin: str) -> None:
    """Store that the widget was seen on this origin, once an hour; ignored at MOST_ORIGINS."""
    if is_noted(widget, origin):
        return
    key, full, now = _key(widget, origin), _key(widget, ""), timezone.now()
    of_widget = Sighting.objects.filter(widget=widget)
    if of_widget.filter(origin=origin, last_at__lte=now - NOTED_EVERY).update(last_at=now):
        _remember(key)
    elif full not in memory():
        seen = dict(of_widget.values_list("origin", "last_at"))
        has_place = len(seen) < MOST_ORIGINS or min(seen.values()) <= now - GIVES_WAY_AFTER
        is_stored = origin in seen or (has_place and _add(widget, origin, now))
        _remember(key if is_stored else full)


def _key(widget: Widget, origin: str) -> str:
    """A digest, because an origin may be longer than a cache key."""
    return f"{widget.pk}:{hashlib.sha256(origin.encode()).hexdigest()}"


def _remember(key: str) -> None:
    memory().set(key, True, NOTED_EVERY.total_seconds())


def _add(widget: Widget, origin: str, now: datetime) -> bool:
    """Whether it was stored, under a lock of the widget's sightings."""
    with transaction.atomic():
        if not Widget.objects.select_for_update(no_key=True).filter(pk=widget.pk).values_list("pk"):
            return False  # deleted meanwhile
        of_widget = Sighting.objects.filter(widget=widget)
        if of_widget.count() >= MOST_ORIGINS:
            of_widget.filter(last_at__lte=now - GIVES_WAY_AFTER).delete()
        if of_widget.count() >= MOST_ORIGINS:
            return False
        of_widget.get_or_create(origin=origin, defaults={"widget": widget, "first_at": now, "last_at": now})
    return True
