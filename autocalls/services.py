"""Schedule, edit, move and cancel call-backs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from procrastinate.contrib.django import app as jobs

from autocalls import booking, configurations, guard, locks, storing
from autocalls.guard import Origin
from autocalls.models import MOST_ATTEMPTS, OPEN, Autocall, Refusal, RequestSource, Status
from sips import phone_numbers
from widgets.models import Widget

EDITABLE_WHEN_FINISHED = frozenset({"client_id", "contact_id", "note"})
MADE_THROUGH = frozenset({"widget", "voip", "sip"})


_API_NAMES = {field.name: field.attname for field in Autocall._meta.concrete_fields}
"""The API's names of our fields: `voip_id`."""


class TooLate(Exception):
    """The call-back has started or ended and can no longer be changed like this."""


class AlreadyScheduled(Exception):
    """The widget has an open call-back for this number already: the one with the id `autocall_id`."""

    def __init__(self, autocall_id: int) -> None:
        super().__init__(_("This widget has an open call-back for this number already."))
        self.autocall_id = autocall_id


class AlreadyAllowed(Exception):
    """The refused request was allowed before."""


@dataclass(frozen=True, slots=True)
class ScheduledCallBack:
    autocall: Autocall
    joined: bool
    "Whether it is an earlier request of the same number."


def schedule_for_visitor(widget: Widget, requested: guard.VisitorRequest, origin: Origin) -> ScheduledCallBack:
    """A visitor's request: at the time asked for, at once, or at the next opening. Raises VisitorRefused.

    A second request for the same number joins the first while that is open; a constraint allows only one.
    """
    visit = guard.admit(widget, requested, origin)
    # First without locks, so that an attack blocks nobody.
    if not visit.nonce and (first := _open_or_within_limits(visit)) is not None:
        return ScheduledCallBack(first, joined=True)
    with transaction.atomic():
        guard.hold(visit, _one_at_a_time(widget.pk, visit.number))
        if (first := _open_or_within_limits(visit)) is not None:
            return ScheduledCallBack(first, joined=True)
        call_at, slot_at = booking.choose_time(widget, requested.get("call_at"))
        made = Autocall(
            **_visitor_fields(widget, requested),
            widget=widget,
            number=visit.number,
            call_at=call_at,
            promised_at=call_at,
            slot_at=slot_at,
            address=origin.address,
            network=origin.network,
            source=RequestSource.WIDGET,
        )
        storing.store(made, wake_at=_later(call_at))
    return ScheduledCallBack(made, joined=False)


def _open_or_within_limits(visit: guard.Visit) -> Autocall | None:
    """The open call-back of the same number, if any. Raises VisitorRefused if there is none and another one would exceed a limit."""
    while pk := guard.open_or_within_limits(visit):
        if first := Autocall.objects.filter(pk=pk).first():
            return first  # else it was deleted meanwhile, and what the limits say was not asked
    return None


def _visitor_fields(widget: Widget, requested: Mapping[str, object]) -> dict[str, object]:
    """The visitor's data and consent. The consent version is that of the page if this widget ever had it, else the current one."""
    shown = requested.get("consent_version", "")
    known = shown and shown != widget.consent_version and widget.consent_texts.filter(version=shown).exists()
    return {
        "voip": configurations.choose(widget=widget, voip=widget.voip, sip=None),
        "max_attempts": widget.max_attempts,
        "name": requested.get("name", ""),
        "note": requested.get("note", ""),
        "page_url": requested.get("page_url", ""),
        "consent_at": timezone.now() if requested.get("consent") else None,
        "consent_version": shown if known else widget.consent_version,
    }


def schedule(fields: Mapping[str, object], *, source: RequestSource) -> Autocall:
    """A call-back requested by staff or the CRM, without the limits for visitors. Raises AlreadyScheduled, and `sips.lines.CannotDial` where no line
    could make it."""
    autocall = Autocall(**fields, source=source)
    autocall.voip = configurations.choose(widget=autocall.widget, voip=autocall.voip, sip=autocall.sip)
    autocall.promised_at = autocall.call_at
    if autocall.widget is not None:
        autocall.slot_at = autocall.call_at
        if "max_attempts" not in fields:
            autocall.max_attempts = autocall.widget.max_attempts
    configurations.check(autocall)
    with transaction.atomic():
        _refuse_second(autocall)
        autocall.save(force_insert=True)
        wake_at(autocall.call_at)
    return autocall


