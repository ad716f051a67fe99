"""From a request to an order for the engine, and from the engine's reports to the Call."""

from typing import Any

import make
import pytest
from django.db import OperationalError
from procrastinate.contrib.django.models import ProcrastinateJob

from calls import dialing, services
from calls.events import CallEvent
from calls.models import Call, Via
from calls.statuses import Status
from integrations.models import Dialer
from integrations.sip_dialer import desk, presence, reports
from integrations.sip_dialer.desk import Desk, make_order
from integrations.sip_dialer.keeper import Keeper
from integrations.sip_dialer.orders import SipOrder
from integrations.sip_dialer.reports import Reports
from sips.models import Sip

pytestmark = pytest.mark.django_db(transaction=True)


class Telephones:
    """Stands for the engine: remembers what it was asked."""

    def __init__(self) -> None:
        self.orders: list[SipOrder] = []
        self.hung_up: list[str] = []
        self.live = 0

    def place(self, order: SipOrder) -> None:
        self.orders.append(order)

    def hang_up(self, reference: str) -> None:
        self.hung_up.append(reference)

    def drain(self, seconds: float) -> None:
        raise NotImplementedError

    def run(self) -> None:
        raise NotImplementedError


def request(line: Sip | None = None, **fields: Any) -> Call:
    line = line or make.sip()
    return services.request_call(via=Via.SIP, sip=line.sip, voip_id=line.voip_id, number_to="+48123456789", **fields)


@pytest.fixture
def engine() -> Telephones:
    return Telephones()


@pytest.fixture
def place(engine: Telephones) -> Desk:
    return Desk("here", engine, Reports())


def test_a_request_is_claimed_and_placed(place: Desk, engine: Telephones) -> None:
    call = request()

    place.dial(call.pk)

    (order,) = engine.orders
    assert (order.reference, order.host, order.port, order.operator) == (call.reference, "pbx.example.com", 5060, "100")
    assert (order.username, order.password, order.number, order.display) == (
        "100",
        "secret",
        "+48123456789",
        "+48123456789",
    )
    call.refresh_from_db()
    assert (call.status, call.held_by) == (Status.DIALING, "here")


def test_a_request_is_placed_once(place: Desk, engine: Telephones) -> None:
    call = request()

    place.dial(call.pk)
    place.dial(call.pk)
    Desk("there", engine, Reports()).dial(call.pk)

    assert len(engine.orders) == 1


def test_a_password_is_not_shown() -> None:
    call = request()

    assert "secret" not in repr(make_order(Call.objects.select_related("voip", "sip").get(pk=call.pk)))


def test_a_line_that_was_switched_off_meanwhile_is_refused(place: Desk, engine: Telephones) -> None:
    line = make.sip()
    call = request(line)
    Sip.objects.filter(pk=line.pk).update(active=False)

    place.dial(call.pk)

    call.refresh_from_db()
    assert (call.status, call.reason, engine.orders) == (Status.FAILED, "refused", [])
    assert "switched off" in call.provider_status


def test_a_line_sip_cannot_carry_is_refused(place: Desk, engine: Telephones) -> None:
    call = request(make.sip(username="a\r\nX-Injected: 1"))

    place.dial(call.pk)

    call.refresh_from_db()
    assert (call.status, call.reason, engine.orders) == (Status.FAILED, "refused", [])


def test_a_dialer_that_stops_leaves_requests_to_others(place: Desk, engine: Telephones) -> None:
    call = request()
    jobs = ProcrastinateJob.objects.filter(task_name="integrations.dial_by_sip", queue_name="sip", status="todo")
    before = jobs.count()

    place.close()
    place.dial(call.pk)

    call.refresh_from_db()
    assert (call.status, engine.orders) == (Status.QUEUED, [])
    assert jobs.count() == before + 1


@pytest.mark.parametrize(("prefix", "dialed"), [("+", "+48123456789"), ("00", "0048123456789"), ("", "48123456789")])
def test_numbers_are_written_as_the_server_wants_them(
    place: Desk, engine: Telephones, settings: Any, prefix: str, dialed: str
) -> None:
    settings.SIP_NUMBER_PREFIX = prefix

    place.dial(request().pk)

    assert engine.orders[0].number == dialed


