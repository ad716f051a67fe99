"""From a request to an order for the engine, and from the engine's reports to the Call."""

from collections.abc import Sequence
from threading import Event
from types import SimpleNamespace
from typing import Any

import make
import pytest
from django.db import OperationalError
from procrastinate.contrib.django.models import ProcrastinateJob

from calls import dialing, services
from calls.events import CallEvent
from calls.models import Call, Report, Via
from calls.several_reports import DialerReport, report_several
from calls.statuses import Status
from integrations.models import Dialer
from integrations.sip_dialer import housekeeping, order_intake, presence, reports
from integrations.sip_dialer.housekeeping import Housekeeping
from integrations.sip_dialer.order_intake import OrderIntake, make_order
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
def intake(engine: Telephones) -> OrderIntake:
    return OrderIntake("here", engine, Reports())


def test_a_request_is_claimed_and_placed(intake: OrderIntake, engine: Telephones) -> None:
    call = request()

    intake.dial(call.pk)

    (order,) = engine.orders
    assert (order.reference, order.host, order.port, order.operator) == (call.reference, "pbx.example.com", None, "100")
    assert (order.username, order.password, order.number, order.display) == (
        "100",
        "secret",
        "+48123456789",
        "+48123456789",
    )
    call.refresh_from_db()
    assert (call.status, call.held_by) == (Status.DIALING, "here")


def test_the_order_has_the_settings_of_line_and_configuration(intake: OrderIntake, engine: Telephones) -> None:
    shown = {"outbound_proxy": "sbc.example.com", "caller_id": "+48220000000", "caller_id_header": "from"}
    voip = make.voip(address="pbx.example.com", port="5080", **shown)

    for own in ("", "+48601000111"):
        line = make.sip(voip=voip, sip=f"1{own[-1:]}", auth_username="a77", hands_free=True, caller_id=own)
        intake.dial(request(line).pk)

    ours, own_number = engine.orders
    assert (ours.port, ours.proxy, ours.auth_username, ours.hands_free) == (5080, "sbc.example.com", "a77", True)
    assert (ours.caller_id, ours.caller_id_header) == ("+48220000000", "from")
    assert own_number.caller_id == "+48601000111"


def test_a_request_is_placed_once(intake: OrderIntake, engine: Telephones) -> None:
    call = request()

    intake.dial(call.pk)
    intake.dial(call.pk)
    OrderIntake("there", engine, Reports()).dial(call.pk)

    assert len(engine.orders) == 1


def test_a_password_is_not_shown() -> None:
    call = request()

    assert "secret" not in repr(make_order(Call.objects.select_related("voip", "sip").get(pk=call.pk)))


def test_a_line_that_was_switched_off_meanwhile_is_refused(intake: OrderIntake, engine: Telephones) -> None:
    line = make.sip()
    call = request(line)
    Sip.objects.filter(pk=line.pk).update(active=False)

    intake.dial(call.pk)

    call.refresh_from_db()
    assert (call.status, call.reason, engine.orders) == (Status.FAILED, "refused", [])
    assert "switched off" in call.provider_status


def test_a_line_sip_cannot_carry_is_refused(intake: OrderIntake, engine: Telephones) -> None:
    call = request(make.sip(username="a\r\nX-Injected: 1"))

    intake.dial(call.pk)

    call.refresh_from_db()
    assert (call.status, call.reason, engine.orders) == (Status.FAILED, "refused", [])


def test_a_dialer_that_stops_leaves_requests_to_others(intake: OrderIntake, engine: Telephones) -> None:
    call = request()
    jobs = ProcrastinateJob.objects.filter(task_name="integrations.dial_by_sip", queue_name="sip", status="todo")
    before = jobs.count()

    intake.close()
    intake.dial(call.pk)

    call.refresh_from_db()
    assert (call.status, engine.orders) == (Status.QUEUED, [])
    assert jobs.count() == before + 1


