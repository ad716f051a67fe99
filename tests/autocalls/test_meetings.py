"""Two who change one call-back at the same moment: every lock of the app is met by two transactions."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import make
import pytest
from callback_desk import MONDAY_NOON, clock, live, now_of, run, tell
from django.contrib.auth.models import User
from meeting import meet
from procrastinate.contrib.django.models import ProcrastinateJob

from autocalls import erasure, refusals, services, settling, taking
from autocalls.guard import Origin
from autocalls.models import Attempt, AttemptOutcome, Autocall, Refusal, RequestSource, Status
from autocalls.services import AlreadyAllowed, AlreadyScheduled, TooLate
from calls.models import Call
from sips.models import Sip
from sips.number_search import SoughtNumber
from widgets.models import Widget

pytestmark = pytest.mark.django_db(transaction=True)
NUMBER, OTHER = "+48501502503", "+48600700800"
WRITES = '^(UPDATE|DELETE FROM) "autocalls_'
BEGINS = '^INSERT INTO "autocalls_attempt"'
INSERT_CALL_BACK = 'INSERT INTO "?autocalls_autocall'


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock():
        yield


@pytest.fixture
def widget() -> Widget:
    return make.widget(voip=make.office())


def line(widget: Widget, sip: str) -> Sip:
    assert widget.voip is not None
    return widget.voip.sips.get(sip=sip)


def test_two_edits_keep_what_both_have_changed(widget: Widget) -> None:
    row = make.autocall(widget=widget)

    met = meet(lambda: services.edit(row, {"name": "Jan"}), lambda: services.edit(row, {"note": "An offer"}), at=WRITES)

    assert (met.waited, now_of(row).name, now_of(row).note) == (True, "Jan", "An offer")


def test_a_call_back_is_taken_by_one_of_two_people(widget: Widget) -> None:
    row = make.autocall(widget=widget)
    anna, jan = User.objects.create_user("anna"), User.objects.create_user("jan")

    met = meet(lambda: taking.take(row, anna), lambda: taking.take(row, jan), at=WRITES, refusals=TooLate)

    assert str(met.second) == "anna has taken this call-back."
    assert now_of(row).taken_by_id == anna.pk


def test_a_refused_request_is_allowed_once_by_two_people(widget: Widget) -> None:
    refusal = Refusal.objects.create(widget=widget, number=NUMBER, code="closed", day=MONDAY_NOON.date())
    anna, jan = User.objects.create_user("anna"), User.objects.create_user("jan")

    met = meet(
        lambda: services.allow(refusal, anna),
        lambda: services.allow(refusal, jan),
        at=INSERT_CALL_BACK,
        refusals=AlreadyAllowed,
    )

    assert isinstance(met.second, AlreadyAllowed)
    assert Refusal.objects.get().allowed_by_id == anna.pk


def test_a_call_back_being_deleted_is_not_started(widget: Widget) -> None:
    row = make.autocall(widget=widget)

    met = meet(lambda: services.delete(row), run, at=WRITES)

    assert (met.waited, met.second, Call.objects.count()) == (True, 0, 0)


def test_a_call_back_being_started_cannot_be_canceled(widget: Widget) -> None:
    row = make.autocall(widget=widget)

    met = meet(run, lambda: services.edit(row, {"status": Status.CANCELED}), at=BEGINS, refusals=TooLate)

    assert isinstance(met.second, TooLate)
    assert (met.first, now_of(row).status) == (1, Status.CALLING)


@pytest.mark.parametrize(
    "change",
    [
        lambda: {"status": Status.CANCELED},
        lambda: {"call_at": MONDAY_NOON + timedelta(minutes=1)},
        lambda: {"sip": Sip.objects.get(sip="102")},
    ],
    ids=["canceled", "moved", "another line"],
)
def test_a_call_back_changed_while_its_lines_are_locked_starts_as_changed(
    change: Callable[[], dict[str, Any]],
) -> None:
    widget = make.widget(voip=make.office(lines=2))
    row = make.autocall(widget=widget, sip=line(widget, "101"))

    met = meet(run, lambda: services.edit(row, change()), at="pg_advisory_xact_lock")

    assert (met.first, met.waited, Attempt.objects.count()) == (0, False, 0)


def test_two_runs_do_not_ring_one_line_for_two_people() -> None:
    desk = make.office()
    make.autocall(sip=desk.sips.get(), voip=None)

    def promise_another_and_run() -> int:
        make.autocall(number=OTHER, voip=desk, call_at=MONDAY_NOON - timedelta(seconds=1))
        return run()

    met = meet(run, promise_another_and_run, at=BEGINS)

    assert (met.first, met.second, met.waited) == (1, 0, True)


def test_two_runs_keep_the_interval_between_the_calls_of_a_backlog() -> None:
    desk = make.office(lines=2)
    make.autocall(sip=desk.sips.get(sip="101"), voip=desk, call_at=MONDAY_NOON - timedelta(hours=1))

    def promise_another_and_run() -> int:
        longer_ago = MONDAY_NOON - timedelta(hours=2)
        make.autocall(number=OTHER, sip=desk.sips.get(sip="102"), voip=desk, call_at=longer_ago)
        return run()

    met = meet(run, promise_another_and_run, at=BEGINS)

    assert (met.first, met.second, met.waited) == (1, 0, True)


def test_two_concurrent_runs_start_a_call_back_once() -> None:
    make.autocall(widget=make.widget(voip=make.office(lines=2)))

    met = meet(run, run, at=BEGINS)

    assert (met.first, met.second, Call.objects.count()) == (1, 0, 1)


def test_an_attempt_is_settled_once_by_two_workers(widget: Widget) -> None:
    row = make.autocall(widget=widget)
    run()
    tell(live(), "busy")
    attempt_id = Attempt.objects.get().pk

    met = meet(lambda: settling.settle(attempt_id), lambda: settling.settle(attempt_id), at=WRITES)

    assert met.waited
    assert (now_of(row).status, now_of(row).attempts) == (Status.SCHEDULED, 1)
    assert ProcrastinateJob.objects.filter(task_name="autocalls.run_due").count() == 1


def test_an_erasure_while_an_attempt_is_settled_prevents_the_next(widget: Widget) -> None:
    row = make.autocall(widget=widget)
    run()
    tell(live(), "busy")
    attempt_id = Attempt.objects.get().pk

    met = meet(lambda: settling.settle(attempt_id), lambda: erasure.erase_number(SoughtNumber(NUMBER)), at=WRITES)

    assert met.waited
    assert (now_of(row).status, now_of(row).number) == (Status.CANCELED, "")
    assert Attempt.objects.get().outcome == AttemptOutcome.BUSY


def test_an_erasure_in_progress_prevents_the_call(widget: Widget) -> None:
    make.autocall(widget=widget)

    met = meet(lambda: erasure.erase_number(SoughtNumber(NUMBER)), run, at=WRITES)

    assert (met.waited, met.second, Call.objects.count()) == (True, 0, 0)


def by_staff(widget: Widget) -> Autocall:
    return services.schedule({"number": NUMBER, "widget": widget}, source=RequestSource.STAFF)


def by_visitor(widget: Widget) -> Autocall:
    return services.schedule_for_visitor(widget, {"number": NUMBER}, Origin.of("192.0.2.7")).autocall


def test_staff_are_told_that_a_visitor_has_just_requested_the_call(widget: Widget) -> None:
    met = meet(lambda: by_visitor(widget), lambda: by_staff(widget), at=INSERT_CALL_BACK, refusals=AlreadyScheduled)

    assert isinstance(met.second, AlreadyScheduled)
    assert Autocall.objects.get() == met.first


def test_a_visitor_joins_a_call_back_that_staff_are_just_adding(widget: Widget) -> None:
    met = meet(lambda: by_staff(widget), lambda: by_visitor(widget), at=INSERT_CALL_BACK)

    assert (met.waited, met.second) == (True, met.first)


def test_a_number_being_scheduled_is_not_given_to_another_call_back(widget: Widget) -> None:
    other = make.autocall(widget=widget, number=OTHER)

    met = meet(
        lambda: by_staff(widget),
        lambda: services.edit(other, {"number": NUMBER}),
        at=INSERT_CALL_BACK,
        refusals=AlreadyScheduled,
    )

    assert isinstance(met.second, AlreadyScheduled)
    assert now_of(other).number == OTHER


def test_two_equal_refusals_are_one_row(widget: Widget) -> None:
    def refuse() -> None:
        refusals.keep(widget, "closed", {"number": NUMBER}, Origin.of("192.0.2.7"))

    met = meet(refuse, refuse, at='^INSERT INTO "autocalls_refusal"')

    assert (met.waited, Refusal.objects.count()) == (False, 1)