def edit(autocall: Autocall, changes: Mapping[str, object]) -> Autocall:
    """Change a call-back, move it (`call_at`) or cancel it (`status`). Raises TooLate once it is being dialed or is over, AlreadyScheduled, and
    `sips.lines.CannotDial` where no line could make it."""
    with transaction.atomic():
        row = Autocall.objects.select_for_update().get(pk=autocall.pk)
        changed = {name: value for name, value in changes.items() if getattr(row, name) != value}
        late = sorted(set(changed) - EDITABLE_WHEN_FINISHED)
        if late and row.status != Status.SCHEDULED:
            named = ", ".join(_API_NAMES[name] for name in late)
            message = _(
                "%(fields)s: this call-back is %(status)s; only a scheduled one can be moved, changed or canceled."
            )
            raise TooLate(message % {"fields": named, "status": row.get_status_display()})
        for name, value in changed.items():
            setattr(row, name, value)
        if "sip" in changed and "voip" not in changes and row.sip is not None:
            row.voip_id = row.sip.voip_id  # a line brings its configuration
        if MADE_THROUGH & set(changed):
            configurations.check(row)
        if "call_at" in changed:
            move(row)
        if row.status == Status.CANCELED and row.finished_at is None:
            row.finished_at = timezone.now()
        if {"number", "widget"} & set(changed):
            _refuse_second(row)
        if changed:
            row.save()
    return row


def move(row: Autocall) -> None:
    """`call_at` of a locked row, which the caller saves, has changed. At least one whole attempt is made from then on."""
    row.promised_at = row.call_at
    row.slot_at = row.call_at if row.widget_id else None
    if row.attempts < MOST_ATTEMPTS:
        row.hunting, row.max_attempts = False, max(row.max_attempts, row.attempts + 1)
    wake_at(row.call_at)


def delete(autocall: Autocall) -> None:
    """Raises TooLate while it is being dialed."""
    with transaction.atomic():
        row = Autocall.objects.select_for_update().get(pk=autocall.pk)
        if row.status == Status.CALLING:
            raise TooLate(_("This call-back is calling; it can be deleted when that is over."))
        row.delete()


def call_now(autocall: Autocall) -> Autocall:
    """Move a scheduled call-back to now. Raises TooLate."""
    return edit(autocall, {"call_at": timezone.now()})


def call_again(autocall: Autocall) -> Autocall:
    """Create a new call-back like a finished one, which is not changed. Raises TooLate, AlreadyScheduled, CannotDial."""
    if Autocall.objects.filter(pk=autocall.pk, status__in=OPEN).exists():
        raise TooLate(_("This call-back is not over; it can be moved to now instead."))
    if not autocall.number:
        raise TooLate(_("This call-back's number was erased; nobody can be called again."))
    kept = ("number", "widget", "voip", "sip", "client_id", "contact_id", "name", "note", "max_attempts")
    return schedule(
        {name: getattr(autocall, name) for name in kept} | {"call_at": timezone.now()}, source=RequestSource.STAFF
    )


def allow(refusal: Refusal, by: AbstractBaseUser) -> Autocall:
    """Schedule the call that a visitor was refused: at the time asked for if that is still ahead, else now.

    Raises AlreadyAllowed, AlreadyScheduled, CannotDial, ValueError.
    """
    if not phone_numbers.is_e164(refusal.number):
        raise ValueError(f"“{refusal.number}” is no telephone number.")
    now = timezone.now()
    with transaction.atomic():
        row = Refusal.objects.select_for_update(of=("self",)).select_related("widget").get(pk=refusal.pk)
        if row.allowed_by_id is not None or row.autocall_id is not None:
            raise AlreadyAllowed
        wanted = {"number": row.number, "widget": row.widget, "name": row.name, "note": row.note}
        made = schedule(wanted | {"call_at": max(row.call_at or now, now)}, source=RequestSource.STAFF)
        Refusal.objects.filter(pk=row.pk).update(allowed_by=by, autocall=made)
    return made


def _refuse_second(autocall: Autocall) -> None:
    if autocall.widget_id is None:
        return
    locks.hold(_one_at_a_time(autocall.widget_id, autocall.number))
    others = Autocall.objects.filter(widget_id=autocall.widget_id, number=autocall.number, status__in=OPEN)
    if (other := others.exclude(pk=autocall.pk).values_list("pk", flat=True).first()) is not None:
        raise AlreadyScheduled(other)


def _one_at_a_time(widget_id: int, number: str) -> str:
    """The name of the lock of this widget's call-backs for this number."""
    return f"schedule:{widget_id}:{number}"


def wake_at(moment: datetime) -> None:
    jobs.configure_task("autocalls.run_due", schedule_at=_later(moment)).defer()


def _later(moment: datetime) -> datetime | None:
    return moment if moment > timezone.now() else None
