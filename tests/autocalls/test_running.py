"""What is due is begun: in time, in order, on free lines, in opening hours, and never twice."""

import itertools
from datetime import datetime, timedelta
from typing import Any

import make
import pytest
from callback_desk import MONDAY_NOON, clock, end, later, live, now_of, run
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from autocalls import lines
from autocalls.models import Attempt, Autocall, Status
from autocalls.services import edit
from calls import dialing
from calls.models import Call, Via
from sips.models import Sip, Voip
from widgets.models import Widget

pytestmark = pytest.mark.django_db
MORNINGS = {"monday": [["09:00", "13:00"]], "tuesday": [["09:00", "13:00"]]}
"""In Warsaw, where MONDAY_NOON is one o'clock: the moment this office closes."""


def shop(lines: int = 1, **fields: Any) -> Widget:
    return make.widget(voip=make.office(lines=lines), **fields)


def jobs_at() -> list[datetime | None]:
    return list(ProcrastinateJob.objects.filter(task_name="autocalls.run_due").values_list("scheduled_at", flat=True))


def test_a_due_call_back_is_a_call_and_its_job_at_once() -> None:
    row = make.autocall(widget=shop(), client_id=7, contact_id=8)

    assert run() == 1

    call = live()
    assert (call.status, call.via, call.number_to) == ("QUEUED", Via.SIP, row.number)
    assert (call.client_id, call.contact_id) == (7, 8)
    job = ProcrastinateJob.objects.get(task_name="integrations.dial_by_sip")
    assert (job.queue_name, job.args) == ("sip", {"call_id": call.pk})
    assert (now_of(row).status, now_of(row).attempts, now_of(row).last_call_id) == (Status.CALLING, 1, call.pk)


def test_a_call_back_that_is_not_due_waits() -> None:
    with clock():
        row = make.autocall(widget=shop(), call_at=timezone.now() + timedelta(seconds=1))

        assert (run(), now_of(row).status) == (0, Status.SCHEDULED)


@pytest.mark.parametrize("status", ["calling", "done", "failed", "canceled", "expired"])
def test_only_scheduled_call_backs_are_started(status: str) -> None:
    make.autocall(widget=shop(), status=status, finished_at=None if status == "calling" else timezone.now())

    assert run() == 0


def test_a_second_run_starts_nothing() -> None:
    make.autocall(widget=shop(lines=3))

    assert (run(), run(), Attempt.objects.count()) == (1, 0, 1)


def test_a_canceled_call_back_is_not_called() -> None:
    row = make.autocall(widget=shop())
    edit(row, {"status": Status.CANCELED})

    assert (run(), Call.objects.count()) == (0, 0)


def test_a_call_that_waited_in_the_queue_is_not_dialed_after_closing_time() -> None:
    with clock(MONDAY_NOON - timedelta(seconds=30)) as traveller:
        make.autocall(widget=shop(opening_time=MORNINGS))
        run()
        later(traveller, seconds=31)

        assert dialing.claim(live().pk) is None


def test_a_call_that_nobody_dialed_for_two_minutes_is_not_dialed_any_more() -> None:
    with clock() as traveller:
        make.autocall(widget=shop())
        run()
        later(traveller, minutes=2)

        assert dialing.claim(live().pk) is None


def test_a_line_rings_for_one_call_back_at_a_time() -> None:
    widget = shop(lines=2)
    for ending in range(3):
        make.autocall(widget=widget, number=f"+4850150250{ending}")

    assert (run(), run()) == (2, 0)
    assert Attempt.objects.values("sip").distinct().count() == 2


def test_the_line_that_rested_longest_is_rung_next() -> None:
    widget = shop(lines=3)
    lines_in_turn = [Sip.objects.get(sip=sip) for sip in ("103", "101", "102")]
    rung = []
    with clock() as traveller:
        for turn, line in enumerate([*lines_in_turn, None, None, None]):
            make.autocall(widget=widget, sip=line, number=f"+4850150250{turn}")
            run()
            rung.append(live().sip)
            end("answered")
            later(traveller, seconds=10)

    assert rung == lines_in_turn * 2


def test_a_line_that_was_never_rung_has_rested_longest() -> None:
    widget = shop(lines=2)
    first = Sip.objects.get(sip="101")
    make.autocall(widget=widget, sip=first)
    run()
    end("answered")

    make.autocall(widget=widget, number="+48501502504")
    run()

    assert live().sip == Sip.objects.get(sip="102")


