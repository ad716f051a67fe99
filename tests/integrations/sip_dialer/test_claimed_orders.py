"""What a claimed call becomes: an order as the settings, its line and its configuration say, or a failure; and those that wait lose nothing."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import make
import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from telephony.bed import wait_until

from calls.models import Call, Via
from calls.reasons import Reason
from calls.services import request_call
from calls.statuses import Status
from integrations.models import Dialer
from integrations.sip_dialer import presence
from integrations.sip_dialer.order_intake import LATER, OrderIntake, make_order
from integrations.sip_dialer.orders import SipOrder
from integrations.sip_dialer.pacing import Pacing
from integrations.sip_dialer.reports import Reports
from integrations.tasks import settle_dead_dialers
from sips.models import Sip, Voip

pytestmark = pytest.mark.django_db(transaction=True)


class Telephones:
    """Stands for the engine: remembers the orders."""

    live = 0

    def __init__(self) -> None:
        self.orders: list[SipOrder] = []

    def place(self, order: SipOrder) -> None:
        self.orders.append(order)

    def hang_up(self, reference: str) -> None: ...

    def drain(self, seconds: float) -> None: ...

    def run(self) -> None: ...


def request(line: Sip | None = None, **fields: Any) -> Call:
    line = line or make.sip()
    return request_call(via=Via.SIP, sip=line.sip, voip_id=line.voip_id, number_to="+48123456789", **fields)


def order(call: Call) -> SipOrder:
    return make_order(Call.objects.select_related("voip", "sip").get(pk=call.pk))


def later() -> list[float]:
    """In how many seconds each waiting job begins."""
    jobs = ProcrastinateJob.objects.filter(task_name="integrations.dial_by_sip", scheduled_at__isnull=False)
    return [(job.scheduled_at - timezone.now()).total_seconds() for job in jobs]


def test_telephones_ring_and_people_talk_as_long_as_the_settings_allow(settings: Any) -> None:
    settings.SIP_OPERATOR_RING_SECONDS, settings.SIP_NUMBER_RING_SECONDS, settings.SIP_KEEPALIVE_SECONDS = 11, 22, 33

    limits = order(request()).limits

    assert (limits.operator_ring, limits.number_ring, limits.keepalive) == (11, 22, 33)
    assert 0 < limits.talk < settings.ANSWERED_CALL_EXPIRES.total_seconds()  # it ends before it is given up


@pytest.mark.parametrize("customer_first", [True, False])
def test_who_is_rung_first_is_as_it_was_asked_for(customer_first: bool) -> None:
    assert order(request(customer_first=customer_first)).customer_first is customer_first


def test_the_shown_number_is_written_as_the_server_wants_numbers(settings: Any) -> None:
    settings.SIP_NUMBER_PREFIX = "00"
    voip = make.voip(address="pbx.example.com", caller_id="+48220000000")

    asked = order(request(make.sip(voip=voip)))

    assert (asked.number, asked.caller_id, asked.display) == ("0048123456789", "0048220000000", "+48123456789")


@pytest.mark.parametrize("model", [Sip, Voip])
def test_what_was_switched_off_meanwhile_is_not_rung(model: Any) -> None:
    engine, call = Telephones(), request()
    model.objects.update(active=False)

    OrderIntake("here", engine, Reports()).dial(call.pk)

    call.refresh_from_db()
    assert (engine.orders, call.status, call.reason) == ([], Status.FAILED, Reason.REFUSED)


def test_a_call_that_is_refused_takes_nobodys_place_at_the_server() -> None:
    engine, line = Telephones(), make.sip()
    other = make.sip(voip=line.voip, sip="101", username="101")
    refused, placed = request(line), request(other)
    Sip.objects.filter(pk=line.pk).update(active=False)
    intake = OrderIntake("here", engine, Reports(), Pacing(most=1))

    intake.dial(refused.pk)
    intake.dial(placed.pk)

    assert [asked.reference for asked in engine.orders] == [placed.reference]


def test_a_call_that_waits_is_not_forgotten_when_those_at_another_server_are_claimed() -> None:
    engine, mine, other = Telephones(), request(), request()
    assert mine.voip_id and mine.voip_id != other.voip_id
    intake = OrderIntake("here", engine, Reports())

    def dial() -> None:
        try:
            intake.dial(other.pk)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as threads:
        with intake._lock:
            behind = threads.submit(dial)
            wait_until(lambda: other.pk in intake._asked, what="the other job's beginning")
            intake._claim(mine.voip_id, 10)
        behind.result(60)

    assert [asked.reference for asked in engine.orders] == [other.reference]


def test_a_stopping_dialer_leaves_a_request_to_another_at_once() -> None:
    intake, call = OrderIntake("here", Telephones(), Reports()), request()
    intake.close()

    intake.dial(call.pk)

    assert [seconds <= 0 for seconds in later()] == [True]


def test_a_request_for_a_server_that_is_behind_waits_a_while() -> None:
    engine, line = Telephones(), make.sip()
    intake = OrderIntake("here", engine, Reports(), Pacing(most=1))
    intake.dial(request(line).pk)

    intake.dial(request(line).pk)

    assert len(engine.orders) == 1
    assert [LATER / 2 < seconds <= LATER for seconds in later()] == [True]


@pytest.mark.parametrize(("seconds", "status"), [(20, Status.DIALING), (50, Status.FAILED)])
def test_workers_give_a_dialer_more_time_as_its_database_may_have_been_away(seconds: int, status: str) -> None:
    call = request()
    OrderIntake("silent", Telephones(), Reports()).dial(call.pk)
    Dialer.objects.create(name="silent", seen_at=timezone.now() - timedelta(seconds=seconds), calls=1)

    settle_dead_dialers(0)

    call.refresh_from_db()
    assert call.status == status


def test_calls_that_no_dialer_holds_are_none_of_a_dead_ones() -> None:
    going_on = make.call(voip=make.voip(), via=Via.PROVIDER, provider_call_id="1", status=Status.RINGING, precedence=30)

    assert presence.settle_dead() == 0

    going_on.refresh_from_db()
    assert going_on.status == Status.RINGING


@pytest.mark.parametrize(
    ("address", "host"),
    [("2001:db8::1", "[2001:db8::1]"), ("[2001:db8::1]", "[2001:db8::1]"), ("192.0.2.1", "192.0.2.1")],
)
def test_an_address_of_ipv6_stands_in_brackets_once(address: str, host: str) -> None:
    voip = make.voip(address=address)

    assert order(request(make.sip(voip=voip))).host == host
