"""Starts the call-backs that are due.

Every run takes whatever is due, oldest first, as far as lines are free. So it does not matter whether a run comes twice, late or for nothing, and one
that dies is made up for by the next.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import Enum, auto

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from autocalls import lines, locks, settling
from autocalls.lines import Line
from autocalls.models import Attempt, AttemptOutcome, Autocall, Standing, Status
from autocalls.services import wake_at
from calls.services import request_call
from sips.lines import CannotDial
from widgets.models import RingFirst

logger = logging.getLogger(__name__)

DIALED_WITHIN = timedelta(minutes=2)
"""The `dial_by` of its calls: a call not dialed in time fails, and the attempt is decided anew."""

PUNCTUAL = timedelta(minutes=1)
"""A call-back later than this belongs to a backlog, which is worked off at intervals (AUTOCALL_SPACING)."""

NO_LINE_PAUSE = timedelta(minutes=1)
"""Time until the next check for a line that can dial."""


class Step(Enum):
    """What a run did with one call-back."""

    BEGUN = auto()
    SETTLED = auto()
    "It must not be called now."
    WAITS = auto()
    "No line is free, nor for others with the same lines."


def run_due() -> int:
    """Start what is due. Returns how many calls were started. Errors of single call-backs are raised together at the end, as an ExceptionGroup."""
    problems: list[Exception] = []
    begun = 0
    waiting: set[tuple[int | None, ...]] = set()
    due = Autocall.objects.filter(status=Status.SCHEDULED, call_at__lte=timezone.now())
    queue = due.order_by("call_at", "promised_at", "pk").values_list("pk", "sip_id", "widget_id", "voip_id")
    for pk, *lines_of in list(queue):
        if tuple(lines_of) in waiting:
            continue
        try:
            step = _run(pk)
        except Exception as problem:
            logger.exception("autocall_not_run", extra={"autocall_id": pk})
            problems.append(problem)
        else:
            begun += step is Step.BEGUN
            if step is Step.WAITS:
                waiting.add(tuple(lines_of))
    if problems:
        raise ExceptionGroup("call-backs that could not be run", problems)
    return begun


@transaction.atomic
def _run(pk: int) -> Step:
    """Start this call-back, settle it or let it wait, under the locks of its row and its lines."""
    seen = Autocall.objects.filter(pk=pk).first()
    if seen is None:
        return Step.SETTLED
    available = lines.of(seen)
    locks.hold(*(f"line:{line.sip.pk}" for line in available), f"voip:{seen.voip_id}")
    now = timezone.now()
    unchanged = Autocall.objects.filter(pk=pk, sip=seen.sip_id, widget=seen.widget_id, voip=seen.voip_id)
    autocall = unchanged.select_for_update().filter(status=Status.SCHEDULED, call_at__lte=now).first()
    if autocall is None or _put_off(autocall, now):
        return Step.SETTLED
    if not available:
        return _without_line(autocall, now)
    if autocall.hunting:
        return _hunt(autocall, available, now)
    ready = lines.free(available, now)
    if not ready or _too_soon(autocall, now):
        return Step.WAITS
    return _begin(autocall, ready[0], now)


def _without_line(autocall: Autocall, now: datetime) -> Step:
    """Wait if staff may still repair a line; fail if the configuration was deleted."""
    if lines.is_configured(autocall):
        _wait(autocall, now + NO_LINE_PAUSE, reason=Standing.NO_LINE)
    else:
        settling.finish(autocall, Status.FAILED, Standing.NO_CONFIGURATION, now)
    return Step.SETTLED


def _hunt(autocall: Autocall, available: Sequence[Line], now: datetime) -> Step:
    """Ring the next line of this attempt; when all have been rung, the attempt is over."""
    left = lines.untried(available, autocall)
    if not left:
        settling.end_attempt(autocall, AttemptOutcome.OPERATOR, now)
        return Step.SETTLED
    ready = lines.free(left, now)
    if not ready:
        return Step.SETTLED
    return _begin(autocall, ready[0], now)


def _put_off(autocall: Autocall, now: datetime) -> bool:
    """Whether it must not be called now: no attempt is left (`max_attempts` was lowered), it has expired, or the office is closed."""
    if autocall.attempts >= autocall.max_attempts and not autocall.hunting:
        settling.finish(autocall, Status.FAILED, autocall.reason, now)
        return True
    if now > autocall.promised_at + settings.AUTOCALL_EXPIRES:
        settling.finish(autocall, Status.EXPIRED, autocall.reason or Standing.EXPIRED, now)
        return True
    opening = autocall.widget.hours().next_opening(now) if autocall.widget is not None else now
    if opening is None:
        settling.finish(autocall, Status.EXPIRED, Standing.NEVER_OPEN, now)
    elif opening > now:
        _wait(autocall, opening, reason=autocall.reason)
    return opening != now


def _wait(autocall: Autocall, until: datetime, *, reason: str) -> None:
    autocall.call_at, autocall.reason = until, reason
    autocall.save(update_fields=["call_at", "reason", "updated_at"])
    wake_at(until)


def _too_soon(autocall: Autocall, now: datetime) -> bool:
    """Whether it belongs to a backlog and another call of its configuration was started less than AUTOCALL_SPACING ago."""
    if now - autocall.promised_at < PUNCTUAL:
        return False
    others = Attempt.objects.filter(autocall__voip=autocall.voip_id, started_at__gt=now - settings.AUTOCALL_SPACING)
    latest = others.order_by("-started_at").values_list("started_at", flat=True).first()
    if latest is not None:
        wake_at(latest + settings.AUTOCALL_SPACING)
    return latest is not None


def _begin(autocall: Autocall, line: Line, now: datetime) -> Step:
    """Store the call, its job and the attempt in one transaction."""
    try:
        call = request_call(
            via=line.via,
            sip=line.sip.sip,
            voip_id=line.sip.voip_id,
            number_to=autocall.number,
            client_id=autocall.client_id,
            contact_id=autocall.contact_id,
            customer_first=autocall.widget is not None and autocall.widget.ring_first == RingFirst.VISITOR,
            dial_by=_latest_dial(autocall, now),
        )
    except CannotDial:  # the line or its configuration has changed meanwhile
        _wait(autocall, now + NO_LINE_PAUSE, reason=Standing.NO_LINE)
        return Step.SETTLED
    if not autocall.hunting:
        autocall.attempts += 1
    Attempt.objects.create(autocall=autocall, number=autocall.attempts, call=call, sip=line.sip, started_at=now)
    autocall.status, autocall.last_call, autocall.hunting, autocall.reason = Status.CALLING, call, False, ""
    autocall.save(update_fields=["status", "last_call", "attempts", "hunting", "reason", "updated_at"])
    return Step.BEGUN


def _latest_dial(autocall: Autocall, now: datetime) -> datetime:
    """DIALED_WITHIN from now, or the closing time of the office if that is earlier."""
    latest = now + DIALED_WITHIN
    closing = autocall.widget.closes_at(now) if autocall.widget is not None else None
    return min(latest, closing) if closing is not None else latest
