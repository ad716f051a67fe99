"""What follows from the end of a call: the next operator, another attempt, or the end. Drawn once, whatever comes twice or late."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import make
import pytest
import time_machine
from callback_desk import ENDS, MONDAY_NOON, attempt, clock, end, later, live, now_of, run, tell
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from autocalls import outcomes, settling
from autocalls.models import Attempt, AttemptOutcome, Autocall, Status
from calls import expiry
from calls.events import CallEvent
from calls.models import Call
from calls.services import apply_event, delete_call
from calls.statuses import Source
from calls.statuses import Status as CallStatus
from calls.tasks import tell_of_end

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def traveller() -> Iterator[time_machine.Traveller]:
    with clock() as traveller:
        yield traveller


def scheduled(*, lines: int = 1, **fields: object) -> Autocall:
    return make.autocall(widget=make.widget(voip=make.office(lines=lines), **fields))


@pytest.mark.parametrize(
    ("how", "outcome"),
    [
        ("answered", AttemptOutcome.ANSWERED),
        ("busy", AttemptOutcome.BUSY),
        ("no_answer", AttemptOutcome.NO_ANSWER),
        ("declined", AttemptOutcome.DECLINED),
        ("no_such_number", AttemptOutcome.IMPOSSIBLE),
        ("congestion", AttemptOutcome.FAILED),
        ("switched_off", AttemptOutcome.FAILED),
        ("not_allowed", AttemptOutcome.FAILED),
        ("operator_no_answer", AttemptOutcome.OPERATOR),
        ("operator_busy", AttemptOutcome.OPERATOR),
        ("operator_unreachable", AttemptOutcome.OPERATOR),
    ],
)
def test_every_end_of_a_call_has_an_outcome(how: str, outcome: str) -> None:
    scheduled()
    run()
    call = live()
    tell(call, how)

    assert outcomes.read(Call.objects.get(pk=call.pk)) == outcome


@pytest.mark.parametrize(
    ("call", "outcome"),
    [
        (None, AttemptOutcome.FAILED),
        (Call(status="RINGING"), None),
        (Call(status="QUEUED", deleted_at=MONDAY_NOON), AttemptOutcome.FAILED),
        (Call(status="FAILED", reason="expired"), AttemptOutcome.NOT_DIALED),
        (Call(status="FAILED", reason="lost"), AttemptOutcome.FAILED),
        (Call(status="FAILED", reason="refused"), AttemptOutcome.OPERATOR),
        (Call(status="FAILED", provider_status="404 Not Found", reason="no_route"), AttemptOutcome.FAILED),
        (Call(status="CANCELED", reason="operator_hung_up"), AttemptOutcome.FAILED),
    ],
)
def test_expired_and_lost_calls_have_an_outcome_too(call: Call | None, outcome: AttemptOutcome | None) -> None:
    assert outcomes.read(call) == outcome


def test_talk_completes_the_call_back() -> None:
    row = scheduled()
    attempt("answered")

    assert (now_of(row).status, now_of(row).finished_at is not None) == (Status.DONE, True)


@pytest.mark.parametrize("how", ["declined", "no_such_number"])
def test_a_number_that_declines_or_does_not_exist_is_not_called_again(how: str) -> None:
    row = scheduled()
    attempt(how)

    assert (now_of(row).status, now_of(row).attempts) == (Status.FAILED, 1)


def test_the_pause_between_attempts_doubles_until_the_last(traveller: time_machine.Traveller) -> None:
    row = scheduled(max_attempts=4, retry_minutes=10)
    pauses = []
    for _ in range(3):
        attempt("busy")
        pauses.append(now_of(row).call_at - timezone.now())
        traveller.move_to(now_of(row).call_at)
    attempt("no_answer")

    assert pauses == [timedelta(minutes=minutes) for minutes in (10, 20, 40)]
    assert (now_of(row).status, now_of(row).reason, now_of(row).attempts) == (Status.FAILED, "no_answer", 4)


def test_no_pause_is_longer_than_a_day(traveller: time_machine.Traveller) -> None:
    row = scheduled(max_attempts=3, retry_minutes=1440)
    attempt("busy")
    traveller.move_to(now_of(row).call_at)
    attempt("busy")

    assert now_of(row).call_at - timezone.now() == timedelta(days=1)


def test_the_next_attempt_waits_for_the_office_to_open() -> None:
    row = scheduled(opening_time={"monday": [["09:00", "13:05"]], "wednesday": [["10:00", "11:00"]]})
    attempt("busy")

    assert now_of(row).call_at == datetime.fromisoformat("2026-03-04T09:00Z")


def test_an_unanswering_operator_is_followed_by_the_next_at_once() -> None:
    row = scheduled(lines=3)
    rung = []
    for _ in range(3):
        run()
        rung.append(live().sip_id)
        end("operator_no_answer")

    assert len(set(rung)) == 3
    assert now_of(row).attempts == 1


def test_hunting_also_happens_in_the_last_attempt() -> None:
    row = scheduled(lines=2, max_attempts=1)
    attempt("operator_no_answer")
    attempt("operator_busy")

    assert Attempt.objects.values("sip").distinct().count() == 2
    assert (run(), now_of(row).status, now_of(row).attempts) == (0, Status.FAILED, 1)


def test_when_no_operator_answers_all_of_them_are_tried_again_later(traveller: time_machine.Traveller) -> None:
    row = scheduled(lines=2, retry_minutes=10)
    attempt("operator_no_answer")
    attempt("operator_busy")
    run()
    assert now_of(row).call_at - timezone.now() == timedelta(minutes=10)

    later(traveller, minutes=10)
    attempt("answered")

    assert (now_of(row).status, now_of(row).attempts) == (Status.DONE, 2)


def test_hunting_wakes_a_run_at_once() -> None:
    scheduled(lines=2)
    run()
    ProcrastinateJob.objects.all()._raw_delete("default")
    end("operator_busy")

    assert ProcrastinateJob.objects.filter(task_name="autocalls.run_due", scheduled_at=None).exists()


def test_the_end_of_a_call_back_wakes_a_run_for_who_waits_for_its_line() -> None:
    scheduled()
    run()
    ProcrastinateJob.objects.all()._raw_delete("default")
    end("answered")

    assert ProcrastinateJob.objects.filter(task_name="autocalls.run_due", scheduled_at=None).exists()


def test_an_undialed_call_costs_no_attempt_and_is_retried_at_growing_intervals(
    traveller: time_machine.Traveller,
) -> None:
    row = scheduled()
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


def test_the_end_of_a_call_defers_the_settling_job_in_its_transaction() -> None:
    scheduled()
    run()
    tell(live(), "busy")

    job = ProcrastinateJob.objects.get(task_name="autocalls.settle")
    assert job.args == {"attempt_id": Attempt.objects.get().pk}


def test_the_end_of_a_call_reported_by_webhook_settles_its_attempt() -> None:
    scheduled()
    run()
    call = live()
    Call.objects.filter(pk=call.pk).update(status=CallStatus.BUSY)

    tell_of_end(call_id=call.pk)

    job = ProcrastinateJob.objects.get(task_name="autocalls.settle")
    assert job.args == {"attempt_id": Attempt.objects.get().pk}


@pytest.mark.parametrize("how", list(ENDS))
def test_settling_twice_changes_nothing(how: str, traveller: time_machine.Traveller) -> None:
    row = scheduled(lines=2)
    attempt(how)
    before = Autocall.objects.values().get(pk=row.pk), Attempt.objects.values().get()

    later(traveller, minutes=1)
    settling.settle(Attempt.objects.get().pk)

    assert (Autocall.objects.values().get(pk=row.pk), Attempt.objects.values().get()) == before


def test_settling_before_the_call_has_ended_changes_nothing() -> None:
    row = scheduled()
    run()

    settling.settle(Attempt.objects.get().pk)

    assert (now_of(row).status, Attempt.objects.get().outcome) == (Status.CALLING, "")


def test_attempts_left_unsettled_by_a_crash_are_found() -> None:
    row = scheduled()
    run()
    tell(live(), "answered")  # and the job that would settle it is lost

    assert (settling.settle_left(), now_of(row).status) == (1, Status.DONE)


def test_a_call_lost_with_its_dialer_is_tried_again() -> None:
    row = scheduled()
    run()
    call = live()
    Call.objects.filter(pk=call.pk).update(status="DIALING", held_by="gone")
    expiry.lose_calls_of("gone")
    settling.settle_left()

    assert (now_of(row).status, Attempt.objects.get().outcome) == (Status.SCHEDULED, AttemptOutcome.FAILED)


def test_a_talk_cut_off_by_a_dead_dialer_counts_as_talk() -> None:
    row = scheduled()
    run()
    Call.objects.filter(pk=live().pk).update(status="IN PROGRESS", held_by="gone", answered_at=timezone.now())
    expiry.lose_calls_of("gone")
    settling.settle_left()

    assert now_of(row).status == Status.DONE


def list_answered(attempt: Attempt) -> None:
    """The provider's list reports late that the two did talk."""
    assert attempt.call is not None
    assert attempt.call.voip is not None
    listed = CallEvent(
        provider_call_id=attempt.call.provider_call_id,
        status=CallStatus.ANSWERED,
        source=Source.LIST,
        talk_seconds=40,
    )
    apply_event(listed, voip=attempt.call.voip, received_at=timezone.now())
    settling.settle(attempt.pk)


