"""What follows from the end of a call: the next operator, another attempt, or the end. Drawn once, whatever comes twice or late."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import make
import pytest
import time_machine
from callback_desk import ENDS, MONDAY_NOON, attempt, clock, end, later, live, now_of, run, tell
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from autocalls import outcomes, settling
from autocalls.models import Attempt, Autocall, Outcome, Status
from calls import expiry
from calls.events import CallEvent
from calls.models import Call
from calls.services import apply_event, delete_call
from calls.statuses import Source
from calls.statuses import Status as CallStatus

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def traveller() -> Iterator[time_machine.Traveller]:
    with clock() as traveller:
        yield traveller


def promised(*, lines: int = 1, **fields: object) -> Autocall:
    return make.autocall(widget=make.widget(voip=make.office(lines=lines), **fields))


@pytest.mark.parametrize(
    ("how", "outcome"),
    [
        ("answered", Outcome.ANSWERED),
        ("busy", Outcome.BUSY),
        ("no_answer", Outcome.NO_ANSWER),
        ("declined", Outcome.DECLINED),
        ("no_such_number", Outcome.IMPOSSIBLE),
        ("congestion", Outcome.FAILED),
        ("operator_no_answer", Outcome.OPERATOR),
        ("operator_busy", Outcome.OPERATOR),
        ("operator_unreachable", Outcome.OPERATOR),
    ],
)
def test_each_end_of_a_call_has_its_outcome(how: str, outcome: str) -> None:
    promised()
    run()
    call = live()
    tell(call, how)

    assert outcomes.read(Call.objects.get(pk=call.pk)) == outcome


@pytest.mark.parametrize(
    ("call", "outcome"),
    [
        (None, Outcome.FAILED),
        (Call(status="RINGING"), None),
        (Call(status="QUEUED", deleted_at=MONDAY_NOON), Outcome.FAILED),
        (Call(status="FAILED", reason="expired"), Outcome.NOT_DIALED),
        (Call(status="FAILED", reason="lost"), Outcome.FAILED),
        (Call(status="FAILED", reason="refused"), Outcome.OPERATOR),
        (Call(status="FAILED", provider_status="484 Address Incomplete"), Outcome.IMPOSSIBLE),
        (Call(status="CANCELED", reason="operator_hung_up"), Outcome.FAILED),
    ],
)
def test_ends_that_nobody_reported_have_an_outcome_too(call: Call | None, outcome: Outcome | None) -> None:
    assert outcomes.read(call) == outcome


def test_a_conversation_is_the_end() -> None:
    row = promised()
    attempt("answered")

    assert (now_of(row).status, now_of(row).finished_at is not None) == (Status.DONE, True)


@pytest.mark.parametrize("how", ["declined", "no_such_number"])
def test_who_declines_or_does_not_exist_is_not_called_again(how: str) -> None:
    row = promised()
    attempt(how)

    assert (now_of(row).status, now_of(row).attempts) == (Status.FAILED, 1)


def test_the_pause_between_attempts_doubles_and_the_last_one_is_the_end(traveller: time_machine.Traveller) -> None:
    row = promised(max_attempts=4, retry_minutes=10)
    pauses = []
    for _ in range(3):
        attempt("busy")
        pauses.append(now_of(row).call_at - timezone.now())
        traveller.move_to(now_of(row).call_at)
    attempt("no_answer")

    assert pauses == [timedelta(minutes=minutes) for minutes in (10, 20, 40)]
    assert (now_of(row).status, now_of(row).reason, now_of(row).attempts) == (Status.FAILED, "no_answer", 4)


def test_no_pause_is_longer_than_a_day(traveller: time_machine.Traveller) -> None:
    row = promised(max_attempts=3, retry_minutes=1440)
    attempt("busy")
    traveller.move_to(now_of(row).call_at)
    attempt("busy")

    assert now_of(row).call_at - timezone.now() == timedelta(days=1)


def test_another_attempt_waits_for_the_office_to_open() -> None:
    row = promised(opening_time={"monday": [["09:00", "13:05"]], "wednesday": [["10:00", "11:00"]]})
    attempt("busy")

    assert now_of(row).call_at == datetime.fromisoformat("2026-03-04T09:00Z")


def test_an_operator_who_does_not_answer_passes_it_on_at_once() -> None:
    row = promised(lines=3)
    rung = []
    for _ in range(3):
        run()
        rung.append(live().sip_id)
        end("operator_no_answer")

    assert len(set(rung)) == 3
    assert now_of(row).attempts == 1


def test_when_no_operator_answers_all_of_them_are_tried_again_later(traveller: time_machine.Traveller) -> None:
    row = promised(lines=2, retry_minutes=10)
    attempt("operator_no_answer")
    attempt("operator_busy")
    run()
    assert now_of(row).call_at - timezone.now() == timedelta(minutes=10)

    later(traveller, minutes=10)
    attempt("answered")

    assert (now_of(row).status, now_of(row).attempts) == (Status.DONE, 2)


def test_passing_on_wakes_a_run_at_once() -> None:
    promised(lines=2)
    run()
    ProcrastinateJob.objects.all()._raw_delete("default")
    end("operator_busy")

    assert ProcrastinateJob.objects.filter(task_name="autocalls.run_due", scheduled_at=None).exists()


def test_a_call_that_nobody_dialed_costs_no_attempt_and_is_made_again_ever_more_rarely(
    traveller: time_machine.Traveller,
) -> None:
    row = promised()
    pauses = []
    for _ in range(8):
        run()
        later(traveller, minutes=2, seconds=1)
        expiry.expire_stale_calls()
        settling.settle_left()
        pauses.append(round((now_of(row).call_at - timezone.now()).total_seconds() / 60))
        traveller.move_to(now_of(row).call_at)

    assert pauses == [0, 1, 3, 7, 15, 30, 30, 30]
    assert now_of(row).attempts == 1


def test_the_end_of_a_call_has_its_attempt_settled_by_a_job_of_the_same_transaction() -> None:
    promised()
    run()
    tell(live(), "busy")

    job = ProcrastinateJob.objects.get(task_name="autocalls.settle")
    assert job.args == {"attempt_id": Attempt.objects.get().pk}


@pytest.mark.parametrize("how", list(ENDS))
def test_settling_twice_is_settling_once(how: str) -> None:
    row = promised(lines=2)
    attempt(how)
    before = Autocall.objects.values().get(pk=row.pk)

    settling.settle(Attempt.objects.get().pk)

    assert Autocall.objects.values().get(pk=row.pk) == before


def test_settling_too_early_changes_nothing() -> None:
    row = promised()
    run()

    settling.settle(Attempt.objects.get().pk)

    assert (now_of(row).status, Attempt.objects.get().outcome) == (Status.CALLING, "")


@pytest.mark.django_db(transaction=True)
def test_settling_at_once_from_several_workers_is_settling_once() -> None:
    row = promised(max_attempts=3)
    run()
    tell(live(), "busy")
    attempt_id = Attempt.objects.get().pk

    def work() -> None:
        settling.settle(attempt_id)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (now_of(row).status, now_of(row).attempts) == (Status.SCHEDULED, 1)
    assert ProcrastinateJob.objects.filter(task_name="autocalls.run_due").count() == 1


def test_what_a_crash_left_unsettled_is_found() -> None:
    row = promised()
    run()
    tell(live(), "answered")  # and the job that would settle it is lost

    assert (settling.settle_left(), now_of(row).status) == (1, Status.DONE)


def test_a_call_lost_with_its_dialer_is_tried_again() -> None:
    row = promised()
    run()
    call = live()
    Call.objects.filter(pk=call.pk).update(status="DIALING", held_by="gone")
    expiry.lose_calls_of("gone")
    settling.settle_left()

    assert (now_of(row).status, Attempt.objects.get().outcome) == (Status.SCHEDULED, Outcome.FAILED)


def test_a_conversation_cut_by_the_death_of_its_dialer_was_one() -> None:
    row = promised()
    run()
    Call.objects.filter(pk=live().pk).update(status="IN PROGRESS", held_by="gone", answered_at=timezone.now())
    expiry.lose_calls_of("gone")
    settling.settle_left()

    assert now_of(row).status == Status.DONE


def test_an_answer_that_the_operators_list_tells_late_ends_it() -> None:
    row = promised()
    attempt("no_answer")
    call = Attempt.objects.get().call
    assert call is not None
    assert call.voip is not None
    listed = CallEvent(
        provider_call_id=call.provider_call_id, status=CallStatus.ANSWERED, source=Source.LIST, talk_seconds=40
    )

    apply_event(listed, voip=call.voip, received_at=timezone.now())
    settling.settle(Attempt.objects.get().pk)

    assert (now_of(row).status, Attempt.objects.get().outcome) == (Status.DONE, Outcome.ANSWERED)


def test_a_call_that_staff_deleted_is_tried_again() -> None:
    row = promised()
    run()
    delete_call(live())

    settling.settle_left()

    assert now_of(row).status == Status.SCHEDULED


def test_a_call_of_no_call_back_is_nobodys_business() -> None:
    desk = make.office()
    event = CallEvent(provider_call_id="x", status=CallStatus.BUSY)
    apply_event(event, voip=desk, received_at=timezone.now())

    assert not ProcrastinateJob.objects.filter(task_name="autocalls.settle").exists()
