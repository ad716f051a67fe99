"""Promise, move and cancel calls. Who is promised what is decided here; the doors only translate."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from autocalls.models import OPEN, Autocall, Source, Status
from sips import phone_numbers
from sips.models import Voip
from widgets.models import Widget

EDITABLE_WHEN_FINISHED = frozenset({"client_id", "contact_id", "note"})


class Refused(Exception):
    """A visitor's wish that cannot be met; `code` names the text in `widgets.texts`."""

    def __init__(self, code: str, field: str | None = None) -> None:
        super().__init__(code)
        self.code = code
        self.field = field


class TooLate(Exception):
    """The call-back has begun or ended, so that it can no longer be changed like this."""


@dataclass(frozen=True, slots=True)
class Promise:
    autocall: Autocall
    joined: bool
    "Whether the visitor had already asked, so that this is the earlier request."


def schedule_for_visitor(widget: Widget, wish: Mapping[str, Any]) -> Promise:
    """Promise a visitor a call: at the time asked for, at once, or when the office opens next. Raises Refused.

    A second wish for the same number joins the first while that is open; the database sees to it that there is only one.
    """
    number = phone_numbers.normalise(
        wish["number"], widget.voip.country if widget.voip else Voip._meta.get_field("country").default
    )
    if not phone_numbers.is_e164(number):
        raise Refused("number_invalid", "number")
    wanted = {
        "call_at": _choose_time(widget, wish.get("call_at")),
        "voip": widget.voip,
        "name": wish.get("name", ""),
        "note": wish.get("note", ""),
        "page_url": wish.get("page_url", ""),
        "consent_at": timezone.now() if wish.get("consent") else None,
        "source": Source.WIDGET,
        "max_attempts": widget.max_attempts,
    }
    autocall, is_new = Autocall.objects.get_or_create(widget=widget, number=number, status__in=OPEN, defaults=wanted)
    return Promise(autocall, joined=not is_new)


def _choose_time(widget: Widget, asked: datetime | None) -> datetime:
    now = timezone.now()
    hours = widget.hours()
    if asked is not None:
        if not widget.call_future or asked < now or not hours.is_open(asked):
            raise Refused("not_bookable", "call_at")
        return asked
    if widget.call_now and hours.is_open(now):
        return now
    opening = hours.next_opening(now) if widget.call_future else None
    if opening is None:
        raise Refused("closed")
    return opening


def edit(autocall: Autocall, changes: Mapping[str, Any]) -> Autocall:
    """Change a call-back, move it (`call_at`) or cancel it (`status`). Raises TooLate once it is being dialed or is over."""
    with transaction.atomic():
        row = Autocall.objects.select_for_update().get(pk=autocall.pk)
        changed = {name: value for name, value in changes.items() if getattr(row, name) != value}
        late = sorted(set(changed) - EDITABLE_WHEN_FINISHED)
        if late and row.status != Status.SCHEDULED:
            raise TooLate(
                f"{', '.join(late)}: this call-back is {row.status}; only a scheduled one can be moved, changed or canceled."
            )
        for name, value in changed.items():
            setattr(row, name, value)
        if row.status == Status.CANCELED and row.finished_at is None:
            row.finished_at = timezone.now()
        if changed:
            row.save()
    return row