def test_a_late_answer_in_the_providers_list_completes_the_call_back() -> None:
    row = scheduled()
    attempt("no_answer")

    list_answered(Attempt.objects.get())

    assert (now_of(row).status, Attempt.objects.get().outcome) == (Status.DONE, AttemptOutcome.ANSWERED)


@pytest.mark.parametrize("status", [Status.CANCELED, Status.EXPIRED, Status.FAILED])
def test_a_late_answer_does_not_revive_a_canceled_call_back(status: Status) -> None:
    row = scheduled()
    attempt("no_answer")
    Autocall.objects.update(status=status, finished_at=MONDAY_NOON, reason="")
    before = Autocall.objects.values().get()

    list_answered(Attempt.objects.get())

    assert Autocall.objects.values().get(pk=row.pk) == before
    assert Attempt.objects.get().outcome == AttemptOutcome.ANSWERED


def test_a_late_answer_does_not_end_the_next_attempt_while_it_rings(
    traveller: time_machine.Traveller,
) -> None:
    row = scheduled()
    attempt("no_answer")
    first = Attempt.objects.get()
    traveller.move_to(now_of(row).call_at)
    run()

    list_answered(first)

    assert now_of(row).status == Status.CALLING


def test_a_call_that_staff_deleted_is_tried_again() -> None:
    row = scheduled()
    run()
    delete_call(live())

    settling.settle_left()

    assert now_of(row).status == Status.SCHEDULED


def test_a_call_without_a_call_back_settles_nothing() -> None:
    desk = make.office()
    event = CallEvent(provider_call_id="x", status=CallStatus.BUSY)
    apply_event(event, voip=desk, received_at=timezone.now())

    assert not ProcrastinateJob.objects.filter(task_name="autocalls.settle").exists()
