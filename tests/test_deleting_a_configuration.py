"""A configuration goes, and what happened through it stays; nobody who holds it at that moment stumbles, or dials."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import make
import pytest
from callback_desk import now_of, run
from django.db import connection, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from pytest_django import DjangoAssertNumQueries
from rest_framework.test import APIClient
from staff import staff, superuser, told

from autocalls.models import Status
from calls import services as calls
from calls.erasure import erase_number
from calls.events import CallEvent
from calls.models import Call, Via
from calls.statuses import Status as CallStatus
from integrations.models import RateLimit, SyncCursor, WebhookDelivery
from integrations.outbound import call_lists
from integrations.sip_dialer.reports import Reports
from integrations.webhooks import services as integrations
from sips.lines import CannotDial
from sips.models import Sip, Voip
from sips.number_search import SoughtNumber
from sips.services import VoipInUse, delete_voip

pytestmark = pytest.mark.django_db
CUSTOMER = "+48501502503"


def one(voip: Voip) -> str:
    return f"/voip/voips/{voip.pk}.json"


def delivered(voip: Voip, call_id: str = "1") -> WebhookDelivery:
    return WebhookDelivery.objects.create(voip=voip, fingerprint=call_id, body=b"x", received_at=timezone.now())


def test_calls_stay_with_all_they_say(alice: APIClient) -> None:
    voip = make.voip()
    call = make.call(voip=voip, sip=make.sip(voip=voip), via="provider", provider_call_id="1", number_from=CUSTOMER,
                     status="ANSWERED", duration=9, client_id=7, description="Rang about a lamp")  # fmt: skip
    before = alice.get(f"/voip/calls/{call.pk}.json").json()

    assert alice.delete(one(voip)).status_code == 204

    after = alice.get(f"/voip/calls/{call.pk}.json").json()
    assert {name for name in before if before[name] != after[name]} == {"voip_id", "voip_name", "updated_at"}
    assert after["voip_id"] is None


def test_a_client_that_asks_for_changes_sees_the_calls_that_lost_their_configuration(alice: APIClient) -> None:
    call = make.call(voip=make.voip(), status="BUSY")
    since = timezone.now().isoformat().replace("+00:00", "Z")
    assert call.voip is not None

    delete_voip(call.voip)

    assert [row["id"] for row in alice.get(f"/voip/calls.json?updated_since={since}").json()["results"]] == [call.pk]


def test_lines_and_widgets_stay_without_a_configuration(alice: APIClient) -> None:
    line = make.sip()
    widget = make.widget(voip=line.voip)

    alice.delete(one(line.voip))  # type: ignore[arg-type]

    assert alice.get(f"/voip/sips/{line.pk}.json").json()["voip_id"] is None
    assert alice.get(f"/voip/widgets/{widget.pk}.json").json()["voip_id"] is None


def test_a_line_without_a_configuration_says_that_it_cannot_dial(alice: APIClient) -> None:
    line = make.sip()
    alice.delete(one(line.voip))  # type: ignore[arg-type]

    answer = alice.post("/voip/calls/make_call.json", {"sip": "100", "number_to": CUSTOMER})

    assert answer.status_code == 400
    assert "belongs to no VoIP configuration" in answer.json()["sip"][0]


def test_a_line_without_a_configuration_does_not_stand_in_the_way_of_its_namesake(alice: APIClient) -> None:
    alice.delete(one(make.sip().voip))  # type: ignore[arg-type]
    other = make.sip()

    answer = alice.post("/voip/calls/make_call.json", {"sip": "100", "number_to": CUSTOMER})

    assert (answer.status_code, answer.json()["sip_id"]) == (201, other.pk)


def test_deliveries_and_marks_go(django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
    voip = make.voip()
    for number in range(30):
        delivered(voip, str(number))
    SyncCursor.objects.create(voip=voip, read_until=timezone.now())
    RateLimit.objects.create(voip=voip, next_at=timezone.now())

    with django_assert_max_num_queries(25):  # a statement a table, not a row
        delete_voip(voip)

    assert not (WebhookDelivery.objects.exists() or SyncCursor.objects.exists() or RateLimit.objects.exists())


@pytest.mark.parametrize("status", ["QUEUED", "DIALING", "RINGING", "IN PROGRESS"])
def test_a_configuration_with_a_call_in_progress_is_kept(alice: APIClient, status: str) -> None:
    call = make.call(voip=make.voip(), status=status)

    answer = alice.delete(one(call.voip))  # type: ignore[arg-type]

    assert answer.status_code == 409
    assert f"Call {call.pk} of this configuration is in progress" in answer.json()["detail"]
    assert Voip.objects.exists()


def test_the_refusal_to_delete_is_in_the_readers_language(alice: APIClient) -> None:
    call = make.call(voip=make.voip(), status="RINGING")

    answer = alice.delete(one(call.voip), HTTP_ACCEPT_LANGUAGE="pl")  # type: ignore[arg-type]

    assert answer.json()["detail"].startswith(f"Połączenie {call.pk} tej konfiguracji trwa")


def test_deleting_needs_its_right_and_a_record(alice: APIClient, bob: APIClient) -> None:
    voip = make.voip()

    assert bob.delete(one(voip)).status_code == 403
    assert (alice.delete(one(voip)).status_code, alice.delete(one(voip)).status_code) == (204, 404)


def test_a_late_webhook_finds_no_address(stranger: APIClient) -> None:
    voip = make.voip()
    address = f"/voip/webhooks/telecube/{voip.webhook_secret}/call_end/"
    make.call(voip=voip, via="provider", provider_call_id="1", status="ANSWERED")
    delete_voip(voip)

    answer = stranger.post(address, {"call_id": "1", "caller": "1", "called": "2", "status": "BUSY"})

    assert (answer.status_code, Call.objects.get().status) == (404, "ANSWERED")


def test_two_calls_of_deleted_configurations_may_have_the_same_id_of_their_providers() -> None:
    for _number in range(2):
        voip = make.voip()
        make.call(voip=voip, via="provider", provider_call_id="1", status="BUSY")
        delete_voip(voip)

    assert Call.objects.filter(provider_call_id="1", voip=None).count() == 2


def test_a_call_without_configuration_is_listed_edited_erased_and_deleted(alice: APIClient) -> None:
    call = make.call(voip=make.voip(), via="provider", provider_call_id="1", number_from=CUSTOMER, status="ANSWERED")
    assert call.voip is not None
    delete_voip(call.voip)
    address = f"/voip/calls/{call.pk}.json"

    assert len(alice.get("/voip/calls.json?number=501502503").json()["results"]) == 1
    assert alice.patch(address, {"description": "x"}).status_code == 200
    assert alice.patch(address, {"status": "BUSY"}).status_code == 409
    assert erase_number(SoughtNumber(CUSTOMER))["calls"] == 1
    assert alice.delete(address).status_code == 204


# --- call-backs


def test_a_call_back_without_any_configuration_fails_when_it_is_due() -> None:
    row = make.autocall(voip=make.office())
    delete_voip(row.voip)  # type: ignore[arg-type]

    assert (run(), now_of(row).status, now_of(row).reason) == (0, Status.FAILED, "no_configuration")


def test_the_admin_shows_why_it_is_kept() -> None:
    row = make.autocall(status="failed", reason="no_configuration", finished_at=timezone.now())

    html = superuser().get(f"/admin/autocalls/autocall/{row.pk}/change/").content.decode()

    assert "no configuration is left to make it" in told(html)


def test_a_call_back_is_made_through_the_present_configuration_of_its_widget() -> None:
    widget = make.widget(voip=make.office())
    row = make.autocall(widget=widget)
    delete_voip(widget.voip)  # type: ignore[arg-type]
    widget.voip = make.office()
    widget.save()

    assert (run(), now_of(row).status) == (1, Status.CALLING)


def test_a_call_back_whose_own_line_lost_its_configuration_fails() -> None:
    line = make.sip()
    row = make.autocall(sip=line)
    delete_voip(line.voip)  # type: ignore[arg-type]

    assert (run(), now_of(row).reason) == (0, "no_configuration")


# --- at that very moment


@pytest.fixture
def quick_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sips.services.LOCK_TIMEOUT", "50ms")


def deleting(voip: Voip, act: Callable[..., Any]) -> Callable[..., Any]:
    """The same, but somebody deletes the configuration first."""

    def run(*args: Any, **options: Any) -> Any:
        delete_voip(voip)
        return act(*args, **options)

    return run


def deleted_elsewhere(voip: Voip) -> None:
    """On another connection than the test's."""
    try:
        delete_voip(voip)
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_webhook_being_read_is_a_404_and_stores_nothing(stranger: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    voip = make.voip()
    monkeypatch.setattr(integrations, "read", deleting(voip, integrations.read))

    answer = stranger.post(
        f"/voip/webhooks/telecube/{voip.webhook_secret}/call_start/", {"call_id": "1", "caller": "1", "called": "2"}
    )

    assert (answer.status_code, Call.objects.count(), WebhookDelivery.objects.count()) == (404, 0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_call_being_asked_for_is_refused_and_not_dialed(monkeypatch: pytest.MonkeyPatch) -> None:
    line = make.sip()
    assert line.voip is not None
    monkeypatch.setattr("calls.services.number_to_dial", deleting(line.voip, calls.number_to_dial))

    with pytest.raises(CannotDial, match="deleted meanwhile"):
        calls.request_call(via=Via.SIP, sip="100", number_to=CUSTOMER)

    assert (Call.objects.count(), ProcrastinateJob.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_call_being_asked_for_keeps_the_configuration(quick_locks: None) -> None:
    line = make.sip()
    assert line.voip is not None
    with transaction.atomic():
        calls.request_call(via=Via.SIP, sip="100", number_to=CUSTOMER)
        with ThreadPoolExecutor() as elsewhere, pytest.raises(VoipInUse, match="in a moment"):
            elsewhere.submit(deleted_elsewhere, line.voip).result()

    assert Sip.objects.get().voip == line.voip
    with pytest.raises(VoipInUse, match="is in progress"):
        delete_voip(line.voip)


@pytest.mark.django_db(transaction=True)
def test_a_call_back_being_begun_waits_for_another_line(monkeypatch: pytest.MonkeyPatch) -> None:
    widget = make.widget(voip=make.office())
    row = make.autocall(widget=widget)

    def refuse(**_order: Any) -> Call:
        raise CannotDial("sip", "was deleted meanwhile")

    monkeypatch.setattr("autocalls.running.request_call", refuse)

    assert (run(), now_of(row).status, now_of(row).attempts) == (0, Status.SCHEDULED, 0)


@pytest.mark.django_db(transaction=True)
def test_a_list_being_read_brings_no_call_back(monkeypatch: pytest.MonkeyPatch) -> None:
    voip = make.voip(provider="simulator")

    def tell(*_args: Any, **_options: Any) -> int:
        delete_voip(voip)
        event = CallEvent(provider_call_id="1", status=CallStatus.BUSY, number_to=CUSTOMER, ended_at=timezone.now())
        calls.apply_event(event, voip=voip, received_at=timezone.now())
        return 1

    monkeypatch.setattr(call_lists, "_read_list", tell)

    assert (call_lists.reconcile(voip), Call.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_dialers_late_report_holds_up_no_other() -> None:
    gone, there = make.voip(), make.voip()
    reports = Reports()
    reports.expect("a", gone)
    reports.expect("b", there)
    delete_voip(gone)

    now = timezone.now()
    said = [CallEvent(provider_call_id=reference, status=CallStatus.BUSY, ended_at=now) for reference in ("a", "b")]
    written = reports._write([(event, now) for event in said])

    assert (written, Call.objects.get().voip_id) == (True, there.pk)


# --- in the admin


def test_the_page_asks_first_and_says_what_goes_and_what_stays() -> None:
    voip = make.voip()
    make.call(voip=voip, status="BUSY")
    delivered(voip)

    page = told(superuser().get(f"/admin/sips/voip/{voip.pk}/delete/").content.decode())

    assert "webhook deliveries: 1" in page
    assert "These stay, without a configuration: calls: 1" in page


def test_staff_with_the_right_may_delete() -> None:
    voip = make.voip()
    delivered(voip)
    clerk = staff("sips.view_voip", "sips.delete_voip")

    clerk.post(f"/admin/sips/voip/{voip.pk}/delete/", {"post": "yes"})

    assert not Voip.objects.exists()


def test_staff_without_the_right_may_not() -> None:
    voip = make.voip()

    clerk = staff("sips.view_voip", "sips.change_voip")

    assert clerk.post(f"/admin/sips/voip/{voip.pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize("way", ["page", "list"])
def test_staff_is_told_of_a_call_in_progress(way: str) -> None:
    call = make.call(voip=make.voip(), status="RINGING")
    chosen = {"action": "delete_selected", "_selected_action": [call.voip_id], "post": "yes"}
    address = f"/admin/sips/voip/{call.voip_id}/delete/" if way == "page" else "/admin/sips/voip/"

    page = superuser().post(address, {"post": "yes"} if way == "page" else chosen, follow=True)

    assert f"Call {call.pk} of this configuration is in progress" in told(page.content.decode())
    assert Voip.objects.exists()


def test_the_pages_of_its_lines_and_widgets_say_that_they_cannot_dial() -> None:
    line = make.sip()
    widget = make.widget(voip=line.voip)
    client = superuser()
    assert "This line can dial." in told(client.get(f"/admin/sips/sip/{line.pk}/change/").content.decode())

    delete_voip(line.voip)  # type: ignore[arg-type]

    make.sip()  # another line 100, which can
    paths = (f"/admin/sips/sip/{line.pk}/change/", f"/admin/widgets/widget/{widget.pk}/change/")
    pages = [client.get(path).content.decode() for path in paths]
    assert "belongs to no VoIP configuration" in told(pages[0])
    assert "nobody who asks here can be called" in told(pages[1])
