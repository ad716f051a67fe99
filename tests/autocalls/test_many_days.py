"""Days of a call-back desk, made up from seeds: jobs come twice, late and in any order, dialers vanish, staff move and cancel, offices close."""

import random
from datetime import timedelta
from typing import Any

import make
import pytest
import time_machine
from callback_desk import ENDS, MONDAY_NOON, clock, run, tell
from django.utils import timezone

from autocalls import settling
from autocalls.models import OPEN, Attempt, Autocall, Status
from autocalls.services import TooLate, edit
from calls import dialing, expiry
from calls.models import Call
from calls.statuses import PROGRESS
from widgets.models import Widget

pytestmark = pytest.mark.django_db
OFFICES: tuple[dict[str, Any], ...] = (
    {},
    {"monday": [["09:00", "12:00"], ["13:00", "17:00"]], "tuesday": [["09:00", "24:00"]], "wednesday": [["00:00", "02:00"]]},
    {"tuesday": [["08:00", "08:30"]], "friday": [["10:00", "16:00"]], "exceptions": {"2026-03-03": []}},
)  # fmt: skip
MOST_DAYS = 30


class Desk:
    """Whatever can happen to call-backs, and what must never."""

    def __init__(self, seed: int, traveller: time_machine.Traveller) -> None:
        self.chance, self.traveller = random.Random(seed), traveller
        self.widget: Widget = make.widget(
            voip=make.office(lines=self.chance.randint(1, 3)),
            opening_time=self.chance.choice(OFFICES),
            max_attempts=self.chance.randint(1, 4),
            retry_minutes=self.chance.choice([1, 10, 120]),
        )
        for number in range(6):
            asked = MONDAY_NOON + timedelta(minutes=self.chance.randint(-600, 2000))
            make.autocall(widget=self.widget, number=f"+4850150250{number}", call_at=asked)
        self.dialed: list[int] = []

    def is_over(self) -> bool:
        return not Autocall.objects.filter(status__in=OPEN).exists()

    def step(self) -> None:
        deeds = (
            self.run,
            self.dial,
            self.end,
            self.end,
            self.settle,
            self.sweep,
            self.expire,
            self.staff,
            self.wait,
            self.wait,
        )
        self.chance.choice(deeds)()
        for row in Autocall.objects.all():
            assert row.attempts <= row.max_attempts
        assert not Attempt.objects.filter(outcome="", autocall__status=Status.SCHEDULED).exists()

    def run(self) -> None:
        run()

    def dial(self) -> None:
        """The dialer takes a call, if it may."""
        for call in Call.objects.filter(status="QUEUED").order_by("?")[:1]:
            if dialing.claim(call.pk, holder="dialer"):
                row = Autocall.objects.get(calls_made__call=call)
                assert self.widget.is_open(timezone.now())
                assert row.status == Status.CALLING
                assert timezone.now() >= row.call_at
                self.dialed.append(call.pk)

    def end(self) -> None:
        for call in Call.objects.filter(status__in=[*PROGRESS]).exclude(status="QUEUED"):
            tell(call, self.chance.choice(list(ENDS)))

    def settle(self) -> None:
        attempts = list(Attempt.objects.values_list("pk", flat=True))
        for pk in self.chance.sample(attempts, k=min(len(attempts), 3)):
            settling.settle(pk)

    def sweep(self) -> None:
        settling.settle_left()
        run()

    def expire(self) -> None:
        if self.chance.random() < 0.2:
            expiry.lose_calls_of("dialer")
        expiry.expire_stale_calls()

    def staff(self) -> None:
        row = self.chance.choice(list(Autocall.objects.all()))
        change = (
            {"status": Status.CANCELED}
            if self.chance.random() < 0.1
            else {"call_at": timezone.now() + timedelta(minutes=self.chance.randint(-60, 600))}
        )
        if self.chance.random() < 0.2:
            try:
                edit(row, change)
            except TooLate:
                assert row.status != Status.SCHEDULED

    def wait(self) -> None:
        """A moment, or until the next one is due."""
        due = (
            Autocall.objects.filter(status=Status.SCHEDULED)
            .order_by("call_at")
            .values_list("call_at", flat=True)
            .first()
        )
        soon = timezone.now() + timedelta(seconds=self.chance.choice([1, 5, 60, 130]))
        self.traveller.move_to(max(soon, due) if due and self.chance.random() < 0.5 else soon)


@pytest.mark.parametrize("seed", range(6))
def test_over_many_days_every_call_back_ends_once_and_nobody_is_dialed_out_of_hours(seed: int) -> None:
    with clock() as traveller:
        desk = Desk(seed, traveller)
        for _ in range(3000):
            if desk.is_over() or timezone.now() > MONDAY_NOON + timedelta(days=MOST_DAYS):
                break
            desk.step()

    assert desk.is_over()
    assert len(desk.dialed) == len(set(desk.dialed))
    assert desk.dialed
    for row in Autocall.objects.all():
        talked = row.calls_made.filter(outcome="answered").count()
        assert (row.status == Status.DONE) == (talked == 1)
        assert row.finished_at is not None
