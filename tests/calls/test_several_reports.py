"""Reports of our dialer on many calls, stored and merged at once, are what they would be one by one."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import make
import pytest
from django.db import connection, transaction
from meeting import waits
from procrastinate.contrib.django.models import ProcrastinateJob

from autocalls.models import Attempt
from calls.events import CallEvent
from calls.models import Call, Report, Via
from calls.reasons import Reason
from calls.rebuilding import SHOWN
from calls.services import apply_event, delete_call, request_call
from calls.several_reports import DialerReport, report_several
from calls.statuses import Status
from sips.models import Sip

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)


@pytest.fixture
def line() -> Sip:
    return make.sip()


def _request(line: Sip) -> Call:
    return request_call(via=Via.SIP, sip=line.sip, voip_id=line.voip_id, number_to="+48123456789")


def _said(call: Call, status: Status, **fields: Any) -> DialerReport:
    assert call.voip is not None
    return DialerReport(CallEvent(provider_call_id=call.reference, status=status, **fields), call.voip, NOW)


def _story(call: Call) -> list[DialerReport]:
    answered = NOW + timedelta(seconds=3)
    return [
        _said(call, Status.DIALING, reason=Reason.OPERATOR_RINGING, provider_status="180 Ringing"),
        _said(call, Status.RINGING, provider_status="180 Ringing"),
        _said(call, Status.IN_PROGRESS, answered_at=answered, provider_status="200 OK"),
        _said(call, Status.ANSWERED, answered_at=answered, talk_seconds=7, ended_at=answered + timedelta(seconds=7)),
    ]


@pytest.mark.parametrize("upto", range(1, 5))
def test_a_call_ends_in_the_same_row(line: Sip, upto: int) -> None:
    alone, other, together = (_request(line) for _call in range(3))
    for event, voip, received_at in _story(alone)[:upto]:
        apply_event(event, voip=voip, received_at=received_at)

    report_several([each for pair in zip(_story(together), _story(other), strict=True) for each in pair][: 2 * upto])

    rows = [Call.objects.get(pk=call.pk) for call in (alone, together, other)]
    first, *others = [[getattr(row, name) for name in SHOWN if name != "start_time"] for row in rows]
    assert others == [first, first]
    assert len({Report.objects.of(row).count() for row in rows}) == 1


def test_told_twice_is_the_same(line: Sip) -> None:
    call = _request(line)
    report_several(_story(call))
    before = Call.objects.filter(pk=call.pk).values().get()

    report_several(_story(call))

    assert Call.objects.filter(pk=call.pk).values().get() == before


def test_a_deleted_call_is_not_brought_back(line: Sip) -> None:
    call = _request(line)
    delete_call(call)

    report_several(_story(call))

    assert not Call.objects.exists()


def test_what_follows_from_an_end_is_enqueued_with_it(line: Sip) -> None:
    call = _request(line)
    attempt = Attempt.objects.create(autocall=make.autocall(voip=line.voip), number=1, call=call)
    settling = ProcrastinateJob.objects.filter(task_name="autocalls.settle", args={"attempt_id": attempt.pk})
    story = _story(call)

    report_several(story[:3])
    assert not settling.exists()

    report_several(story[3:])
    assert settling.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, -1])
def test_rows_are_locked_in_one_order_whatever_the_order_of_the_reports(turn: int) -> None:
    """While the first one waits, the others are still free: two writers cannot wait for each other."""
    line = make.sip()
    first, last = sorted((_request(line) for _call in range(2)), key=lambda call: call.reference)

    def write() -> None:
        try:
            report_several([_said(call, Status.DIALING) for call in (first, last)[::turn]])
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        with transaction.atomic():
            Call.objects.select_for_update().get(pk=first.pk)
            behind = threads.submit(write)
            assert waits(behind)
            assert Call.objects.select_for_update(nowait=True).get(pk=last.pk)
        behind.result(60)

    assert set(Call.objects.values_list("status", flat=True)) == {Status.DIALING}
