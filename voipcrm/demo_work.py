"""Tasks on the demo's desk: missed calls of the last hours, call-backs in every state, follow-ups and outcomes."""

from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from autocalls.models import Attempt, AttemptOutcome, Autocall, RequestSource, Standing, Status
from calls import follow_ups
from calls.models import Call, FollowUp, Outcome
from calls.statuses import Kind
from calls.statuses import Status as CallStatus
from sips.models import Voip
from widgets.models import Widget

OUTCOMES = ("Ordered", "Wants an offer", "Not interested")
VISITORS = (
    ("Katarzyna Wiśniewska", "+48601345001", "Faktura za marzec"),
    ("Tomasz Lewandowski", "+48602345002", "Termin dostawy?"),
    ("Magdalena Kamińska", "+48603345003", ""),
    ("Andrzej Zając", "+48604345004", "Zwrot zamówienia 4711"),
    ("Ewa Dąbrowska", "+48605345005", "Oferta dla szkoły"),
    ("Marek Pawlak", "+48606345006", ""),
    ("Joanna Król", "+48607345007", "Proszę po 15"),
    ("Rafał Wróbel", "+48608345008", "Montaż lamp"),
)
MISSED = ((9, "+48501120017"), (31, "+48602127936"), (44, "+48501120017"), (70, "+48501120017"), (95, "+48693135855"))
"""Minutes ago, and the caller; one caller has tried three times."""


def create(desk: Voip, widget: Widget) -> None:
    for name in OUTCOMES:
        Outcome.objects.get_or_create(name=name)
    _miss_calls(desk)
    _ask_for_calls(widget)


def assign_tasks(anna: User, desk: Voip | None) -> None:
    """Assign tasks to a colleague, and postpone one until later today."""
    now = timezone.now()
    Autocall.objects.filter(voip=desk, number=VISITORS[2][1], status=Status.SCHEDULED).update(
        status=Status.TAKEN, taken_by=anna, taken_at=now, reason=Standing.TAKEN
    )
    follow_ups.add("+48733143774", voip=desk, assignee=anna)
    follow_ups.add("+48733151693", voip=desk, due_at=now + timedelta(hours=2))


def remove() -> int:
    """Delete the outcomes that nobody has used."""
    used = FollowUp.objects.exclude(outcome=None).values("outcome")
    return Outcome.objects.filter(name__in=OUTCOMES, calls=None).exclude(pk__in=used).delete()[0]


def _miss_calls(desk: Voip) -> None:
    line = desk.sips.get(sip="101")
    for minutes, number in MISSED:
        began = timezone.now() - timedelta(minutes=minutes)
        Call.objects.create(
            voip=desk, sip=line, kind=Kind.INCOMING, status=CallStatus.NO_ANSWER, number_from=number, number_to=desk.number,
            customer_number=number, start_time=began, ended_at=began + timedelta(seconds=25),
        )  # fmt: skip


def _ask_for_calls(widget: Widget) -> None:
    now = timezone.now()
    soon, tomorrow = now + timedelta(minutes=20), _tomorrow_at_ten()
    states: tuple[dict[str, Any], ...] = (
        {"call_at": soon},
        {"call_at": tomorrow},
        {"call_at": now + timedelta(hours=3)},  # which Anna takes
        {"status": Status.FAILED, "reason": AttemptOutcome.BUSY, "hours": 3, "attempts": 3},
        {"status": Status.FAILED, "reason": AttemptOutcome.NO_ANSWER, "hours": 26, "attempts": 3},
        {"status": Status.CANCELED, "hours": 5},
        {"status": Status.EXPIRED, "reason": Standing.EXPIRED, "hours": 50},
        {"status": Status.DONE, "reason": AttemptOutcome.ANSWERED, "hours": 4, "attempts": 1},
    )
    for (name, number, note), state in zip(VISITORS, states, strict=True):
        ago = now - timedelta(hours=state.pop("hours", 0))
        promised = state.setdefault("call_at", ago)
        over = {} if "status" not in state else {"finished_at": ago}
        made = Autocall.objects.create(
            name=name, number=number, note=note, widget=widget, voip=widget.voip, source=RequestSource.WIDGET, promised_at=promised,
            max_attempts=widget.max_attempts, **state, **over,
        )  # fmt: skip
        Autocall.objects.filter(pk=made.pk).update(created_at=ago - timedelta(minutes=3))
        if made.status == Status.DONE:
            _talk(made, ago)


def _talk(autocall: Autocall, began: datetime) -> None:
    assert autocall.voip is not None
    line = autocall.voip.sips.get(sip="102")
    call = Call.objects.create(
        voip=autocall.voip, sip=line, kind=Kind.OUTGOING, status=CallStatus.ANSWERED, number_from=autocall.voip.number,
        number_to=autocall.number, customer_number=autocall.number, start_time=began, answered_at=began + timedelta(seconds=9),
        ended_at=began + timedelta(seconds=149), duration=140,
    )  # fmt: skip
    Attempt.objects.create(
        autocall=autocall, number=1, call=call, sip=line, outcome=AttemptOutcome.ANSWERED, started_at=began, settled_at=call.ended_at
    )  # fmt: skip
    Autocall.objects.filter(pk=autocall.pk).update(last_call=call)


def _tomorrow_at_ten() -> datetime:
    zone = ZoneInfo(settings.STAFF_TIME_ZONE)
    day = timezone.now().astimezone(zone).date() + timedelta(days=1)
    return datetime.combine(day, time(10), tzinfo=zone)
