"""A request is dialed at most once, and becomes one Call with what the provider reports of it."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import make
import pytest
from django.db import connection
from rest_framework.test import APIClient

from calls import correlation, dialing
from calls.events import CallEvent
from calls.models import Call, Via
from calls.reasons import Reason
from calls.services import apply_event, delete_call, request_call
from calls.signals import call_changed
from calls.statuses import Kind, Status
from sips.models import Sip, Voip

pytestmark = pytest.mark.django_db
CUSTOMER = "+48501502503"


@pytest.fixture
def voip() -> Voip:
    return make.voip(address="pbx.example.com", provider="zadarma", number="+48221234567")


def _request(voip: Voip, *, via: Via = Via.PROVIDER, number_to: str = CUSTOMER, sip: str = "100") -> Call:
    if not voip.sips.filter(sip=sip).exists():
        make.sip(voip=voip, sip=sip, username=sip)
    return make.call(
        voip=voip,
        sip=voip.sips.get(sip=sip),
        via=via,
        reference=f"vcrm-{Call.everything.count()}",
        status=Status.QUEUED,
        precedence=10,
        kind=Kind.OUTGOING,
        number_from=sip,
        number_to=number_to,
        customer_number=number_to,
    )


def _dialed(voip: Voip, **fields: Any) -> Call:
    claimed = dialing.claim(_request(voip, **fields).pk)
    assert claimed is not None
    return claimed


def _event(**said: Any) -> CallEvent:
    return CallEvent(**{"provider_call_id": "op-1", "status": Status.RINGING, "number_to": CUSTOMER} | said)


def _told(voip: Voip, event: CallEvent, *, after: float = 1) -> None:
    apply_event(event, voip=voip, received_at=datetime.now(UTC) + timedelta(seconds=after))


def test_a_claimed_request_is_dialing_and_cannot_be_claimed_again(voip: Voip) -> None:
    request = _request(voip)

    first, second = dialing.claim(request.pk, holder="dialer-1"), dialing.claim(request.pk, holder="dialer-2")

    assert first is not None
    assert (first.status, first.held_by, second) == (Status.DIALING, "dialer-1", None)


def test_a_request_that_waited_too_long_is_not_dialed(voip: Voip, settings: Any) -> None:
    request = _request(voip)
    Call.objects.filter(pk=request.pk).update(created_at=datetime.now(UTC) - settings.REQUESTED_CALL_EXPIRES)

    assert dialing.claim(request.pk) is None


def test_a_logged_call_is_not_dialed(voip: Voip) -> None:
    assert dialing.claim(make.call(status=Status.QUEUED, number_to=CUSTOMER).pk) is None


def test_a_deleted_request_is_not_dialed(voip: Voip) -> None:
    request = _request(voip)
    delete_call(request)

    assert dialing.claim(request.pk) is None


def test_a_call_that_was_not_placed_fails_with_the_providers_words(voip: Voip) -> None:
    call = _dialed(voip)

    assert dialing.fail(call.pk, reason=Reason.REFUSED, provider_status="No money left.")

    call.refresh_from_db()
    assert (call.status, call.reason, call.provider_status) == (Status.FAILED, "refused", "No money left.")
    assert call.ended_at is not None


def test_a_call_that_rang_cannot_fail_as_not_placed(voip: Voip) -> None:
    call = _dialed(voip)
    correlation.learn_id(call, "op-1")
    _told(voip, _event())

    assert not dialing.fail(call.pk, reason=Reason.REFUSED, provider_status="too late")


def test_claim_and_failure_send_call_changed(voip: Voip) -> None:
    request = _request(voip)
    told: list[int] = []

    def listen(call_id: int, **_: Any) -> None:
        told.append(call_id)

    call_changed.connect(listen)
    dialing.claim(request.pk)
    dialing.fail(request.pk, reason=Reason.REFUSED, provider_status="")
    call_changed.disconnect(listen)

    assert told == [request.pk, request.pk]


class TestOneCall:
    """Whichever comes first: the provider's answer with its id, or its reports."""

    STEPS = ("answer", "ringing", "talking", "end")

    def _run(self, voip: Voip, steps: tuple[str, ...], *, reference: bool) -> Call:
        call = _dialed(voip)
        ref = call.reference if reference else ""
        doing: dict[str, Callable[[], None]] = {
            "answer": lambda: correlation.learn_id(call, "op-1"),
            "ringing": lambda: _told(voip, _event(reference=ref, kind=Kind.OUTGOING)),
            "talking": lambda: _told(voip, _event(status=Status.IN_PROGRESS, reference=ref)),
            "end": lambda: _told(voip, _event(status=Status.ANSWERED, talk_seconds=30, reference=ref), after=40),
        }
        for step in steps:
            doing[step]()
        return Call.everything.get()

    @pytest.mark.parametrize("steps", list(itertools.permutations(STEPS)), ids="-".join)
    @pytest.mark.parametrize("reference", [True, False], ids=["echoed", "not echoed"])
    def test_every_order_of_reports_ends_in_one_call(
        self, voip: Voip, steps: tuple[str, ...], *, reference: bool
    ) -> None:
        call = self._run(voip, steps, reference=reference)

        assert (call.status, call.duration, call.provider_call_id) == (Status.ANSWERED, 30, "op-1")
        assert call.reference

    def test_an_uncorrelated_report_is_merged_once_the_id_is_known(self, voip: Voip) -> None:
        call = _dialed(voip)
        _told(voip, _event(status=Status.ANSWERED, number_to="", talk_seconds=7))
        assert Call.objects.count() == 2

        correlation.learn_id(call, "op-1")

        merged = Call.objects.get()
        assert (merged.pk, merged.status, merged.duration, merged.number_to) == (
            call.pk,
            Status.ANSWERED,
            7,
            CUSTOMER,
        )

    def test_an_id_that_another_request_has_is_not_taken_from_it(self, voip: Voip) -> None:
        first, second = _dialed(voip), _dialed(voip)
        correlation.learn_id(first, "op-1")

        correlation.learn_id(second, "op-1")

        ids = Call.objects.order_by("pk").values_list("pk", "provider_call_id")
        assert list(ids) == [(first.pk, "op-1"), (second.pk, "")]

    def test_learning_the_id_twice_changes_nothing(self, voip: Voip) -> None:
        call = _dialed(voip)

        correlation.learn_id(call, "op-1")
        correlation.learn_id(call, "op-2")

        assert Call.objects.get().provider_call_id == "op-1"