def test_no_other_process_takes_the_jobs() -> None:
    desk._desks.clear()
    with pytest.raises(RuntimeError, match="sip_dialer"):
        desk.of_this_process()


def test_reports_become_the_call_in_their_order(engine: Telephones) -> None:
    writer = Reports()
    call = request()
    Desk("here", engine, writer).dial(call.pk)
    writer.start()

    for status in (Status.RINGING, Status.BUSY):
        writer.put(CallEvent(provider_call_id=call.reference, status=status, provider_status="word"))

    assert writer.finish(10)
    call.refresh_from_db()
    assert (call.status, call.provider_status, Call.objects.count()) == (Status.BUSY, "word", 1)


def test_a_report_waits_for_the_database(engine: Telephones, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "RETRY", 0.01)
    tries: list[CallEvent] = []
    apply = services.apply_event

    def fail_twice(event: CallEvent, **options: Any) -> int | None:
        tries.append(event)
        if len(tries) < 3:
            raise OperationalError("the server closed the connection")
        return apply(event, **options)

    monkeypatch.setattr(reports, "apply_event", fail_twice)
    writer = Reports()
    call = request()
    Desk("here", engine, writer).dial(call.pk)
    writer.start()
    writer.put(CallEvent(provider_call_id=call.reference, status=Status.BUSY))

    assert writer.finish(10)
    call.refresh_from_db()
    assert (call.status, len(tries)) == (Status.BUSY, 3)


def test_reports_do_not_wait_for_the_database_for_ever(engine: Telephones, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(event: CallEvent, **options: Any) -> int | None:
        raise OperationalError("gone")

    monkeypatch.setattr(reports, "apply_event", fail)
    writer = Reports()
    writer.expect("r", make.voip())
    writer.start()
    writer.put(CallEvent(provider_call_id="r", status=Status.BUSY))

    assert not writer.finish(0.1)


def test_a_hang_up_reaches_the_engine(place: Desk, engine: Telephones) -> None:
    call = request()
    place.dial(call.pk)
    dialing.hang_up(call.pk)

    Keeper("here", engine)._step()

    assert engine.hung_up == [call.reference]


def test_a_hang_up_is_its_holders_alone(place: Desk, engine: Telephones) -> None:
    call = request()
    place.dial(call.pk)
    dialing.hang_up(call.pk)

    Keeper("there", engine)._step()

    assert engine.hung_up == []


def test_calls_of_the_dead_are_lost_and_those_of_the_living_are_not(engine: Telephones) -> None:
    presence.beat("alive", 1)
    presence.beat("dead", 1)
    Dialer.objects.filter(name="dead").update(seen_at="2020-01-01T00:00:00Z")
    held = {}
    for name in ("alive", "dead", "never heard of"):
        held[name] = request(make.sip())
        Desk(name, engine, Reports()).dial(held[name].pk)

    assert presence.settle_dead() == 2

    assert {name: Call.objects.get(pk=call.pk).status for name, call in held.items()} == {
        "alive": Status.DIALING,
        "dead": Status.FAILED,
        "never heard of": Status.FAILED,
    }
    assert list(Dialer.objects.values_list("name", flat=True)) == ["alive"]


def test_a_word_of_one_thought_dead_outranks_that(place: Desk) -> None:
    call = request()
    place.dial(call.pk)
    presence.settle_dead()

    assert call.voip is not None
    event = CallEvent(provider_call_id=call.reference, status=Status.BUSY)
    services.apply_event(event, voip=call.voip, received_at=call.created_at)

    call.refresh_from_db()
    assert call.status == Status.BUSY


def test_one_who_leaves_holds_nothing(place: Desk) -> None:
    presence.beat("here", 1)
    call = request()
    place.dial(call.pk)

    presence.leave("here")

    call.refresh_from_db()
    assert (call.status, call.reason) == (Status.FAILED, "lost")
    assert not Dialer.objects.exists()
