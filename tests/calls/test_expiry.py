"""A call whose end nobody told us is ended honestly, and any later word outranks that."""

from datetime import UTC, datetime, timedelta
from typing import Any

import make
import pytest

from calls.events import CallEvent
from calls.expiry import expire_stale_calls, lose_calls_of
from calls.models import Call, Via
from calls.reasons import Reason
from calls.services import apply_event
from calls.statuses import PROGRESS, Status
from sips.models import Voip

pytestmark = pytest.mark.django_db


@pytest.fixture
def voip() -> Voip:
    return make.voip()


def _quiet_for(minutes: float, **fields: Any) -> Call:
    status = fields.get("status", Status.RINGING)
    call = make.call(**{"via": Via.PROVIDER, "status": status, "precedence": PROGRESS[status]} | fields)
    Call.objects.filter(pk=call.pk).update(updated_at=datetime.now(UTC) - timedelta(minutes=minutes))
    return call


@pytest.mark.parametrize(
    ("minutes", "fields", "end"),
    [
        (59, {}, ("RINGING", "")),
        (61, {}, ("FAILED", "lost")),
        (4, {"reference": "r"}, ("RINGING", "")),
        (6, {"reference": "r"}, ("FAILED", "lost")),
        (6, {"reference": "r", "status": Status.DIALING}, ("FAILED", "lost")),
        (6, {"reference": "r", "status": Status.QUEUED}, ("FAILED", "expired")),
        (1, {"reference": "r", "status": Status.QUEUED, "dial_by": datetime(2100, 1, 1, tzinfo=UTC)}, ("QUEUED", "")),
        (1, {"reference": "r", "status": Status.QUEUED, "dial_by": datetime(2026, 1, 1, tzinfo=UTC)}, ("FAILED", "expired")),
        (1, {"reference": "r", "status": Status.RINGING, "dial_by": datetime(2026, 1, 1, tzinfo=UTC)}, ("RINGING", "")),
        (6, {"reference": "r", "status": Status.IN_PROGRESS, "answered_at": datetime(2026, 1, 1, tzinfo=UTC)}, ("IN PROGRESS", "")),
        (239, {"status": Status.IN_PROGRESS, "answered_at": datetime(2026, 1, 1, tzinfo=UTC)}, ("IN PROGRESS", "")),
        (241, {"status": Status.IN_PROGRESS, "answered_at": datetime(2026, 1, 1, tzinfo=UTC)}, ("ANSWERED", "lost")),
        (600, {"via": Via.NOBODY}, ("RINGING", "")),
    ],
    ids=str,
)  # fmt: skip
def test_a_call_without_reports_expires(minutes: float, fields: dict[str, Any], end: tuple[str, str]) -> None:
    call = _quiet_for(minutes, **fields)

    expire_stale_calls()

    call.refresh_from_db()
    assert (call.status, call.reason) == end


def test_what_the_provider_said_last_stays_on_a_lost_call() -> None:
    call = _quiet_for(61, provider_status="Q.931 18", voip=make.voip(), provider_call_id="op-1")

    expire_stale_calls()

    call.refresh_from_db()
    assert (call.status, call.provider_status) == ("FAILED", "Q.931 18")


def test_a_lost_call_ends_once() -> None:
    _quiet_for(61)

    assert [expire_stale_calls(), expire_stale_calls()] == [1, 0]


@pytest.mark.parametrize("status", [Status.BUSY, Status.NO_ANSWER, Status.FAILED, Status.CANCELED])
def test_a_late_report_takes_precedence_over_expiry(voip: Voip, status: Status) -> None:
    call = _quiet_for(61, voip=voip, provider_call_id="op-1")
    expire_stale_calls()

    apply_event(
        CallEvent(provider_call_id="op-1", status=status, reason=Reason.REJECTED),
        voip=voip,
        received_at=datetime.now(UTC),
    )

    call.refresh_from_db()
    assert (call.status, call.reason) == (status, "rejected")


def test_the_calls_of_a_dead_dialer_are_lost_and_those_of_others_go_on(voip: Voip) -> None:
    dialing = make.call(voip=voip, via=Via.SIP, status=Status.DIALING, reference="a", held_by="dead")
    talking = make.call(
        voip=voip, via=Via.SIP, status=Status.IN_PROGRESS, reference="b", held_by="dead", answered_at=datetime.now(UTC)
    )
    over = make.call(voip=voip, via=Via.SIP, status=Status.BUSY, reference="c", held_by="dead")
    alive = make.call(voip=voip, via=Via.SIP, status=Status.RINGING, reference="d", held_by="alive")

    assert lose_calls_of("dead") == 2

    ends = {call.pk: (call.status, call.reason) for call in Call.objects.all()}
    assert ends == {
        dialing.pk: ("FAILED", "lost"),
        talking.pk: ("ANSWERED", "lost"),
        over.pk: ("BUSY", ""),
        alive.pk: ("RINGING", ""),
    }
