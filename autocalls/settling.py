"""What happens after a call of a call-back has ended: the next operator, another attempt, or the end."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from autocalls import outcomes
from autocalls.models import Attempt, AttemptOutcome, Autocall, Standing, Status
from autocalls.services import wake_at
from calls.models import Call
from calls.statuses import RESULTS

PLAIN_RETRY_MINUTES = 10
"""For call-backs without a widget."""

LONGEST_PAUSE = timedelta(hours=24)

UNDIALED_PAUSE, LONGEST_UNDIALED_PAUSE = timedelta(minutes=1), timedelta(minutes=30)
"""While calls are not dialed at all, for example without a running dialer."""

UNSETTLED = Q(outcome="") & (Q(call=None) | Q(call__status__in=RESULTS) | Q(call__deleted_at__isnull=False))


def settle_left() -> int:
    """Settle attempts whose call has ended but whose job was lost. Returns how many."""
    left = list(Attempt.objects.filter(UNSETTLED).values_list("pk", flat=True)[:1000])
    for pk in left:
        settle(pk)
    return len(left)


@transaction.atomic
def settle(attempt_id: int) -> None:
    """Settle an attempt whose call has ended; does nothing if repeated, or while the call is in progress."""
    autocall = Autocall.objects.select_for_update(of=("self",)).filter(calls_made=attempt_id).first()
    attempt = Attempt.objects.filter(pk=attempt_id).first()
    if autocall is None or attempt is None:
        return
    call = Call.everything.filter(made_for_autocall=attempt_id).first()
    outcome = outcomes.read(call)
    now = timezone.now()
    if attempt.outcome:
        _accept_late_answer(attempt, autocall, outcome, now)
    elif outcome is not None:
        _note(attempt, outcome, now)
        if autocall.status == Status.CALLING:  # else it was canceled meanwhile, because the person was erased
            _go_on(autocall, outcome, now)


def _note(attempt: Attempt, outcome: AttemptOutcome, now: datetime) -> None:
    attempt.outcome, attempt.settled_at = outcome, now
    attempt.save(update_fields=["outcome", "settled_at"])


def _accept_late_answer(attempt: Attempt, autocall: Autocall, outcome: AttemptOutcome | None, now: datetime) -> None:
    """The provider's list may report later that there was talk: then nobody is called again."""
    if outcome == AttemptOutcome.ANSWERED != attempt.outcome:
        _note(attempt, outcome, now)
        if autocall.status == Status.SCHEDULED:
            finish(autocall, Status.DONE, AttemptOutcome.ANSWERED, now)


def _go_on(autocall: Autocall, outcome: AttemptOutcome, now: datetime) -> None:
    if outcome == AttemptOutcome.ANSWERED:
        finish(autocall, Status.DONE, outcome, now)
    elif outcome in (AttemptOutcome.DECLINED, AttemptOutcome.IMPOSSIBLE):
        finish(autocall, Status.FAILED, outcome, now)
    elif outcome == AttemptOutcome.OPERATOR:
        _call_at(autocall, now, reason=outcome, hunting=True)
    elif outcome == AttemptOutcome.NOT_DIALED:
        _call_at(autocall, now + _undialed_pause(autocall), reason=outcome, hunting=True)
    else:
        end_attempt(autocall, outcome, now)


def _undialed_pause(autocall: Autocall) -> timedelta:
    """None the first time, then growing."""
    times = autocall.calls_made.filter(outcome=AttemptOutcome.NOT_DIALED).count()
    return min(UNDIALED_PAUSE * ((1 << min(times - 1, 10)) - 1), LONGEST_UNDIALED_PAUSE)


def end_attempt(autocall: Autocall, outcome: AttemptOutcome, now: datetime) -> None:
    """The attempt failed: another one after a pause that doubles each time, within opening hours, or `failed`."""
    if autocall.attempts >= autocall.max_attempts:
        finish(autocall, Status.FAILED, outcome, now)
        return
    widget = autocall.widget
    minutes = widget.retry_minutes if widget is not None else PLAIN_RETRY_MINUTES
    later = now + min(timedelta(minutes=minutes) * 2 ** max(autocall.attempts - 1, 0), LONGEST_PAUSE)
    permitted = widget.hours().next_opening(later) if widget is not None else later
    if permitted is None:
        finish(autocall, Status.EXPIRED, Standing.NEVER_OPEN, now)
    else:
        _call_at(autocall, permitted, reason=outcome, hunting=False)


def _call_at(autocall: Autocall, moment: datetime, *, reason: AttemptOutcome, hunting: bool) -> None:
    autocall.status, autocall.call_at = Status.SCHEDULED, moment
    autocall.reason, autocall.hunting = reason, hunting
    autocall.save(update_fields=["status", "call_at", "reason", "hunting", "updated_at"])
    wake_at(moment)


def finish(autocall: Autocall, status: Status, reason: str, now: datetime) -> None:
    autocall.status, autocall.reason, autocall.finished_at, autocall.hunting = status, reason, now, False
    autocall.save(update_fields=["status", "reason", "finished_at", "hunting", "updated_at"])
    wake_at(now)  # a line is free
