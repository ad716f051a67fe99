"""Two who change one call at the same moment: every lock of the app is met by two transactions."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import make
import pytest
from django.utils import timezone
from meeting import COMMIT, meet
from procrastinate.contrib.django.models import ProcrastinateJob
from rest_framework.test import APIClient

from calls import dialing, erasure, expiry, retention, services
from calls.correlation import learn_id
from calls.events import CallEvent
from calls.models import Call, ForgottenReports, Report, Via
from calls.reports import Reading, read_again
from calls.services import apply_event, edit_call
from calls.statuses import Kind, Status
from sips.models import Voip
from sips.number_search import SoughtNumber
from voipcrm.models import ApiToken

pytestmark = pytest.mark.django_db(transaction=True)
ANNA = "+48501502503"
WRITES = '^UPDATE "calls_call"'
REPORTS = '^INSERT INTO "calls_report"'


@pytest.fixture
def voip() -> Voip:
    return make.office(number="+48221234567")


def reported(voip: Voip, **fields: Any) -> Call:
    facts = {"via": Via.PROVIDER, "provider_call_id": "p-1", "status": Status.RINGING, "precedence": 30}
    return make.call(voip=voip, **facts | fields)


def requested(voip: Voip, **fields: Any) -> Call:
    """Queued, or dialed, and not known to the provider yet."""
    reference = f"vcrm-{Call.everything.count()}"
    facts = {"reference": reference, "provider_call_id": "", "status": Status.QUEUED, "precedence": 10}
    return reported(voip, **facts | {"number_to": ANNA, "sip": voip.sips.get()} | fields)


def dialed(voip: Voip, **fields: Any) -> Call:
    facts = {"status": Status.DIALING, "precedence": 20, "dialed_at": timezone.now()}
    return requested(voip, **facts | fields)


def told(voip: Voip, status: Status = Status.BUSY, **said: Any) -> int | None:
    event = CallEvent(**{"provider_call_id": "p-1", "status": status} | said)
    return apply_event(event, voip=voip, received_at=timezone.now())


def now_of(call: Call) -> Call:
    found: Call = Call.everything.get(pk=call.pk)
    return found


def test_two_edits_keep_what_both_have_changed(voip: Voip) -> None:
    call = reported(voip)

    met = meet(
        lambda: edit_call(call, {"client_id": 7}), lambda: edit_call(call, {"description": "An offer"}), at=WRITES
    )

    assert (met.waited, now_of(call).client_id, now_of(call).description) == (True, 7, "An offer")


def test_an_edit_does_not_undo_a_concurrent_report(voip: Voip) -> None:
    call = reported(voip)

    met = meet(lambda: edit_call(call, {"client_id": 7}), lambda: told(voip), at=WRITES)

    assert (met.waited, now_of(call).client_id, now_of(call).status) == (True, 7, Status.BUSY)


def test_two_reports_of_a_call_that_nobody_knew_make_one(voip: Voip) -> None:
    met = meet(lambda: told(voip, Status.RINGING), lambda: told(voip, Status.BUSY), at=COMMIT)

    assert (met.waited, met.second) == (True, met.first)
    assert (Call.objects.get().status, Report.objects.count()) == (Status.BUSY, 2)


def test_two_reports_of_a_call_that_was_asked_for_take_one_request(voip: Voip) -> None:
    earlier, other = dialed(voip), dialed(voip)

    met = meet(
        lambda: told(voip, Status.RINGING, number_to=ANNA), lambda: told(voip, Status.BUSY, number_to=ANNA), at=COMMIT
    )

    assert (met.waited, now_of(earlier).status, now_of(other).provider_call_id) == (True, Status.BUSY, "")


def test_a_request_is_claimed_by_one_of_two_processes(voip: Voip) -> None:
    call = requested(voip)

    met = meet(lambda: dialing.claim(call.pk, holder="one"), lambda: dialing.claim(call.pk, holder="other"), at=WRITES)

    assert (met.waited, met.first, met.second) == (True, call, None)
    assert now_of(call).held_by == "one"


def test_a_request_that_is_being_claimed_is_not_canceled_any_more(voip: Voip) -> None:
    call = requested(voip)

    met = meet(lambda: dialing.claim(call.pk), lambda: dialing.cancel(call.pk), at=WRITES)

    assert (met.second, now_of(call).status) == (False, Status.DIALING)


def test_a_request_that_is_being_canceled_is_not_dialed(voip: Voip) -> None:
    call = requested(voip)

    met = meet(lambda: dialing.cancel(call.pk), lambda: dialing.claim(call.pk), at=REPORTS)

    assert (met.first, met.second, now_of(call).status) == (True, None, Status.CANCELED)


def test_concurrent_expiry_ends_each_call_once_without_waiting(voip: Voip) -> None:
    call = reported(voip)
    Call.objects.update(updated_at=timezone.now() - timedelta(hours=2))

    met = meet(expiry.expire_stale_calls, expiry.expire_stale_calls, at=REPORTS)

    assert (met.first, met.second, met.waited) == (1, 0, False)
    assert (now_of(call).status, Report.objects.count()) == (Status.FAILED, 1)


def told_of_anna(voip: Voip) -> int | None:
    return told(voip, kind=Kind.INCOMING, number_from=ANNA, recording_url="https://pbx.example.com/1.mp3")


def said(name: str) -> list[str]:
    return [report.event.get(name, "") for report in Report.objects.order_by("pk")]


def test_a_report_of_a_person_being_erased_does_not_stay(voip: Voip) -> None:
    told(voip, Status.RINGING, kind=Kind.INCOMING, number_from=ANNA)

    met = meet(lambda: erasure.erase_number(SoughtNumber(ANNA)), lambda: told_of_anna(voip), at=WRITES)

    row = Call.objects.get()
    assert (met.waited, row.number_from, row.customer_number, row.recording_url) == (True, "", "", "")
    assert row.status == Status.BUSY
    assert said("number_from") == said("recording_url") == ["", ""]


def test_what_is_just_being_written_of_a_person_is_erased_with_them(voip: Voip) -> None:
    call = reported(voip, number_from=ANNA, customer_number=ANNA)

    met = meet(
        lambda: edit_call(call, {"description": "Anna"}), lambda: erasure.erase_number(SoughtNumber(ANNA)), at=COMMIT
    )

    erased = now_of(call)
    assert (met.waited, erased.description, erased.number_from) == (True, "", "")


def test_a_report_of_a_call_being_deleted_does_not_stay(voip: Voip) -> None:
    told(voip, Status.RINGING, kind=Kind.INCOMING, number_from=ANNA)
    call = Call.objects.get()

    met = meet(lambda: services.delete_call(call), lambda: told_of_anna(voip), at=WRITES)

    assert (met.waited, met.second, now_of(call).number_from) == (True, None, "")
    assert said("number_from") == said("recording_url") == ["", ""]


def test_a_call_that_is_deleted_while_its_id_is_learned_keeps_no_number(voip: Voip) -> None:
    call = dialed(voip)

    met = meet(lambda: learn_id(call, "p-1"), lambda: services.delete_call(call), at=WRITES)

    kept = now_of(call)
    assert (met.waited, kept.provider_call_id, kept.number_to, kept.sip) == (True, "p-1", "", None)


def test_the_id_that_a_provider_answers_belongs_to_its_request_whatever_it_reports_meanwhile(voip: Voip) -> None:
    earlier, meant = dialed(voip), dialed(voip)

    met = meet(lambda: learn_id(meant, "p-1"), lambda: told(voip, Status.RINGING, number_to=ANNA), at=WRITES)

    assert (met.waited, now_of(meant).status) == (True, Status.RINGING)
    assert (now_of(earlier).provider_call_id, now_of(meant).provider_call_id) == ("", "p-1")


def test_what_people_write_on_a_request_stays_while_its_id_is_learned(voip: Voip) -> None:
    call = dialed(voip)

    met = meet(lambda: learn_id(call, "p-1"), lambda: edit_call(call, {"description": "An offer"}), at=WRITES)

    assert (met.waited, now_of(call).provider_call_id, now_of(call).description) == (True, "p-1", "An offer")


def test_a_note_is_not_added_to_a_call_being_absorbed(voip: Voip) -> None:
    request = dialed(voip)
    made = reported(voip)

    met = meet(
        lambda: learn_id(request, "p-1"),
        lambda: edit_call(made, {"description": "An offer"}),
        at='^DELETE FROM "calls_call"',
        refusals=Call.DoesNotExist,
    )

    assert isinstance(met.second, Call.DoesNotExist)
    assert Call.objects.get() == request


def test_a_client_set_by_people_survives_a_replay(voip: Voip) -> None:
    told(voip, Status.BUSY, kind=Kind.INCOMING, number_from=ANNA)
    call, report = Call.objects.get(), Report.objects.get()
    read = CallEvent(provider_call_id="p-1", status=Status.NO_ANSWER, kind=Kind.INCOMING, number_from=ANNA)
    again = Reading([read], received_at=report.received_at, replaces=[report])

    met = meet(
        lambda: read_again([again], voip=voip),
        lambda: edit_call(call, {"client_id": 7}),
        at='^DELETE FROM "calls_report"',
    )

    assert (met.waited, now_of(call).client_id, now_of(call).status) == (True, 7, Status.NO_ANSWER)


@pytest.fixture
def place(django_user_model: Any) -> Callable[[str], Callable[[], Any]]:
    """Asks for a call from a line, always with the same Idempotency-Key."""
    _token, secret = ApiToken.objects.issue(django_user_model.objects.create_superuser("anna"), name="test")

    def by(line: str) -> Callable[[], Any]:
        client = APIClient(headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": "k"})
        return lambda: client.post("/voip/calls/make_call.json", {"sip": line, "number_to": ANNA})

    return by


def test_two_requests_with_one_key_are_one(voip: Voip, place: Callable[[str], Callable[[], Any]]) -> None:
    met = meet(place("101"), place("101"), at="INSERT INTO calls_call")

    assert (met.waited, met.first.status_code, met.second.status_code) == (True, 201, 200)
    assert met.first.json()["id"] == met.second.json()["id"] == Call.objects.get().pk
    assert ProcrastinateJob.objects.filter(task_name="integrations.dial_by_sip").count() == 1


def test_a_request_that_is_being_refused_does_not_use_up_its_key(
    voip: Voip, place: Callable[[str], Callable[[], Any]]
) -> None:
    met = meet(place("999"), place("101"), at='FROM "sips_sip"')

    assert (met.waited, met.first.status_code, met.second.status_code) == (True, 400, 201)
    assert met.second.json()["id"] == Call.objects.get().pk


def test_concurrent_report_retention_does_not_fail(voip: Voip) -> None:
    told(voip)
    Report.objects.update(stored_at=timezone.now() - timedelta(days=4000))

    met = meet(retention.forget_old_reports, retention.forget_old_reports, at='^INSERT INTO "calls_forgottenreports"')

    assert sorted([met.first, met.second]) == [0, 1]
    assert (ForgottenReports.objects.count(), Report.objects.count()) == (1, 0)