class TestRecognition:
    def test_a_report_is_correlated_with_the_oldest_request(self, voip: Voip) -> None:
        first, second = _dialed(voip), _dialed(voip)

        _told(voip, _event())
        _told(voip, _event(provider_call_id="op-2"))

        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.provider_call_id, second.provider_call_id) == ("op-1", "op-2")

    @pytest.mark.parametrize(
        "said",
        [
            {"number_to": "+48600700800"},
            {"number_to": ""},
            {"line": "101"},
            {"kind": Kind.INCOMING},
            {"started_at": timedelta(seconds=-60)},
            {"started_at": timedelta(seconds=600)},
            {"reference": "vcrm-of-somebody-else"},
        ],
        ids=str,
    )
    def test_a_report_of_another_call_is_not_taken_for_it(self, voip: Voip, said: dict[str, Any]) -> None:
        call = _dialed(voip)
        if "started_at" in said:
            said = {"started_at": datetime.now(UTC) + said["started_at"]}

        _told(voip, _event(**said))

        call.refresh_from_db()
        assert (call.provider_call_id, Call.objects.count()) == ("", 2)

    @pytest.mark.parametrize("line", ["100", ""])
    def test_a_report_is_correlated_by_line_and_number_in_any_format(self, voip: Voip, line: str) -> None:
        call = _dialed(voip)

        _told(voip, _event(number_to="501 502 503", line=line))

        call.refresh_from_db()
        assert call.provider_call_id == "op-1"

    @pytest.mark.parametrize("line", ["anna", "+48221234501", "221234501", "48221234501"])
    def test_the_line_may_be_told_by_its_login_or_its_number(self, voip: Voip, line: str) -> None:
        call = _dialed(voip)
        Sip.objects.update(username="anna", number="+48221234501")

        _told(voip, _event(line=line))

        call.refresh_from_db()
        assert call.provider_call_id == "op-1"

    def test_a_call_that_began_before_it_was_asked_for_by_a_clock_that_is_behind_is_it(self, voip: Voip) -> None:
        call = _dialed(voip)

        _told(voip, _event(started_at=datetime.now(UTC) - timedelta(seconds=8)))

        call.refresh_from_db()
        assert call.provider_call_id == "op-1"

    @pytest.mark.parametrize("dialed", ["+48298201234", "+298201234"])
    def test_a_report_is_correlated_by_a_number_of_ambiguous_country(self, voip: Voip, dialed: str) -> None:
        call = _dialed(voip)
        Call.objects.update(number_to=dialed)

        _told(voip, _event(number_to="298201234", numbers_are_read=True))

        call.refresh_from_db()
        assert call.provider_call_id == "op-1"

    def test_a_call_already_known_is_not_taken_for_a_new_request(self, voip: Voip) -> None:
        _told(voip, _event())
        call = _dialed(voip)

        _told(voip, _event(status=Status.BUSY))

        call.refresh_from_db()
        assert (call.provider_call_id, call.status) == ("", Status.DIALING)

    def test_a_request_of_another_configuration_is_left_alone(self, voip: Voip) -> None:
        call = _dialed(voip)

        _told(make.voip(), _event())

        call.refresh_from_db()
        assert call.provider_call_id == ""

    def test_a_request_that_was_refused_is_no_longer_waiting(self, voip: Voip) -> None:
        call = _dialed(voip)
        dialing.fail(call.pk, reason=Reason.REFUSED, provider_status="")

        _told(voip, _event())

        call.refresh_from_db()
        assert (call.provider_call_id, Call.objects.count()) == ("", 2)

    def test_a_deleted_request_is_not_brought_back_by_its_reports(self, voip: Voip) -> None:
        delete_call(_dialed(voip))

        _told(voip, _event())

        assert not Call.objects.exists()

    def test_of_a_deleted_request_nothing_is_kept_once_it_is_found(self, voip: Voip) -> None:
        delete_call(_dialed(voip))
        assert Call.everything.get().sip is not None  # by which it is to be found

        _told(voip, _event())

        row = Call.everything.get()
        assert (row.provider_call_id, row.number_to, row.sip) == ("op-1", "", None)


