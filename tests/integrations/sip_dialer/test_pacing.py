"""Calls are not placed faster than the server answers."""

import threading
from typing import Any

import make
import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from calls import services
from calls.models import Call, Via
from calls.statuses import Status
from integrations.sip_dialer.order_intake import OrderIntake
from integrations.sip_dialer.orders import SipOrder
from integrations.sip_dialer.pacing import Pacing
from integrations.sip_dialer.reports import Reports
from sips.models import Sip


class Telephones:
    """An engine that only remembers whom it was asked to call."""

    def __init__(self) -> None:
        self.placed: list[str] = []

    def place(self, order: SipOrder) -> None:
        self.placed.append(order.reference)


def _request(line: Sip) -> Call:
    return services.request_call(via=Via.SIP, sip=line.sip, voip_id=line.voip_id, number_to="+48123456789")


def test_each_server_has_room_of_its_own_which_an_answer_gives_back() -> None:
    pacing = Pacing(2)
    for reference in ("a", "b"):
        pacing.placed(1, reference)

    assert (pacing.room(1, seconds=0), pacing.room(2, seconds=0)) == (0, 2)
    for _response in range(3):
        pacing.heard("a")
    assert pacing.room(1, seconds=0) == 1
    pacing.heard("never placed")
    assert pacing.room(1, seconds=0) == 1


def test_who_waits_for_room_goes_on_as_soon_as_there_is_some() -> None:
    asked = threading.Event()

    class Asked(Pacing):
        def _room(self, voip_id: int) -> int:
            asked.set()  # under the lock, which only waiting releases
            return super()._room(voip_id)

    pacing = Asked(1)
    pacing.placed(1, "a")
    rooms: list[int] = []
    waiting = threading.Thread(target=lambda: rooms.append(pacing.room(1, seconds=600)), daemon=True)
    waiting.start()

    asked.wait()
    pacing.heard("a")

    waiting.join(60)
    assert rooms == [1]


@pytest.mark.django_db(transaction=True)
def test_calls_wait_in_the_queue_for_a_server_that_answers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("integrations.sip_dialer.order_intake.PATIENCE", 0.01)
    engine: Any = Telephones()
    pacing = Pacing(2)
    intake = OrderIntake("here", engine, Reports(), pacing)
    line, other = make.sip(), make.sip(voip=make.voip(address="other.example.com"))
    calls, elsewhere = [_request(line) for _call in range(4)], _request(other)
    first, second, third, fourth = calls

    begun = ProcrastinateJob.objects.filter(args__in=[{"call_id": call.pk} for call in (first, third, elsewhere)])
    begun.update(status="doing")
    for call in (first, third, elsewhere):
        intake.dial(call.pk)

    assert engine.placed == [first.reference, second.reference, elsewhere.reference]
    assert Call.objects.get(pk=third.pk).status == Status.QUEUED
    again = ProcrastinateJob.objects.filter(args={"call_id": third.pk}, scheduled_at__isnull=False)
    assert again.exists()  # looked at again a second later

    pacing.heard(first.reference)
    intake.dial(third.pk)
    assert engine.placed[3:] == [third.reference]
    assert Call.objects.get(pk=fourth.pk).status == Status.QUEUED