def test_a_line_is_free_after_five_minutes_without_news_of_its_call() -> None:
    widget = shop()
    with clock() as traveller:
        make.autocall(widget=widget)
        run()
        dialing.claim(live().pk)
        make.autocall(widget=widget, number="+48600700800")
        later(traveller, minutes=4, seconds=59)
        assert run() == 0

        later(traveller, seconds=1)
        assert run() == 1


def test_a_line_in_talk_is_not_free_however_long_the_talk() -> None:
    widget = shop()
    with clock() as traveller:
        make.autocall(widget=widget)
        run()
        Call.objects.update(status="IN PROGRESS", answered_at=timezone.now())
        make.autocall(widget=widget, number="+48600700800")

        later(traveller, hours=2)
        assert run() == 0


def test_the_oldest_is_called_first() -> None:
    widget = shop()
    with clock():
        newer, oldest = (
            make.autocall(widget=widget, number=number, call_at=MONDAY_NOON - timedelta(minutes=age))
            for number, age in (("+48501502501", 5), ("+48501502502", 50))
        )
        run()

    assert (now_of(oldest).status, now_of(newer).status) == (Status.CALLING, Status.SCHEDULED)


def test_of_two_call_backs_for_one_moment_the_earlier_request_is_called_first() -> None:
    widget = shop()
    with clock():
        first, second = (make.autocall(widget=widget, number=f"+4850150250{ending}") for ending in range(2))
        run()

    assert (now_of(first).status, now_of(second).status) == (Status.CALLING, Status.SCHEDULED)


def test_a_call_is_given_two_minutes_to_be_dialed() -> None:
    with clock():
        make.autocall(widget=shop())
        run()

    assert live().dial_by == MONDAY_NOON + timedelta(minutes=2)


def test_after_an_outage_the_backlog_is_dialed_spaced_out() -> None:
    widget = shop(lines=5)
    with clock() as traveller:
        for ending in range(5):
            make.autocall(widget=widget, number=f"+4850150250{ending}", call_at=MONDAY_NOON - timedelta(hours=1))

        begun = [run()]
        for _ in range(4):
            later(traveller, seconds=2)
            begun.append(run())

    assert begun == [1, 1, 1, 1, 1]


def test_the_next_of_a_backlog_is_woken_for_when_its_turn_comes() -> None:
    widget = shop(lines=2)
    with clock():
        for ending in range(2):
            make.autocall(widget=widget, number=f"+4850150250{ending}", call_at=MONDAY_NOON - timedelta(hours=1))
        run()

    assert MONDAY_NOON + timedelta(seconds=2) in jobs_at()


def test_a_call_back_due_a_minute_ago_belongs_to_the_backlog() -> None:
    widget = shop(lines=2)
    with clock():
        for ending in range(2):
            make.autocall(widget=widget, number=f"+4850150250{ending}", call_at=MONDAY_NOON - timedelta(minutes=1))

        assert run() == 1


def test_the_backlog_of_one_configuration_does_not_hold_up_anothers() -> None:
    with clock():
        for number in ("+48501502501", "+48501502502"):
            make.autocall(widget=shop(), number=number, call_at=MONDAY_NOON - timedelta(hours=1))

        assert run() == 2


def test_after_an_outage_the_backlog_starts_spaced_out_at_the_opening() -> None:
    widget = shop(lines=5, opening_time={"tuesday": [["09:00", "17:00"]]})
    with clock() as traveller:
        for ending in range(3):
            make.autocall(widget=widget, number=f"+4850150250{ending}", call_at=MONDAY_NOON - timedelta(hours=ending))
        run()
        traveller.move_to(datetime.fromisoformat("2026-03-03T08:00Z"))

        assert run() == 1
        assert live().number_to == "+48501502502"  # due first


def test_call_backs_due_this_minute_start_together() -> None:
    widget = shop(lines=3)
    with clock():
        for ending in range(3):
            make.autocall(widget=widget, number=f"+4850150250{ending}", call_at=MONDAY_NOON)

        assert run() == 3


def test_an_error_of_one_call_back_does_not_block_the_others() -> None:
    broken, sound = shop(), shop()
    Widget.objects.filter(pk=broken.pk).update(time_zone="Nowhere/Nothing")
    make.autocall(widget=broken, number="+48501502501")
    row = make.autocall(widget=sound, number="+48501502502")

    with pytest.raises(ExceptionGroup):
        run()

    assert now_of(row).status == Status.CALLING