class TestHangUp:
    def test_a_queued_request_is_canceled_and_not_dialed(self, alice: APIClient, voip: Voip) -> None:
        request = _request(voip)

        told = alice.post(f"/voip/calls/{request.pk}/hangup.json")

        assert (told.status_code, told.json()["status"]) == (200, "CANCELED")
        assert dialing.claim(request.pk) is None

    def test_the_dialer_that_holds_the_call_is_asked_once(self, alice: APIClient, voip: Voip) -> None:
        request = _request(voip, via=Via.SIP)
        dialing.claim(request.pk, holder="dialer-1")

        alice.post(f"/voip/calls/{request.pk}/hangup.json")
        first = Call.objects.get().hangup_requested_at
        told = alice.post(f"/voip/calls/{request.pk}/hangup.json")

        assert (told.status_code, Call.objects.get().hangup_requested_at) == (200, first)
        assert first is not None

    def test_no_other_call_of_the_dialer_is_ended(self, alice: APIClient, voip: Voip) -> None:
        request, other = _request(voip, via=Via.SIP), _request(voip, via=Via.SIP)
        for call in (request, other):
            dialing.claim(call.pk, holder="dialer-1")

        alice.post(f"/voip/calls/{request.pk}/hangup.json")

        assert Call.objects.get(hangup_requested_at__isnull=False) == request

    def test_a_call_held_by_nobody_here_is_a_conflict_that_says_so(self, alice: APIClient, voip: Voip) -> None:
        told = alice.post(f"/voip/calls/{_dialed(voip).pk}/hangup.json")

        assert told.status_code == 409
        assert "our own SIP dialer" in told.json()["detail"]

    @pytest.mark.parametrize("status", [Status.ANSWERED, ""])
    def test_a_call_that_is_over_is_a_conflict(self, alice: APIClient, status: str) -> None:
        assert alice.post(f"/voip/calls/{make.call(status=status).pk}/hangup.json").status_code == 409

    def test_dialing_needs_the_right_to_add_calls(self, bob: APIClient, voip: Voip) -> None:
        assert bob.post(f"/voip/calls/{_request(voip).pk}/hangup.json").status_code == 403


def test_a_click_by_sip_waits_in_the_dialers_queue_and_has_its_id_from_the_start(voip: Voip) -> None:
    make.sip(voip=voip)

    call = request_call(via=Via.SIP, sip="100", number_to=CUSTOMER)

    assert call.provider_call_id == call.reference
    with connection.cursor() as cursor:
        cursor.execute("SELECT queue_name, task_name, args->>'call_id' FROM procrastinate_jobs")
        assert cursor.fetchall() == [("sip", "integrations.dial_by_sip", str(call.pk))]
