"""A provider's list that is read again, with the calls that it listed before: what it says now replaces what it said of the same time."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import make
import pytest
from cryptography.fernet import Fernet
from django.db import IntegrityError
from django.utils import timezone

from calls.events import CallEvent
from calls.models import Call, Report
from calls.sentences import translate_stored
from calls.statuses import Status
from integrations.models import SyncCursor
from integrations.outbound import call_lists
from integrations.outbound.call_lists import reconcile
from integrations.providers.foundation.events import OutboundRequest, OutboundResponse
from integrations.tasks import read_list
from sips.models import Voip

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
ZONE = ZoneInfo("Europe/Warsaw")


@pytest.fixture
def voip() -> Voip:
    return make.voip(provider="zadarma", api_login="key", api_key="secret")


def leg(minutes_ago: float = 5, **changes: Any) -> dict[str, Any]:
    began = timezone.now().astimezone(ZONE) - timedelta(minutes=minutes_ago)
    row = {"pbx_call_id": "in_1", "clid": "48501502503", "destination": "101", "disposition": "busy"}
    return row | {"callstart": f"{began:%Y-%m-%d %H:%M:%S}", "seconds": 0} | changes


def listed(monkeypatch: pytest.MonkeyPatch, *pages: Sequence[dict[str, Any]] | int) -> list[float]:
    """The provider answers with these pages, a number being a refusal; the pauses that are made between them."""
    answers, pauses = iter(pages), list[float]()

    def send(request: OutboundRequest) -> OutboundResponse:
        page = next(answers)
        if isinstance(page, int):
            return OutboundResponse(status=page, url=request.url)
        body = json.dumps({"status": "success", "stats": list(page)}).encode()
        return OutboundResponse(status=200, body=body, url=request.url)

    monkeypatch.setattr("integrations.outbound.http.send", send)
    monkeypatch.setattr("integrations.outbound.call_lists.time.sleep", pauses.append)
    return pauses


def said() -> list[str]:
    return [CallEvent.from_json(report.event).provider_status for report in Report.objects.order_by("pk")]


def test_what_the_list_says_now_replaces_what_it_said(monkeypatch: pytest.MonkeyPatch, voip: Voip) -> None:
    listed(monkeypatch, [leg(disposition="busy")])
    reconcile(voip)

    listed(monkeypatch, [leg(disposition="cancel")])
    reconcile(voip)

    assert (said(), Call.objects.get().status) == (["cancel"], Status.CANCELED)


def test_a_reading_that_is_cut_off_takes_nothing_back_and_doubles_nothing(
    monkeypatch: pytest.MonkeyPatch, voip: Voip
) -> None:
    monkeypatch.setattr("integrations.providers.zadarma._PAGE_ROWS", 1)
    row, other = leg(disposition="busy"), leg(disposition="no answer", destination="102")
    listed(monkeypatch, [row], [other], [])
    reconcile(voip)

    listed(monkeypatch, [row], 503)
    reconcile(voip)

    assert said() == ["busy", "no answer"]


def test_an_older_leg_that_this_reading_does_not_reach_stays(monkeypatch: pytest.MonkeyPatch, voip: Voip) -> None:
    listed(monkeypatch, [leg(minutes_ago=600, disposition="no answer")])
    SyncCursor.objects.create(voip=voip, read_until=timezone.now() - 12 * HOUR)
    reconcile(voip)

    listed(monkeypatch, [leg(disposition="busy")])
    SyncCursor.objects.update(read_until=timezone.now() - HOUR)
    reconcile(voip)

    assert said() == ["no answer", "busy"]


def test_a_call_of_which_only_the_beginning_is_listed_ended_then_and_not_when_it_was_read(
    monkeypatch: pytest.MonkeyPatch, voip: Voip
) -> None:
    listed(monkeypatch, [leg(minutes_ago=30, seconds="")])
    SyncCursor.objects.create(voip=voip, read_until=timezone.now() - HOUR)

    reconcile(voip)

    call = Call.objects.get()
    assert call.ended_at is not None
    assert call.ended_at - call.start_time < timedelta(minutes=1)
    assert Report.objects.get().received_at == call.start_time


def test_between_two_pages_a_pause_is_made_as_providers_demand(monkeypatch: pytest.MonkeyPatch, voip: Voip) -> None:
    monkeypatch.setattr("integrations.providers.zadarma._PAGE_ROWS", 1)
    pauses = listed(monkeypatch, [leg()], [leg(destination="102")], [])

    reconcile(voip)

    assert pauses == [call_lists.PAUSE] * 2
    assert call_lists.PAUSE >= 1


def test_a_key_that_nothing_decrypts_any_more_is_told_to_staff(voip: Voip, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    assert read_list(voip.pk) == 0

    assert "ENCRYPTION_KEYS" in translate_stored(SyncCursor.objects.get().error)


@pytest.mark.parametrize("is_deleted", [True, False])
def test_only_of_a_configuration_that_was_deleted_meanwhile_a_refusal_of_the_database_is_expected(
    monkeypatch: pytest.MonkeyPatch, voip: Voip, is_deleted: bool
) -> None:
    def refuse(given: Voip) -> int:
        if is_deleted:
            Voip.objects.filter(pk=given.pk).delete()
        raise IntegrityError

    monkeypatch.setattr(call_lists, "_reconcile", refuse)

    if is_deleted:
        assert reconcile(voip) == 0
    else:
        with pytest.raises(IntegrityError):
            reconcile(voip)
