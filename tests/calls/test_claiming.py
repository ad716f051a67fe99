"""Requests by SIP are claimed together with those that wait behind them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import make
import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from calls.claiming import claim, claiming
from calls.models import Call, Report, Via
from calls.rebuilding import rebuild
from calls.services import request_call
from calls.statuses import Status
from sips.models import Sip

pytestmark = pytest.mark.django_db(transaction=True)
ALONE = claiming("SELECT 1")
COLUMNS = [field.attname for field in Call._meta.concrete_fields]


def _request(line: Sip, **fields: Any) -> Call:
    return request_call(via=Via.SIP, sip=line.sip, voip_id=line.voip_id, number_to="+48123456789", **fields)


def _jobs() -> set[int]:
    waiting = ProcrastinateJob.objects.filter(task_name="integrations.dial_by_sip", status="todo")
    return {job.args["call_id"] for job in waiting}


def _claim(call: Call, *, most: int = 10) -> list[int]:
    assert call.voip_id is not None
    return [each.pk for each in claim(ALONE, "here", most=most, asked=[call.pk], voip_id=call.voip_id).calls]


def _take(holder: str, *, dialers: int, most: int = 32, rooms: dict[int, int] | None = None) -> int:
    return len(claim(claiming(f"SELECT {dialers}"), holder, most=most, rooms=rooms).calls)


def test_the_oldest_that_wait_are_claimed_along_and_need_no_job_any_more() -> None:
    line = make.sip()
    first, second, third, fourth = (_request(line) for _call in range(4))
    ProcrastinateJob.objects.filter(args={"call_id": first.pk}).update(status="doing")  # by which it is asked for

    assert _claim(first, most=3) == [first.pk, second.pk, third.pk]

    assert _jobs() == {fourth.pk}
    assert [(call.status, call.held_by) for call in Call.objects.order_by("pk")] == [(Status.DIALING, "here")] * 3 + [
        (Status.QUEUED, "")
    ]
    assert Report.objects.filter(event__status=Status.DIALING).count() == 3


def test_those_of_another_server_are_left() -> None:
    first, other = (_request(make.sip(voip=make.voip(address=f"pbx{n}.example.com"))) for n in range(2))

    assert _claim(first) == [first.pk]

    assert _jobs() == {other.pk}


def test_those_for_later_are_left() -> None:
    line = make.sip()
    first, later = _request(line), _request(line)
    ProcrastinateJob.objects.filter(args={"call_id": later.pk}).update(scheduled_at=timezone.now() + timedelta(hours=1))

    assert _claim(first) == [first.pk]


def test_a_queue_that_was_too_long_to_be_dialed_in_time_is_not_dialed_late() -> None:
    line = make.sip()
    first, late, stale, last = (_request(line) for _call in range(4))
    Call.objects.filter(pk=late.pk).update(dial_by=timezone.now() - timedelta(seconds=1))
    Call.objects.filter(pk=stale.pk).update(created_at=timezone.now() - timedelta(days=1))

    assert _claim(first) == [first.pk, last.pk]

    assert _jobs() == set()  # they are ended as expired by `calls.expiry`
    assert set(Call.objects.filter(status=Status.QUEUED)) == {late, stale}


def test_a_claim_that_fails_has_taken_nothing() -> None:
    line = make.sip()
    first, second = _request(line), _request(line)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE calls_report ADD CONSTRAINT refused CHECK (event ->> 'status' <> 'DIALING')")
    try:
        with pytest.raises(IntegrityError):
            _claim(first)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE calls_report DROP CONSTRAINT refused")

    assert _jobs() == {first.pk, second.pk}
    assert _claim(second) == [first.pk, second.pk]


def test_nothing_is_claimed_in_a_transaction_that_may_be_undone() -> None:
    call = _request(make.sip())

    with transaction.atomic(), pytest.raises(RuntimeError, match="committed"):
        _claim(call)


def test_a_claimed_call_is_what_its_report_says() -> None:
    call = _request(make.sip())
    voip_id = call.voip_id

    (claimed,) = claim(ALONE, "here", most=1).calls

    stored = Call.objects.get(pk=call.pk)
    assert [getattr(claimed, name) for name in COLUMNS] == [getattr(stored, name) for name in COLUMNS]
    assert (stored.status, stored.held_by, stored.voip_id) == (Status.DIALING, "here", voip_id)
    assert stored.dialed_at == stored.updated_at > stored.created_at
    assert not rebuild(stored)


def test_a_short_queue_is_shared_evenly() -> None:
    line = make.sip()
    for _call in range(10):
        _request(line)

    assert [_take("a", dialers=3), _take("b", dialers=3), _take("c", dialers=3)] == [4, 4, 2]


def test_who_holds_more_calls_takes_one_at_a_time_until_the_others_have_as_many() -> None:
    line = make.sip()
    for _call in range(6):
        _request(line)
    assert _take("a", dialers=1) == 6
    for _call in range(8):
        _request(line)

    assert [_take("a", dialers=2), _take("b", dialers=2), _take("a", dialers=2)] == [1, 7, 0]


def test_what_no_other_takes_is_not_left_waiting() -> None:
    line = make.sip()
    for _call in range(5):
        _request(line)

    taken = [_take("a", dialers=2) for _turn in range(4)]

    assert taken == [3, 1, 1, 0]  # the other never comes


def test_of_a_server_that_is_behind_none_are_claimed_and_those_of_another_are() -> None:
    slow, quick = (make.sip(voip=make.voip(address=f"pbx{n}.example.com")) for n in range(2))
    waiting, other = [_request(slow) for _call in range(3)], _request(quick)
    assert slow.voip_id is not None

    (claimed,) = claim(ALONE, "here", most=10, rooms={slow.voip_id: 0}).calls
    assert claimed == other
    assert _take("here", dialers=1, rooms={slow.voip_id: 2}) == 2
    assert _jobs() == {waiting[2].pk}


def test_two_dialers_claim_nothing_twice_and_do_not_wait_for_each_other() -> None:
    line = make.sip()
    calls = [_request(line) for _call in range(4)]

    with transaction.atomic():
        taken = ProcrastinateJob.objects.select_for_update().filter(args={"call_id": calls[1].pk})
        assert taken.count() == 1
        list(taken)
        # by another connection: what the other dialer has locked is passed over
        assert _in_another_thread(lambda: _claim(calls[0])) == [calls[0].pk, calls[2].pk, calls[3].pk]

    assert _claim(calls[1]) == [calls[1].pk]
    assert _claim(calls[0]) == []


def _in_another_thread(work: Callable[[], list[int]]) -> list[int]:
    def run() -> list[int]:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result(20)
