from collections.abc import Iterator
from typing import Any

import make
import pytest
from django.utils import timezone

from calls.events import CallEvent
from calls.models import Via
from calls.services import apply_event, request_call
from calls.signals import call_changed
from calls.statuses import Status
from sips.models import Sip

pytestmark = pytest.mark.django_db


@pytest.fixture
def told() -> Iterator[list[bool]]:
    """The `requested` of each signal."""
    heard: list[bool] = []

    def listen(requested: bool, **_: Any) -> None:
        heard.append(requested)

    call_changed.connect(listen)
    yield heard
    call_changed.disconnect(listen)


@pytest.fixture
def line() -> Sip:
    return make.sip(username="100")


def report(line: Sip, call_id: str) -> None:
    assert line.voip is not None
    event = CallEvent(provider_call_id=call_id, status=Status.BUSY)
    apply_event(event, voip=line.voip, received_at=timezone.now())


def test_call_changed_says_that_a_reported_call_was_not_requested(line: Sip, told: list[bool]) -> None:
    report(line, "op-1")

    assert told == [False]


def test_call_changed_says_that_a_call_was_requested(line: Sip, told: list[bool]) -> None:
    call = request_call(via=Via.SIP, sip=line.sip, number_to="+48501502503")
    told.clear()

    report(line, call.provider_call_id)

    assert told == [True]
