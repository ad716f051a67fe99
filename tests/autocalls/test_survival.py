"""Whatever dies at whatever statement, and whatever comes twice: every call-back is carried on by whoever is left, and nobody is rung twice."""

import random
from datetime import timedelta

import make
import product_process
import pytest
from callback_desk import end, live, now_of, tell
from django.utils import timezone
from mortal import Mortal
from mortal_request import ask
from procrastinate.contrib.django.models import ProcrastinateJob

from autocalls import running, settling
from autocalls.models import OPEN, Attempt, AttemptOutcome, Autocall, Status
from calls.models import Call
from widgets.models import Widget

pytestmark = pytest.mark.django_db(transaction=True)
FAULTS = ("kill", "cut")
MOST_STATEMENTS = 200


@pytest.fixture
def runner() -> Mortal:
    return Mortal("autocalls.running.run_due", product_process.environment())


@pytest.fixture
def settler() -> Mortal:
    return Mortal("autocalls.settling.settle", product_process.environment())


def others_go_on() -> None:
    """What the sweep of any living worker does."""
    settling.settle_left()
    running.run_due()


def forget_everything() -> None:
    for rows in (Attempt.objects, Autocall.objects, Call.everything, ProcrastinateJob.objects):
        rows.all()._raw_delete("default")


def anew(*, lines: int = 1) -> Autocall:
    forget_everything()
    return make.autocall(widget=make.widget(voip=make.office(lines=lines)))


def calls_and_dial_jobs() -> tuple[list[int], list[int]]:
    jobs = ProcrastinateJob.objects.filter(task_name="integrations.dial_by_sip").order_by("id")
    return list(Call.everything.order_by("pk").values_list("pk", flat=True)), [job.args["call_id"] for job in jobs]


@pytest.mark.parametrize("how", FAULTS)
def test_a_worker_that_dies_at_any_statement_of_a_run_rings_once(runner: Mortal, how: str) -> None:
    for number in range(1, MOST_STATEMENTS):
        row = anew()
        died = runner.do(how, number)
        others_go_on()

        calls, jobs = calls_and_dial_jobs()
        assert len(calls) == 1, number
        assert jobs == calls, number
        assert (now_of(row).status, now_of(row).attempts) == (Status.CALLING, 1), number
        if not died:
            assert number > 15
            return
    pytest.fail("it never came to an end")


@pytest.mark.parametrize("how", FAULTS)
def test_a_worker_that_dies_at_any_statement_of_settling_counts_the_attempt_once(settler: Mortal, how: str) -> None:
    for number in range(1, MOST_STATEMENTS):
        row = anew()
        running.run_due()
        tell(live(), "busy")
        died = settler.do(how, number, Attempt.objects.get().pk)
        others_go_on()

        assert (now_of(row).status, now_of(row).attempts) == (Status.SCHEDULED, 1), number
        assert now_of(row).call_at > timezone.now() + timedelta(minutes=9), number
        assert list(Attempt.objects.values_list("outcome", flat=True)) == [AttemptOutcome.BUSY], number
        if not died:
            assert number > 5
            return
    pytest.fail("it never came to an end")


def test_a_worker_that_dies_while_hunting_rings_the_next_operator_once(settler: Mortal) -> None:
    for number in range(1, MOST_STATEMENTS):
        row = anew(lines=2)
        running.run_due()
        tell(live(), "operator_no_answer")
        died = settler.do("kill", number, Attempt.objects.get().pk)
        others_go_on()

        assert (now_of(row).status, now_of(row).attempts) == (Status.CALLING, 1), number
        assert Attempt.objects.values("sip").distinct().count() == Call.everything.count() == 2, number
        if not died:
            return
    pytest.fail("it never came to an end")


@pytest.mark.parametrize("how", FAULTS)
def test_a_request_repeated_after_a_server_crash_is_stored_once(how: str) -> None:
    widget = make.widget(voip=make.office())
    server = Mortal("mortal_request.ask", product_process.environment())
    for number in range(1, MOST_STATEMENTS):
        forget_everything()
        died = server.do(how, number, widget.pk)
        ask(widget.pk)
        running.run_due()

        assert Autocall.objects.count() == Call.everything.count() == 1, number
        if not died:
            assert number > 8
            return
    pytest.fail("it never came to an end")


@pytest.mark.parametrize("seed", range(4))
def test_with_workers_dying_at_random_every_call_back_ends_once(runner: Mortal, settler: Mortal, seed: int) -> None:
    chance = random.Random(seed)
    anew(lines=2)
    widget = Widget.objects.latest("pk")
    for number in range(4, 7):
        make.autocall(widget=widget, number=f"+4850150250{number}")

    for _step in range(400):
        if not Autocall.objects.filter(status__in=OPEN).exists():
            break
        runner.do(chance.choice(FAULTS), chance.randint(1, 40))
        for attempt in Attempt.objects.filter(outcome=""):
            assert attempt.call is not None
            if chance.random() < 0.7:
                tell(attempt.call, chance.choice(["answered", "busy", "no_answer", "operator_busy", "declined"]))
            settler.do(chance.choice(FAULTS), chance.randint(1, 12), attempt.pk)
        if chance.random() < 0.3:
            settling.settle_left()
        Autocall.objects.filter(status=Status.SCHEDULED).update(call_at=timezone.now())  # the pause is over

    assert not Autocall.objects.filter(status__in=OPEN).exists()
    calls, jobs = calls_and_dial_jobs()
    assert sorted(jobs) == calls
    assert not Attempt.objects.filter(outcome="").exists()
    for row in Autocall.objects.all():
        assert row.attempts <= row.max_attempts
        assert row.calls_made.count() <= row.attempts * 2  # two operators
        answered = row.calls_made.filter(outcome=AttemptOutcome.ANSWERED).count()
        assert (row.status == Status.DONE) == (answered == 1)


def test_a_run_without_crash_leaves_nothing_to_recover() -> None:
    anew()
    running.run_due()
    end("answered")

    assert settling.settle_left() == running.run_due() == 0
