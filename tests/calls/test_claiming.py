"""Requests by SIP are claimed together with those that wait behind them."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import make
import pytest
from django.db import connections, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from calls import claiming, several_reports
from calls.claiming import claim_along
from calls.models import Call, Report, Via
from calls.services import request_call
from calls.statuses import Status
from sips.models import Sip

pytestmark = pytest.mark.django_db(transaction=True)


def _request(line: Sip, **fields: Any) -> Call:
    return request_call(via=Via.SIP, sip=line.sip, voip_id=line.voip_id, number_to="+48123456789", **fields)


def _jobs() -> set[int]:
    waiting = ProcrastinateJob.objects.filter(task_name="integrations.dial_by_sip", status="todo")
    return {job.args["call_id"] for job in waiting}


def _claim(call: Call, *, most: int = 10) -> list[int]:
    assert call.voip_id is not None
    return [each.pk for each in claim_along([call.pk], voip_id=call.voip_id, holder="here", most=most)]


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


def test_whoever_dies_before_the_claim_is_committed_leaves_all_to_others(monkeypatch: pytest.MonkeyPatch) -> None:
    line = make.sip()
    first, second = _request(line), _request(line)

    def die(*_said: object) -> None:
        raise SystemExit

    monkeypatch.setattr(claiming, "report_several", die)
    with pytest.raises(SystemExit):
        _claim(first)
    monkeypatch.setattr(claiming, "report_several", several_reports.report_several)

    assert _jobs() == {first.pk, second.pk}
    assert _claim(second) == [first.pk, second.pk]


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