@pytest.mark.parametrize(("prefix", "dialed"), [("+", "+48123456789"), ("00", "0048123456789"), ("", "48123456789")])
def test_numbers_are_written_as_the_server_wants_them(
    intake: OrderIntake, engine: Telephones, settings: Any, prefix: str, dialed: str
) -> None:
    settings.SIP_NUMBER_PREFIX = prefix

    intake.dial(request().pk)

    assert engine.orders[0].number == dialed


def test_a_process_without_an_engine_cannot_dial() -> None:
    with pytest.raises(RuntimeError, match="sip_dialer"):
        order_intake.dial(1)


def test_reports_become_the_call_in_their_order(engine: Telephones) -> None:
    writer = Reports()
    call = request()
    OrderIntake("here", engine, writer).dial(call.pk)
    writer.start()

    for status in (Status.RINGING, Status.BUSY):
        writer.put(CallEvent(provider_call_id=call.reference, status=status, provider_status="word"))

    assert writer.finish(10)
    call.refresh_from_db()
    assert (call.status, call.provider_status, Call.objects.count()) == (Status.BUSY, "word", 1)


def test_reports_of_a_crowd_are_written_together_and_those_of_one_call_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun, first_may_end = Event(), Event()
    written: list[list[tuple[str, str]]] = []

    def write(said: Sequence[DialerReport]) -> None:
        written.append([(event.provider_call_id, event.provider_status) for event, _voip, _at in said])
        begun.set()
        assert first_may_end.wait(60)

    monkeypatch.setattr(reports, "report_several", write)
    writer, voip = Reports(), make.voip()
    told = [(f"call {n}", word) for word in "abc" for n in range(20)]
    for reference, _word in told:
        writer.expect(reference, voip)
    writer.start()
    for reference, word in told:
        writer.put(CallEvent(provider_call_id=reference, status=Status.RINGING, provider_status=word))
        assert begun.wait(60)

    first_may_end.set()
    assert writer.finish(10)
    assert written == [told[:1], told[1:]]


def test_a_report_that_cannot_be_stored_does_not_take_the_others_with_it(engine: Telephones) -> None:
    writer = Reports()
    calls = [request(make.sip(voip=make.voip(address="pbx.example.com"))) for _call in range(3)]
    for call in calls:
        OrderIntake("here", engine, writer).dial(call.pk)
    gone = calls[1].voip
    assert gone is not None
    Call.everything.filter(pk=calls[1].pk).update(voip=None)
    Report.objects.filter(voip=gone).delete()
    Sip.objects.filter(voip=gone).delete()
    gone.delete()

    for call in calls:
        writer.put(CallEvent(provider_call_id=call.reference, status=Status.BUSY))
    writer.start()

    assert writer.finish(10)
    assert [Call.objects.get(pk=call.pk).status for call in calls] == [Status.BUSY, Status.DIALING, Status.BUSY]


def test_a_report_waits_for_the_database(engine: Telephones, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "RETRY", 0.01)
    tries: list[Sequence[DialerReport]] = []

    def fail_twice(said: Sequence[DialerReport]) -> None:
        tries.append(said)
        if len(tries) < 3:
            raise OperationalError("the server closed the connection")
        report_several(said)

    monkeypatch.setattr(reports, "report_several", fail_twice)
    writer = Reports()
    call = request()
    OrderIntake("here", engine, writer).dial(call.pk)
    writer.start()
    writer.put(CallEvent(provider_call_id=call.reference, status=Status.BUSY))

    assert writer.finish(10)
    call.refresh_from_db()
    assert (call.status, len(tries)) == (Status.BUSY, 3)


