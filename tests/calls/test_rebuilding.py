"""A call is computed anew only from all its reports, and neither people's work nor their requests are lost by it."""

from datetime import UTC, datetime, timedelta

import make
import pytest

from calls.events import CallEvent
from calls.models import Call, Report, Via
from calls.rebuilding import delete_if_unreported, knows_all_reports, rebuild
from calls.services import apply_event, request_call
from calls.statuses import Kind, Status
from sips.models import Voip

pytestmark = pytest.mark.django_db
NOW = datetime.now(UTC)
ANNA = "+48501502503"
RINGS = CallEvent(provider_call_id="1", status=Status.RINGING, kind=Kind.INCOMING, number_from=ANNA)


@pytest.fixture
def voip() -> Voip:
    return make.voip()


def reported(voip: Voip) -> Call:
    apply_event(RINGS, voip=voip, received_at=NOW)
    made: Call = Call.objects.get(provider_call_id="1")
    return made


def test_all_reports_of_a_request_are_known_only_together_with_the_request() -> None:
    line = make.sip()
    call = request_call(via=Via.PROVIDER, sip=line.sip, number_to=ANNA)
    assert knows_all_reports(call)

    Report.objects.all().delete()

    assert not knows_all_reports(call)


def test_the_client_stays_although_the_number_is_another_clients_by_now(voip: Voip) -> None:
    make.call(
        kind=Kind.INCOMING, number_from=ANNA, customer_number=ANNA, client_id=5, start_time=NOW - timedelta(days=1)
    )
    call = reported(voip)
    assert call.client_id == 5
    make.call(
        kind=Kind.INCOMING, number_from=ANNA, customer_number=ANNA, client_id=9, start_time=NOW + timedelta(days=1)
    )

    rebuild(call)

    call.refresh_from_db()
    assert call.client_id == 5


class TestACallWithoutReports:
    def test_is_deleted(self, voip: Voip) -> None:
        call = reported(voip)
        Report.objects.all().delete()

        assert delete_if_unreported(call)
        assert not Call.everything.exists()

    def test_stays_where_it_was_requested_here(self) -> None:
        call = request_call(via=Via.PROVIDER, sip=make.sip().sip, number_to=ANNA)
        Report.objects.all().delete()

        assert not delete_if_unreported(call)

    @pytest.mark.parametrize("fields", [{"description": "An offer"}, {"identity_set": True}])
    def test_stays_where_somebody_has_worked_on_it(self, voip: Voip, fields: dict[str, object]) -> None:
        call = reported(voip)
        Report.objects.all().delete()
        for name, value in fields.items():
            setattr(call, name, value)

        assert not delete_if_unreported(call)

    def test_stays_where_something_refers_to_it(self, voip: Voip) -> None:
        call = reported(voip)
        Report.objects.all().delete()
        make.note(call=call)

        assert not delete_if_unreported(call)
