"""What people change of calls, and what is kept of those they delete."""

from datetime import UTC, datetime

import make
import pytest

from calls import dialing
from calls.events import CallEvent
from calls.models import Call, Note, Via
from calls.reasons import Reason
from calls.services import (
    apply_event,
    delete_call,
    edit_call,
    request_call,
)
from calls.statuses import Kind, Status

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
ANNA, JAN = "+48501502503", "+48600700800"


class TestEditing:
    def test_a_call_entered_by_hand_is_identified_by_its_numbers(self) -> None:
        call = make.call(kind=Kind.INCOMING, number_from=ANNA, customer_number=ANNA)

        assert edit_call(call, {"number_from": JAN}).customer_number == JAN
        assert edit_call(call, {"kind": Kind.INTERNAL}).customer_number == ""

    @pytest.mark.parametrize("via", [Via.SIP, Via.PROVIDER])
    def test_editing_a_reported_call_does_not_change_its_customer(self, via: Via) -> None:
        call = make.call(via=via, voip=make.voip(), kind=Kind.INCOMING, number_from=ANNA, customer_number=JAN)

        assert edit_call(call, {"description": "An offer"}).customer_number == JAN

    def test_whose_call_it_is_stays_decided_when_something_else_is_edited(self) -> None:
        call = make.call(kind=Kind.INCOMING, number_from=ANNA, customer_number=ANNA, client_id=7, identity_set=True)

        assert edit_call(call, {"description": "An offer"}).identity_set is True


class TestDeleting:
    def test_the_notes_on_a_deleted_call_are_deleted(self) -> None:
        call = make.call(via=Via.PROVIDER, voip=make.voip(), provider_call_id="p-1")
        make.note(call=call)
        other = make.note()

        delete_call(call)

        assert list(Note.objects.all()) == [other]

    def test_a_deleted_request_awaiting_its_id_keeps_line_and_number(self) -> None:
        line = make.sip(number="+48221234567")
        call = request_call(via=Via.PROVIDER, sip=line.sip, number_to=ANNA, client_id=7)
        dialing.claim(call.pk)

        delete_call(call)
        kept = Call.everything.get()
        assert (kept.number_to, kept.sip, kept.number_from, kept.customer_number) == (ANNA, line, "", "")
        assert kept.client_id is None
        assert line.voip is not None
        told = CallEvent(provider_call_id="p-1", status=Status.RINGING, number_to=ANNA, line=line.sip)
        apply_event(told, voip=line.voip, received_at=datetime.now(UTC))

        assert not Call.objects.exists()

    def test_a_deleted_call_with_a_provider_id_keeps_neither_number_nor_line(self) -> None:
        line = make.sip()
        call = make.call(
            via=Via.PROVIDER, voip=line.voip, sip=line, provider_call_id="p-1", number_from=ANNA, number_to="100"
        )

        delete_call(call)

        kept = Call.everything.get()
        assert (kept.provider_call_id, kept.number_from, kept.number_to, kept.sip) == ("p-1", "", "", None)


def test_the_providers_words_are_cut_to_what_can_be_stored() -> None:
    voip = make.voip()
    event = CallEvent(provider_call_id="p-1", status=Status.BUSY, provider_status="x" * 300, line="1" * 300)

    apply_event(event, voip=voip, received_at=NOON)

    assert Call.objects.get().provider_status == "x" * 255


def test_the_words_of_a_refusal_are_cut_too() -> None:
    line = make.sip()
    call = request_call(via=Via.PROVIDER, sip=line.sip, number_to=ANNA)

    assert dialing.fail(call.pk, reason=Reason.REFUSED, provider_status="x" * 300)

    call.refresh_from_db()
    assert (call.status, call.provider_status) == (Status.FAILED, "x" * 255)


@pytest.mark.parametrize(("number", "shown"), [("+48221234501", "+48221234501"), ("", "100")])
def test_a_request_comes_from_the_lines_number_or_else_its_extension(number: str, shown: str) -> None:
    line = make.sip(number=number)

    assert request_call(via=Via.PROVIDER, sip=line.sip, number_to=ANNA).number_from == shown


@pytest.mark.parametrize("via", [Via.PROVIDER, Via.NOBODY])
def test_a_call_that_nobody_requested_here_is_not_canceled_although_it_waits(via: Via) -> None:
    waiting = make.call(via=via, voip=make.voip(), kind=Kind.INCOMING, status=Status.QUEUED)

    assert not dialing.cancel(waiting.pk)

    assert Call.objects.get().status == Status.QUEUED
