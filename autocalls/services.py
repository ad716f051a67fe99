"""Promise, move, cancel and take call-backs. Who is promised what is decided here; the doors only translate."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app as jobs

from autocalls import guard, locks
from autocalls.guard import Origin, Refused
from autocalls.models import MOST_ATTEMPTS, OPEN, Autocall, Refusal, Source, Status
from sips import phone_numbers
from widgets import places, slots
from widgets.models import Widget

EDITABLE_WHEN_FINISHED = frozenset({"client_id", "contact_id", "note"})


class TooLate(Exception):
    """The call-back has begun or ended, so that it can no longer be changed like this."""


class AlreadyPromised(Exception):
    """The widget has promised this number a call already."""


class AlreadyAllowed(Exception):
    """Somebody has allowed this request before."""


@dataclass(frozen=True, slots=True)
class Promise:
    autocall: Autocall
    joined: bool
    "Whether the visitor had already asked, so that this is the earlier request."


def schedule_for_visitor(widget: Widget, wish: Mapping[str, Any], origin: Origin) -> Promise:
    """Promise a visitor a call: at the time asked for, at once, or when the office opens next. Raises Refused.

    A second wish for the same number joins the first while that is open; the database sees to it that there is only one.
    """
    nonce = guard.check_form(widget, wish)
    number = guard.check_number(widget, wish["number"])
    if not nonce:  # without locks first: what is refused like this, such as an attack, holds up nobody
        if (first := _open_promise(widget, number)) is not None:
            return Promise(first, joined=True)
        guard.check_limits(widget, number, origin)
    with transaction.atomic():
        guard.hold_counts(widget, number, origin, nonce)
        guard.use_form_token(nonce)
        _one_promise_at_a_time(widget.pk, number)
        if (first := _open_promise(widget, number)) is not None:
            return Promise(first, joined=True)
        guard.check_limits(widget, number, origin)
        call_at, slot_at = _choose_time(widget, wish.get("call_at"))
        made = Autocall(
            **_told_by(widget, wish),
            widget=widget,
            number=number,
            call_at=call_at,
            promised_at=call_at,
            slot_at=slot_at,
            address=origin.address,
            network=origin.network,
            source=Source.WIDGET,
        )
        made.save(force_insert=True)
        wake_at(call_at)
    return Promise(made, joined=False)


def _open_promise(widget: Widget, number: str) -> Autocall | None:
    return Autocall.objects.filter(widget=widget, number=number, status__in=OPEN).first()


def _told_by(widget: Widget, wish: Mapping[str, Any]) -> dict[str, Any]:
    """What a visitor tells and agrees to. The consent text is the one the page showed, if this widget ever had it, else the present one."""
    shown = wish.get("consent_version", "")
    known = shown and shown != widget.consent_version and widget.consent_texts.filter(version=shown).exists()
    return {
        "voip": widget.voip,
        "max_attempts": widget.max_attempts,
        "name": wish.get("name", ""),
        "note": wish.get("note", ""),
        "page_url": wish.get("page_url", ""),
        "consent_at": timezone.now() if wish.get("consent") else None,
        "consent_version": shown if known else widget.consent_version,
    }


def _choose_time(widget: Widget, asked: datetime | None) -> tuple[datetime, datetime | None]:
    """When to call, and the moment whose slot gives a place for it. Exact under `guard.hold_counts`, which lets one request of a widget through
    at a time. Raises Refused."""
    now = timezone.now()
    hours = widget.hours()
    if asked is not None:
        slot = slots.find(hours, widget.slot_rules, asked, now) if widget.call_future else None
        if slot is None:
            raise Refused("not_bookable", "call_at")
        if places.taken_in(widget, slot) >= widget.slot_capacity:
            raise Refused("slot_taken", "call_at")
        return asked, asked
    if widget.call_now and hours.is_open(now):
        return now, None
    opening = hours.next_opening(now) if widget.call_future else None
    if opening is None:
        raise Refused("closed")
    return opening, opening


def schedule(fields: Mapping[str, Any], *, source: Source) -> Autocall:
    """Promise a call on the word of staff or of the CRM, which the guard does not doubt. Raises AlreadyPromised."""
    autocall = Autocall(**fields, source=source)
    autocall.promised_at = autocall.call_at
    if autocall.widget is not None:
        autocall.slot_at = autocall.call_at
        autocall.voip_id = autocall.voip_id or autocall.widget.voip_id
        if "max_attempts" not in fields:
            autocall.max_attempts = autocall.widget.max_attempts
    with transaction.atomic():
        _refuse_second(autocall)
        autocall.save(force_insert=True)
        wake_at(autocall.call_at)
    return autocall


def edit(autocall: Autocall, changes: Mapping[str, Any]) -> Autocall:
    """Change a call-back, move it (`call_at`) or cancel it (`status`). Raises TooLate once it is being dialed or is over, and AlreadyPromised."""
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
        if "call_at" in changed:
            _move(row)
        if row.status == Status.CANCELED and row.finished_at is None:
            row.finished_at = timezone.now()
        if {"number", "widget"} & set(changed):
            _refuse_second(row)
        if changed:
            row.save()
    return row


def _move(row: Autocall) -> None:
    """A new promise: whatever was tried before, one whole attempt is made then."""
    row.promised_at = row.call_at
    row.slot_at = row.call_at if row.widget_id else None
    if row.attempts < MOST_ATTEMPTS:
        row.passing_on, row.max_attempts = False, max(row.max_attempts, row.attempts + 1)
    wake_at(row.call_at)


def delete(autocall: Autocall) -> None:
    """Forget a call-back. Raises TooLate while it is being dialed."""
    with transaction.atomic():
        row = Autocall.objects.select_for_update().get(pk=autocall.pk)
        if row.status == Status.CALLING:
            raise TooLate("This call-back is calling; it can be deleted when that is over.")
        row.delete()


def take(autocall: Autocall, by: AbstractBaseUser) -> Autocall:
    """Somebody of the staff makes the call; the machine then does not. Raises TooLate."""
    return _finish(autocall, Status.DONE, f"taken by {by.get_username()}")


def _finish(autocall: Autocall, status: Status, reason: str) -> Autocall:
    with transaction.atomic():
        row = Autocall.objects.select_for_update().get(pk=autocall.pk)
        if row.status != Status.SCHEDULED:
            raise TooLate(f"This call-back is {row.status}; only a scheduled one can be taken.")
        row.status, row.reason, row.finished_at = status, reason[:255], timezone.now()
        row.save()
    return row


def call_again(autocall: Autocall) -> Autocall:
    """Call now. One that is over stays as it ended, and a new one is made. Raises TooLate, AlreadyPromised."""
    if autocall.status in OPEN:
        return edit(autocall, {"call_at": timezone.now()})
    if not autocall.number:
        raise TooLate("This call-back's number was erased; nobody can be called again.")
    kept = ("number", "widget", "voip", "sip", "client_id", "contact_id", "name", "note", "max_attempts")
    return schedule({name: getattr(autocall, name) for name in kept} | {"call_at": timezone.now()}, source=Source.STAFF)


def allow(refusal: Refusal, by: AbstractBaseUser) -> Autocall:
    """Promise the call that a visitor was refused: at the time asked for if that is still ahead, else now.

    Raises AlreadyAllowed, AlreadyPromised, ValueError.
    """
    if not phone_numbers.is_e164(refusal.number):
        raise ValueError(f"“{refusal.number}” is no telephone number.")
    now = timezone.now()
    with transaction.atomic():
        row = Refusal.objects.select_for_update(of=("self",)).select_related("widget").get(pk=refusal.pk)
        if row.allowed_by_id is not None or row.autocall_id is not None:
            raise AlreadyAllowed
        wanted = {"number": row.number, "widget": row.widget, "name": row.name, "note": row.note}
        made = schedule(wanted | {"call_at": max(row.call_at or now, now)}, source=Source.STAFF)
        Refusal.objects.filter(pk=row.pk).update(allowed_by=by, autocall=made)
    return made


def _refuse_second(autocall: Autocall) -> None:
    if autocall.widget_id is None:
        return
    _one_promise_at_a_time(autocall.widget_id, autocall.number)
    others = Autocall.objects.filter(widget_id=autocall.widget_id, number=autocall.number, status__in=OPEN)
    if others.exclude(pk=autocall.pk).exists():
        raise AlreadyPromised("This widget has already promised this number a call.")


def _one_promise_at_a_time(widget_id: int, number: str) -> None:
    """From here to the end of the transaction nobody else promises this number a call of this widget."""
    locks.hold(f"promise:{widget_id}:{number}")


def wake_at(moment: datetime) -> None:
    """See to it that what is due at that moment is begun then; a job that comes for nothing does no harm."""
    jobs.configure_task("autocalls.run_due", schedule_at=moment if moment > timezone.now() else None).defer()