def test_reports_do_not_wait_for_the_database_for_ever(engine: Telephones, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(said: Sequence[DialerReport]) -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(reports, "report_several", fail)
    writer = Reports()
    writer.expect("r", make.voip())
    writer.start()
    writer.put(CallEvent(provider_call_id="r", status=Status.BUSY))

    assert not writer.finish(0.1)


def test_a_hang_up_reaches_the_engine(intake: OrderIntake, engine: Telephones) -> None:
    call = request()
    intake.dial(call.pk)
    dialing.hang_up(call.pk)

    Housekeeping("here", engine)._step()

    assert engine.hung_up == [call.reference]


def test_no_other_call_is_ended_by_it(intake: OrderIntake, engine: Telephones) -> None:
    call, other = request(), request()
    for each in (call, other):
        intake.dial(each.pk)
    dialing.hang_up(call.pk)

    Housekeeping("here", engine)._step()

    assert engine.hung_up == [call.reference]


def test_a_hang_up_is_carried_out_by_the_holding_dialer_only(intake: OrderIntake, engine: Telephones) -> None:
    call = request()
    intake.dial(call.pk)
    dialing.hang_up(call.pk)

    Housekeeping("there", engine)._step()

    assert engine.hung_up == []


def test_only_calls_of_dead_dialers_are_lost(engine: Telephones) -> None:
    presence.beat("alive", 1)
    presence.beat("dead", 1)
    Dialer.objects.filter(name="dead").update(seen_at="2020-01-01T00:00:00Z")
    held = {}
    for name in ("alive", "dead", "never heard of"):
        held[name] = request(make.sip())
        OrderIntake(name, engine, Reports()).dial(held[name].pk)

    assert presence.settle_dead() == 2

    assert {name: Call.objects.get(pk=call.pk).status for name, call in held.items()} == {
        "alive": Status.DIALING,
        "dead": Status.FAILED,
        "never heard of": Status.FAILED,
    }
    assert list(Dialer.objects.values_list("name", flat=True)) == ["alive"]


def test_a_report_of_a_dialer_thought_dead_takes_precedence(intake: OrderIntake) -> None:
    call = request()
    intake.dial(call.pk)
    presence.settle_dead()

    assert call.voip is not None
    event = CallEvent(provider_call_id=call.reference, status=Status.BUSY)
    services.apply_event(event, voip=call.voip, received_at=call.created_at)

    call.refresh_from_db()
    assert call.status == Status.BUSY


def test_a_dialer_that_signs_off_holds_no_calls(intake: OrderIntake) -> None:
    presence.beat("here", 1)
    call = request()
    intake.dial(call.pk)

    presence.leave("here")

    call.refresh_from_db()
    assert (call.status, call.reason) == (Status.FAILED, "lost")
    assert not Dialer.objects.exists()


def test_after_an_outage_of_the_database_the_others_are_given_time_to_be_heard_of(
    engine: Telephones, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody's heartbeat could be written meanwhile: those of the living are as old as those of the dead."""
    clock = 1000.0
    monkeypatch.setattr(housekeeping, "time", SimpleNamespace(monotonic=lambda: clock))
    settled: list[float] = []
    monkeypatch.setattr(presence, "settle_dead", lambda: settled.append(clock))
    kept = Housekeeping("here", engine)
    grace = presence.DEAD.total_seconds()

    def pass_seconds(seconds: float, *, outage: bool = False) -> None:
        nonlocal clock
        clock += seconds
        with monkeypatch.context() as context:
            if outage:
                context.setattr(presence, "beat", lambda *_: gone())
            once = iter([False, True])
            context.setattr(kept._stopping, "wait", lambda _: next(once))
            kept._keep()

    pass_seconds(grace - 1)
    pass_seconds(1)  # also a dialer that has just begun has not yet heard of the others
    pass_seconds(1)
    pass_seconds(housekeeping.SETTLE + 1, outage=True)
    pass_seconds(housekeeping.SETTLE + 1)
    pass_seconds(grace - housekeeping.SETTLE - 1)

    assert settled == [1000 + grace, 1000 + grace + 1 + housekeeping.SETTLE + 1 + grace]


def gone() -> None:
    raise OperationalError("the server closed the connection")
