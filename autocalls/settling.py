"""What comes after a call that has ended: the next operator, another attempt, or the end."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from autocalls import outcomes
from autocalls.models import Attempt, Autocall, Outcome, Status
from autocalls.services import wake_at
from calls.models import Call
from calls.statuses import RESULTS

PLAIN_RETRY_MINUTES = 10
"""For call-backs without a widget."""

LONGEST_PAUSE = timedelta(hours=24)

UNDIALED_PAUSE, LONGEST_UNDIALED_PAUSE = timedelta(minutes=1), timedelta(minutes=30)
"""While nobody dials at all, as when no dialer runs."""

UNSETTLED = Q(outcome="") & (Q(call=None) | Q(call__status__in=RESULTS) | Q(call__deleted_at__isnull=False))


def settle_left() -> int:
    """Settle what a crash has left between the end of a call and its job. Returns how many."""
    left = list(Attempt.objects.filter(UNSETTLED).values_list("pk", flat=True)[:1000])
    for pk in left:
        settle(pk)
    return len(left)


@transaction.atomic
def settle(attempt_id: int) -> None:
    """Draw the conclusion from the end of an attempt's call, once: a second time finds it drawn, too early finds the call going on."""
    autocall = Autocall.objects.select_for_update(of=("self",)).filter(calls_made=attempt_id).first()
    attempt = Attempt.objects.filter(pk=attempt_id).first()
    if autocall is None or attempt is None:
        return
    call = Call.everything.filter(made_for_autocall=attempt_id).first()
    outcome = outcomes.read(call)
    now = timezone.now()
    if attempt.outcome:
        _believe_late_answer(attempt, autocall, outcome, now)
    elif outcome is not None:
        _note(attempt, outcome, now)
        if autocall.status == Status.CALLING:  # else it was ended meanwhile, because the person was erased
            _go_on(autocall, outcome, now)


def _note(attempt: Attempt, outcome: Outcome, now: datetime) -> None:
    attempt.outcome, attempt.settled_at = outcome, now
    attempt.save(update_fields=["outcome", "settled_at"])


def _believe_late_answer(attempt: Attempt, autocall: Autocall, outcome: Outcome | None, now: datetime) -> None:
    """The operator's list may tell later that the two did talk: then nobody is called again."""
    if outcome == Outcome.ANSWERED != attempt.outcome:
        _note(attempt, outcome, now)
        if autocall.status == Status.SCHEDULED:
            finish(autocall, Status.DONE, Outcome.ANSWERED, now)


def _go_on(autocall: Autocall, outcome: Outcome, now: datetime) -> None:
    if outcome == Outcome.ANSWERED:
        finish(autocall, Status.DONE, outcome, now)
    elif outcome in outcomes.FINAL:
        finish(autocall, Status.FAILED, outcome, now)
    elif outcome == Outcome.OPERATOR:
        _call_at(autocall, now, reason=outcome, passing_on=True)
    elif outcome == Outcome.NOT_DIALED:
        _call_at(autocall, now + _undialed_pause(autocall), reason=outcome, passing_on=True)
    else:
        end_attempt(autocall, outcome, now)


def _undialed_pause(autocall: Autocall) -> timedelta:
    """None for the first time, then growing."""
    times = autocall.calls_made.filter(outcome=Outcome.NOT_DIALED).count()
    return min(UNDIALED_PAUSE * ((1 << min(times - 1, 10)) - 1), LONGEST_UNDIALED_PAUSE)


def end_attempt(autocall: Autocall, outcome: Outcome, now: datetime) -> None:
    """The attempt did not bring the two together: another one after a pause that doubles each time, in opening hours, or none any more."""
    if autocall.attempts >= autocall.max_attempts:
        finish(autocall, Status.FAILED, outcome, now)
        return
    widget = autocall.widget
    minutes = widget.retry_minutes if widget is not None else PLAIN_RETRY_MINUTES
    later = now + min(timedelta(minutes=minutes) * 2 ** max(autocall.attempts - 1, 0), LONGEST_PAUSE)
    permitted = widget.hours().next_opening(later) if widget is not None else later
    if permitted is None:
        finish(autocall, Status.EXPIRED, "never_open", now)
    else:
        _call_at(autocall, permitted, reason=outcome, passing_on=False)


def _call_at(autocall: Autocall, moment: datetime, *, reason: str, passing_on: bool) -> None:
    autocall.status, autocall.call_at = Status.SCHEDULED, moment
    autocall.reason, autocall.passing_on = reason, passing_on
    autocall.save(update_fields=["status", "call_at", "reason", "passing_on", "updated_at"])
    wake_at(moment)


def finish(autocall: Autocall, status: Status, reason: str, now: datetime) -> None:
    autocall.status, autocall.reason, autocall.finished_at, autocall.passing_on = status, reason, now, False
    autocall.save(update_fields=["status", "reason", "finished_at", "passing_on", "updated_at"])
    wake_at(now)  # a line is free