def test_call_backs_waiting_for_one_line_are_checked_once_per_run() -> None:
    widget = shop()
    for ending in range(30):
        make.autocall(widget=widget, number=f"+485015025{ending:02}")
    run()

    with connection.execute_wrapper(Statements()) as _:
        statements.clear()
        run()

    assert len(statements) < 20


statements: list[str] = []


class Statements:
    def __call__(self, execute: Any, sql: str, parameters: Any, many: bool, context: Any) -> Any:
        statements.append(sql)
        return execute(sql, parameters, many, context)


@pytest.mark.parametrize(
    ("own", "of_widget", "expected"),
    [(None, [], {"101", "102"}), (None, ["102"], {"102"}), ("101", ["102"], {"101"})],
)
def test_the_lines_of_the_call_back_come_before_the_widgets_and_those_before_the_configurations(
    own: str | None, of_widget: list[str], expected: set[str]
) -> None:
    desk = make.office(lines=2)
    widget = make.widget(voip=desk)
    widget.lines.set(desk.sips.filter(sip__in=of_widget))
    row = make.autocall(widget=widget, sip=desk.sips.filter(sip=own).first())

    assert {line.sip.sip for line in lines.of(row)} == expected


def changed(desk: Voip, **fields: Any) -> None:
    Sip.objects.filter(voip=desk).update(**fields)


@pytest.mark.parametrize(("of_widget", "expected"), [([], False), (["101"], True)])
def test_a_widget_without_a_configuration_calls_through_its_lines_alone(of_widget: list[str], expected: bool) -> None:
    desk = make.office(lines=1)
    widget = make.widget()
    widget.lines.set(desk.sips.filter(sip__in=of_widget))

    assert lines.is_configured(make.autocall(widget=widget)) is expected


@pytest.mark.parametrize("change", [{"active": False}, {"password": ""}, {"username": ""}, {"sip": ""}])
def test_a_line_that_cannot_dial_is_not_rung(change: dict[str, Any]) -> None:
    desk = make.office()
    changed(desk, **change)

    assert lines.of(make.autocall(voip=desk)) == []


def test_a_line_without_a_login_is_rung_through_the_provider() -> None:
    desk = make.office(provider="simulator", api_url="http://127.0.0.1:1")
    changed(desk, password="")

    assert [line.via for line in lines.of(make.autocall(voip=desk))] == [Via.PROVIDER]


@pytest.mark.parametrize("ring_first", ["operator", "visitor"])
def test_the_widget_decides_who_is_rung_first(ring_first: str) -> None:
    make.autocall(widget=shop(ring_first=ring_first))

    run()

    assert live().customer_first == (ring_first == "visitor")


def test_moving_a_call_back_wakes_a_run_for_the_new_moment() -> None:
    row = make.autocall(widget=shop(), call_at=MONDAY_NOON)
    moved = timezone.now() + timedelta(hours=1)

    edit(row, {"call_at": moved})

    assert jobs_at() == [moved]
    assert list(itertools.chain([run()])) == [0]


def test_moving_a_call_back_during_hunting_allows_one_more_attempt() -> None:
    row = make.autocall(widget=shop(lines=2, max_attempts=1))
    run()
    end("operator_no_answer")

    edit(now_of(row), {"call_at": timezone.now()})
    run()

    assert (now_of(row).attempts, now_of(row).max_attempts) == (2, 2)


@pytest.mark.parametrize(("made", "begun", "most"), [(9, 1, 10), (10, 0, 10)])
def test_moving_makes_no_more_than_ten_attempts_possible(made: int, begun: int, most: int) -> None:
    row = make.autocall(widget=shop(), attempts=made, max_attempts=made)

    edit(row, {"call_at": timezone.now()})

    assert (run(), now_of(row).max_attempts) == (begun, most)


def test_lowering_max_attempts_below_those_made_ends_the_call_back() -> None:
    row = make.autocall(widget=shop())
    run()
    end("busy")
    edit(now_of(row), {"max_attempts": 1})
    Autocall.objects.update(call_at=timezone.now())

    assert (run(), now_of(row).status, now_of(row).reason) == (0, Status.FAILED, "busy")
