"""The data of `widget_data`, prepared once for all requests of a minute.

It is never outdated: each request asks the database for the versions of the rows that it was made from and for the taken places, which is cheap,
and uses the prepared data only if they are unchanged. A version is PostgreSQL's own: the transaction that wrote a row, and its position.
"""

import gzip
import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from django.http import JsonResponse
from django.utils import timezone

from autocalls.booking import free_slots, in_runs
from autocalls.statuses import OPEN_IN_SQL
from calls.sql import Row, Statement, fetch_one
from sips.encryption import without_secrets
from sips.phone_numbers import display
from widgets import form_tokens
from widgets.models import Widget
from widgets.texts import TEXTS

FIND = Statement(f"""
SELECT w.id, ROW(w.xmin, w.ctid, v.xmin, v.ctid)::text, ARRAY(
    SELECT a.slot_at FROM autocalls_autocall a
    WHERE w.call_future AND a.widget_id = w.id AND a.status IN ({OPEN_IN_SQL})
        AND a.slot_at >= %(now)s::timestamptz AND a.slot_at < %(now)s::timestamptz + (w.days_ahead + 2) * interval '24 hours'
    ORDER BY a.slot_at)
FROM widgets_widget w LEFT JOIN sips_voip v ON v.id = w.voip_id WHERE w.token = %(token)s""")
"""A widget by its token: its id, the versions of its rows, and the moments booked from now on, as far ahead as booking is possible."""
MOST_WIDGETS = 500


class Answer(NamedTuple):
    """To everybody who asks for the same language."""

    plain: bytes
    packed: bytes
    etag: str


class MadeFrom(NamedTuple):
    """An answer made from the same as this is the same."""

    version: str
    minute: int
    "Hours and slots begin and end on a minute."
    taken: tuple[datetime, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A widget, and what is told of it in the languages that were asked for."""

    widget: Widget
    made_from: MadeFrom
    now: datetime
    answers: dict[str, Answer] = field(default_factory=dict)

    def answer(self, locale: str) -> Answer:
        if locale not in self.answers:
            shown = self.shown(locale)
            plain = JsonResponse(shown | {"form_token": form_tokens.issue(self.widget.pk)}).content
            self.answers[locale] = Answer(plain, gzip.compress(plain, 6, mtime=0), _etag(shown))
        return self.answers[locale]

    def shown(self, locale: str) -> dict[str, object]:
        """All but the form token."""
        widget, hours = self.widget, self.widget.hours()
        slots = free_slots(widget, hours, self.now, self.made_from.taken) if widget.call_future else []
        return {
            "name": widget.name,
            "description": widget.description,
            "locale": locale,
            "active": True,
            "open": hours.is_open(self.now),
            "call_now": widget.call_now,
            "call_future": widget.call_future,
            "opening_time": widget.opening_time,
            "time_zone": widget.time_zone,
            "next_opening": hours.next_opening(self.now),
            "slots": in_runs(slots, widget.slot_minutes),
            "slot_minutes": widget.slot_minutes,
            "ring_first": widget.ring_first,
            "phone": display(widget.voip.number) if widget.voip else "",
            "texts": {**TEXTS[locale], **widget.texts.get(locale, {})},
            "consent_text": widget.consent_text,
            "consent_version": widget.consent_version,
            "color": widget.color,
            "position": widget.position,
        }


def _etag(shown: dict[str, Any]) -> str:
    """Weak, as it stands for both writings, for any form token, and while it is open for any present moment, which is then the next opening."""
    lasting = shown | {"next_opening": None} if shown["open"] else shown
    return f'W/"{hashlib.sha256(JsonResponse(lasting).content).hexdigest()[:20]}"'


_prepared: dict[int, Prepared] = {}


def asked(token: str, now: datetime) -> dict[str, object]:
    """The parameters of FIND. The token must have no NUL."""
    return {"token": token, "now": now}


def widget_with(token: str) -> Widget | None:
    """The widget as it is now, without its configuration's secrets; for reading only, as others have the same."""
    row = fetch_one(FIND, asked(token, timezone.now()))
    known = _prepared.get(row[0]) if row else None
    if row and known is not None and known.made_from.version == row[1]:
        return known.widget
    found = find(token)
    return found.widget if found else None


def find(token: str) -> Prepared | None:
    """None: there is no such widget."""
    now = timezone.now()
    row = fetch_one(FIND, asked(token, now))
    if row is None:
        return None
    if (known := recall(row, now)) is not None:
        return known
    widget = without_secrets(Widget.objects.select_related("voip")).filter(pk=row[0], token=token).first()
    return _keep(Prepared(widget, _made_from(row, now), now)) if widget else None


def recall(row: Row, now: datetime) -> Prepared | None:
    """What is prepared for a row of FIND, if it was made from the same; asks nobody."""
    known = _prepared.get(row[0])
    return known if known is not None and known.made_from == _made_from(row, now) else None


def _made_from(row: Row, now: datetime) -> MadeFrom:
    _pk, version, taken = row
    return MadeFrom(version, int(now.timestamp()) // 60, tuple(taken))


def _keep(prepared: Prepared) -> Prepared:
    if len(_prepared) >= MOST_WIDGETS:
        _prepared.clear()
    _prepared[prepared.widget.pk] = prepared
    return prepared
