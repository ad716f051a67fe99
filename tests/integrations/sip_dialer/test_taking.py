"""A dialer claims what comes into the queue at once, before it is fetched as a job."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import make
import pytest
from django.db import OperationalError, connection
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.psycopg_connector import PsycopgConnector

from calls import claiming, services
from calls.models import Call, Via
from calls.statuses import Status
from integrations.jobs import HeedingConnector
from integrations.sip_dialer import order_intake
from integrations.sip_dialer.order_intake import OrderIntake
from integrations.sip_dialer.orders import SipOrder
from integrations.sip_dialer.pacing import Pacing
from integrations.sip_dialer.reports import Reports
from sips.encryption import DecryptionError
from sips.models import Sip

pytestmark = pytest.mark.django_db(transaction=True)


class Telephones:
    """An engine that only remembers whom it was asked to call."""

    def __init__(self) -> None:
        self.orders: list[SipOrder] = []

    def place(self, order: SipOrder) -> None:
        self.orders.append(order)


def _request(line: Sip) -> Call:
    return services.request_call(via=Via.SIP, sip=line.sip, voip_id=line.voip_id, number_to="+48123456789")


def _intake(engine: Any, most: int = 64) -> OrderIntake:
    return OrderIntake("here", engine, Reports(), Pacing(most))


def _jobs() -> set[int]:
    return {job.args["call_id"] for job in ProcrastinateJob.objects.filter(status="todo")}


def test_all_that_wait_are_placed_and_need_no_job() -> None:
    line, other = make.sip(password="one"), make.sip(voip=make.voip(address="other.example.com"), password="two")
    calls = [_request(line), _request(other), _request(line)]
    engine = Telephones()

    _intake(engine).take_waiting()

    placed = {order.reference: (order.host, order.password) for order in engine.orders}
    one, two = ("pbx.example.com", "one"), ("other.example.com", "two")
    assert placed == dict(zip((call.reference for call in calls), (one, two, one), strict=True))
    assert (_jobs(), set(Call.objects.values_list("status", flat=True))) == (set(), {Status.DIALING})


def test_a_password_that_no_key_decrypts_fails_its_own_call_alone() -> None:
    line, broken = (
        make.sip(password="one"),
        make.sip(voip=make.voip(address="other.example.com"), sip="101", password="two"),
    )
    kept, lost, also = (
        _request(line),
        _request(broken),
        _request(make.sip(voip=broken.voip, sip="102", password="three")),
    )
    with connection.cursor() as cursor:
        cursor.execute("UPDATE sips_sip SET password = 'gAAAA' WHERE id = %s", [broken.pk])
    engine = Telephones()

    _intake(engine).take_waiting()

    assert {order.reference for order in engine.orders} == {kept.reference, also.reference}
    lost.refresh_from_db()
    assert (lost.status, lost.provider_status) == (Status.FAILED, str(DecryptionError()))


def test_what_is_claimed_is_placed_although_the_connection_was_lost_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    call, engine = _request(make.sip()), Telephones()
    intake = _intake(engine)

    def claim_and_lose_connection(*said: Any, **more: Any) -> Any:
        taken = claiming.claim(*said, **more)
        if not taken.calls:
            return taken
        with connection.cursor() as cursor, suppress(OperationalError):
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")
        return taken

    monkeypatch.setattr(order_intake, "claim", claim_and_lose_connection)
    intake.take_waiting()

    assert [order.reference for order in engine.orders] == [call.reference]


def test_what_a_server_has_no_room_for_is_left_to_its_job() -> None:
    line = make.sip()
    first, second, third = (_request(line) for _call in range(3))
    engine = Telephones()

    _intake(engine, most=2).take_waiting()

    assert [order.reference for order in engine.orders] == [first.reference, second.reference]
    assert _jobs() == {third.pk}


def test_a_dialer_that_stops_takes_nothing() -> None:
    call, engine = _request(make.sip()), Telephones()
    intake = _intake(engine)

    intake.close()
    intake.take_waiting()

    assert (engine.orders, _jobs()) == ([], {call.pk})


def test_what_cannot_be_taken_is_left_to_its_job(monkeypatch: pytest.MonkeyPatch) -> None:
    call, engine = _request(make.sip()), Telephones()

    def fail(*_said: object, **_more: object) -> None:
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(order_intake, "claim", fail)
    _intake(engine).take_waiting()

    assert (engine.orders, _jobs()) == ([], {call.pk})


def test_new_jobs_are_looked_at_before_the_worker_is_told_and_a_crowd_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    async def listen(_self: object, on_notification: Any, channels: Iterable[str]) -> None:
        for payload in "abc":
            await on_notification(channel=next(iter(channels)), payload=payload)
        while len(done) < 4:
            await asyncio.sleep(0)

    async def look() -> None:
        done.append("looked")

    async def fetch(*, channel: str, payload: str) -> None:
        done.append(channel + payload)

    monkeypatch.setattr(PsycopgConnector, "listen_notify", listen)
    asyncio.run(HeedingConnector(look).listen_notify(fetch, ["#"]))

    assert done == ["looked", "#a", "#b", "#c"]
