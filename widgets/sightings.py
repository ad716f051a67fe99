"""On which sites a widget has been seen, so that staff can tell whether it is installed.

A page that shows a widget asks for its data, and its browser says from which origin. That word can be forged: it is stored as an origin and nothing
more, at most MOST_ORIGINS of them for a widget, and believed in nothing but this. Every visitor of every page passes here, so what was noted within
the hour is remembered by the process and costs the database nothing; where all places are taken, a new origin costs one statement that finds no row.
"""

import re
from collections import OrderedDict
from datetime import datetime, timedelta
from threading import Lock

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from widgets.models import Sighting, Widget

MOST_ORIGINS = 50
NOTED_EVERY = timedelta(hours=1)
GIVES_WAY_AFTER = timedelta(days=1)
"""Where all places are taken, an origin not seen for so long leaves its own to a new one."""

MOST_REMEMBERED = 2_000
LONGEST_ORIGIN = 255
_ORIGIN = re.compile(r"(https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?)(?:[/?#].*)?", re.DOTALL)


class _Memory:
    """What this process has noted of late; the longest forgotten goes first."""

    def __init__(self) -> None:
        self._noted: OrderedDict[tuple[int, str], datetime] = OrderedDict()
        self._lock = Lock()

    def is_fresh(self, key: tuple[int, str], now: datetime) -> bool:
        noted = self._noted.get(key)
        return noted is not None and now - noted < NOTED_EVERY

    def keep(self, key: tuple[int, str], now: datetime) -> None:
        with self._lock:
            self._noted[key] = now
            self._noted.move_to_end(key)
            while len(self._noted) > MOST_REMEMBERED:
                self._noted.popitem(last=False)

    def forget(self) -> None:
        with self._lock:
            self._noted.clear()


memory = _Memory()


def origin_of(request: HttpRequest) -> str:
    """The origin of the page that makes the request, "" where it does not tell a sound one or is a page of ours, such as the preview."""
    told = request.headers.get("Origin") or request.headers.get("Referer", "")
    found = _ORIGIN.fullmatch(told.lower())
    origin = found[1] if found else ""
    ours = {settings.PUBLIC_URL.lower(), f"{request.scheme}://{request.get_host()}".lower()}
    return "" if origin in ours or len(origin) > LONGEST_ORIGIN else origin


def note(widget: Widget, origin: str) -> None:
    """The widget was asked for by a page of this origin. Twice is once; what finds no place is not stored."""
    key, full, now = (widget.pk, origin), (widget.pk, ""), timezone.now()
    if memory.is_fresh(key, now):
        return
    of_widget = Sighting.objects.filter(widget=widget)
    if of_widget.filter(origin=origin, last_at__lte=now - NOTED_EVERY).update(last_at=now):
        memory.keep(key, now)
    elif not memory.is_fresh(full, now):
        seen = dict(of_widget.values_list("origin", "last_at"))
        has_place = len(seen) < MOST_ORIGINS or min(seen.values()) <= now - GIVES_WAY_AFTER
        is_noted = origin in seen or (has_place and _add(widget, origin, now))
        memory.keep(key if is_noted else full, now)


def _add(widget: Widget, origin: str, now: datetime) -> bool:
    """Whether there was a place. Those who add to the same widget wait for each other, else two would take one place."""
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
