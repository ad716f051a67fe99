"""Beginning the calls that are due.

Nothing here is told which call-back to begin: every run takes what is due, oldest first, as far as lines are free. So a run that comes twice, late or
for nothing does no harm, one that dies is made up for by the next, and after an outage everything is taken up by itself.
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
from autocalls.models import Attempt, Autocall, Outcome, Status
from autocalls.services import wake_at
from calls.services import request_call
from widgets.models import RingFirst

logger = logging.getLogger(__name__)

DIALED_WITHIN = timedelta(minutes=2)
"""A call that could not be dialed for so long is not dialed any more: the next attempt is a new decision."""

PUNCTUAL = timedelta(minutes=1)
"""What was promised for longer ago is no promise of this minute but a backlog, which is worked off at intervals."""

NO_LINE_PAUSE = timedelta(minutes=1)
"""Until staff have set up a line that can dial."""


class Step(Enum):
    """What a run did with one call-back."""

    BEGUN = auto()
    SETTLED = auto()
    "It is not to be called now: over, put off, or somebody else's."
    QUEUES = auto()
    "It waits for a line, and so will all others that wait for the same lines."


def run_due() -> int:
    """Begin what is due. Returns how many calls were begun; raises ExceptionGroup when some call-backs could not be judged, after all others."""
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
            if step is Step.QUEUES:
                waiting.add(tuple(lines_of))
    if problems:
        raise ExceptionGroup("call-backs that could not be run", problems)
    return begun


@transaction.atomic
def _run(pk: int) -> Step:
    """Begin this call-back, move it on or let it wait. Whoever else would ring the same lines or the same call-back waits for the locks."""
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
        _wait(autocall, now + NO_LINE_PAUSE, reason="no_line")
        return Step.SETTLED
    if autocall.passing_on:
        return _pass_on(autocall, available, now)
    ready = lines.free(available, now)
    if not ready or _too_soon(autocall, now):
        return Step.QUEUES
    _begin(autocall, ready[0], now)
    return Step.BEGUN


def _pass_on(autocall: Autocall, available: Sequence[Line], now: datetime) -> Step:
    """Ring the next operator of this attempt; when all have been rung, the attempt is over."""
    left = lines.untried(available, autocall)
    if not left:
        settling.end_attempt(autocall, Outcome.OPERATOR, now)
        return Step.SETTLED
    ready = lines.free(left, now)
    if not ready:
        return Step.SETTLED
    _begin(autocall, ready[0], now)
    return Step.BEGUN


def _put_off(autocall: Autocall, now: datetime) -> bool:
    """Whether it is not to be called now: no attempt is left since somebody lowered their number, the promise has become too old to keep, or the
    office is closed."""
    if autocall.attempts >= autocall.max_attempts and not autocall.passing_on:
        settling.finish(autocall, Status.FAILED, autocall.reason, now)
        return True
    if now > autocall.promised_at + settings.AUTOCALL_EXPIRES:
        settling.finish(autocall, Status.EXPIRED, autocall.reason or "expired", now)
        return True
    opening = autocall.widget.hours().next_opening(now) if autocall.widget is not None else now
    if opening is None:
        settling.finish(autocall, Status.EXPIRED, "never_open", now)
    elif opening > now:
        _wait(autocall, opening, reason=autocall.reason)
    return opening != now


def _wait(autocall: Autocall, until: datetime, *, reason: str) -> None:
    autocall.call_at, autocall.reason = until, reason
    autocall.save(update_fields=["call_at", "reason", "updated_at"])
    wake_at(until)


def _too_soon(autocall: Autocall, now: datetime) -> bool:
    """Whether this is one of a backlog and another call of its configuration has only just begun."""
    if now - autocall.promised_at < PUNCTUAL:
        return False
    others = Attempt.objects.filter(autocall__voip=autocall.voip_id, started_at__gt=now - settings.AUTOCALL_SPACING)
    latest = others.order_by("-started_at").values_list("started_at", flat=True).first()
    if latest is not None:
        wake_at(latest + settings.AUTOCALL_SPACING)
    return latest is not None


def _begin(autocall: Autocall, line: Line, now: datetime) -> None:
    """The call, the job that dials it and the row that says so are stored together or not at all."""
    if not autocall.passing_on:
        autocall.attempts += 1
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
    Attempt.objects.create(autocall=autocall, number=autocall.attempts, call=call, sip=line.sip, started_at=now)
    autocall.status, autocall.last_call, autocall.passing_on, autocall.reason = Status.CALLING, call, False, ""
    autocall.save(update_fields=["status", "last_call", "attempts", "passing_on", "reason", "updated_at"])


def _latest_dial(autocall: Autocall, now: datetime) -> datetime:
    """Neither much later than now nor after the office has closed."""
    latest = now + DIALED_WITHIN
    closing = autocall.widget.closes_at(now) if autocall.widget is not None else None
    return min(latest, closing) if closing is not None else latest
