"""What was misread is mended, and the call with it: corrections of a configuration, and deliveries that are read again."""

from datetime import timedelta
from io import StringIO
from typing import Any

import make
import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from calls.models import Call, Report
from integrations.models import WebhookDelivery
from integrations.webhooks import processing
from integrations.webhooks.replay_report import count_changed, describe
from sips.models import Voip

pytestmark = pytest.mark.django_db
OURS, ABROAD, CUSTOMER = "+48221234567", "+48700100200", "+48501000001"
TALK = {"call_id": "1", "w": "w", "caller": ABROAD, "called": CUSTOMER, "status": "ANSWERED", "billsec": "30"}


@pytest.fixture
def voip() -> Voip:
    return make.voip(number=OURS, settings={"directions": {"w": "incoming"}, "fields": {"direction": "w"}})


def send(client: Client, voip: Voip, said: dict[str, Any], event: str = "call_end") -> None:
    assert client.post(f"/voip/webhooks/telecube/{voip.webhook_secret}/{event}/", said).status_code == 200


def teach(voip: Voip, **settings: Any) -> None:
    voip.settings = {"fields": {"direction": "w"}} | settings
    voip.save()


def replay(**options: Any) -> str:
    told = StringIO()
    call_command("replay_deliveries", stdout=told, **options)
    return told.getvalue()


def test_a_corrected_direction_is_another_direction_and_another_customer(client: Client, voip: Voip) -> None:
    send(client, voip, TALK)
    assert (Call.objects.get().kind, Call.objects.get().customer_number) == ("incoming", ABROAD)

    teach(voip, directions={"w": "outgoing"})
    told = replay()

    assert (Call.objects.get().kind, Call.objects.get().customer_number) == ("outgoing", CUSTOMER)
    assert f"customer_number: {ABROAD} → {CUSTOMER}" in told
    assert "1 deliveries read: 1 calls were changed" in told


def test_times_and_words_are_shown_as_staff_know_them(client: Client, voip: Voip) -> None:
    teach(voip, statuses={"TAK": "BUSY"})
    send(client, voip, TALK | {"status": "TAK", "started_at": "2026-11-26T12:00:00Z"})

    teach(voip, statuses={"TAK": "ANSWERED"}, fields={"direction": "w", "started_at": "ended_at"})
    told = replay()

    assert ": status: busy → answered" in told
    assert ": start_time: 26 Nov 2026, 13:00:00 → " in told


def test_a_new_call_shows_only_reported_columns(client: Client, voip: Voip) -> None:
    send(client, voip, TALK | {"call_id": "null", "uniqueid": ""})
    teach(voip, fields={"call_id": "caller"})

    [sentence] = describe(next(processing.replay(WebhookDelivery.objects.all())))

    assert " is new: status: — → answered; " in sentence
    assert "— → —" not in sentence


def test_swapped_sides_leave_our_own_number_on_one_side_alone(client: Client, voip: Voip) -> None:
    teach(voip, fields={"direction": "w", "number_from": "called", "number_to": "caller"})
    send(client, voip, TALK | {"caller": CUSTOMER, "called": OURS, "w": ""})

    teach(voip)
    replay()

    assert (Call.objects.get().number_from, Call.objects.get().number_to) == (CUSTOMER, OURS)


def test_a_corrected_time_zone_moves_start_and_end_alike(client: Client, voip: Voip) -> None:
    send(client, voip, TALK | {"start": "2026-03-10 10:00:00", "end": "2026-03-10 10:00:30"})
    voip.time_zone = "UTC"
    voip.save()

    replay()

    call = Call.objects.get()
    assert call.ended_at is not None
    assert f"{call.start_time:%H:%M:%S} {call.ended_at:%H:%M:%S}" == "10:00:00 10:00:30"


def test_a_dry_run_tells_the_same_and_changes_nothing(client: Client, voip: Voip) -> None:
    send(client, voip, TALK, "call_start")
    send(client, voip, TALK)
    teach(voip, directions={"w": "outgoing"})
    before = [list(model.objects.order_by("pk").values()) for model in (Call, Report, WebhookDelivery)]

    told = replay(dry_run=True)

    assert "2 deliveries read: 1 calls would be changed" in told
    assert [list(model.objects.order_by("pk").values()) for model in (Call, Report, WebhookDelivery)] == before
    assert told.splitlines()[:-1] == replay().splitlines()[:-1]


def test_a_delivery_that_became_unreadable_keeps_its_reports(client: Client, voip: Voip) -> None:
    send(client, voip, TALK)
    before = Call.objects.values().get()
    WebhookDelivery.objects.update(body=b"\x00")

    (replayed,) = processing.replay(WebhookDelivery.objects.all())

    assert replayed.deliveries[0].error
    assert (Call.objects.values().get(), WebhookDelivery.objects.get().provider_call_id) == (before, "1")


def test_an_unknown_word_is_read_in_part_and_healed_by_teaching_it(client: Client, voip: Voip) -> None:
    send(client, voip, TALK | {"status": "ZAGADKA", "billsec": ""})
    assert "ZAGADKA" in WebhookDelivery.objects.get().notes

    voip.settings = voip.settings | {"statuses": {"ZAGADKA": "BUSY"}}
    voip.save()
    told = replay(unreadable=True)

    assert (Call.objects.get().status, WebhookDelivery.objects.get().notes) == ("BUSY", "")
    assert "1 deliveries read: 1 calls were changed, 0 deliveries unreadable, 0 read in part." in told


def test_staff_are_told_of_a_call_that_is_gone_and_one_that_is_new(client: Client, voip: Voip) -> None:
    send(client, voip, TALK | {"other": "2"})
    voip.settings = voip.settings | {"fields": {"direction": "w", "call_id": "other"}}
    voip.save()

    replays = list(processing.replay(WebhookDelivery.objects.all()))

    gone, new = describe(replays[0])
    assert gone == "Call 1 is gone: nothing is left that was reported of it."
    assert new.startswith("Call 2 is new: ")
    assert count_changed(replays) == 2


def test_a_delivery_under_an_id_that_was_used_long_ago_is_kept_with_a_sentence(client: Client, voip: Voip) -> None:
    send(client, voip, TALK)
    long_ago = timezone.now() - timedelta(hours=20)
    Call.objects.update(start_time=long_ago, ended_at=long_ago)
    before = Call.objects.values().get()

    send(client, voip, {"call_id": "1", "status": "BUSY"})

    delivery = WebhookDelivery.objects.latest("pk")
    assert "it may be another call under the same id" in delivery.notes
    assert (Call.objects.values().get(), delivery.error) == (before, "")


def test_what_is_read_anew_of_a_former_call_under_an_id_stays_that_calls(client: Client, voip: Voip) -> None:
    long_ago, now = ((timezone.now() - timedelta(days=days)).isoformat() for days in (2, 0))
    send(client, voip, TALK | {"started_at": long_ago, "ended_at": long_ago})
    send(
        client,
        voip,
        {"call_id": "1", "w": "w", "caller": CUSTOMER, "called": OURS, "status": "BUSY", "started_at": now},
    )

    teach(voip, directions={"w": "incoming"}, statuses={"ANSWERED": "FAILED"})
    list(processing.replay(WebhookDelivery.objects.all()))

    calls = Call.objects.order_by("start_time").values_list("number_from", "provider_status", "status")
    assert list(calls) == [(ABROAD, "ANSWERED", "FAILED"), (CUSTOMER, "BUSY", "BUSY")]


def test_read_again_it_is_still_in_doubt_and_says_so(client: Client, voip: Voip) -> None:
    send(client, voip, TALK)
    long_ago = timezone.now() - timedelta(hours=20)
    Call.objects.update(start_time=long_ago, ended_at=long_ago)
    send(client, voip, {"call_id": "1", "status": "BUSY"})

    list(processing.replay(WebhookDelivery.objects.filter(pk=WebhookDelivery.objects.latest("pk").pk)))

    assert "it may be another call under the same id" in WebhookDelivery.objects.latest("pk").notes


def test_the_deliveries_of_one_call_are_read_together_whatever_came_between(client: Client, voip: Voip) -> None:
    for call_id in ("1", "2", "1", "2"):
        send(client, voip, TALK | {"call_id": call_id, "billsec": str(WebhookDelivery.objects.count())})

    replays = list(processing.replay(WebhookDelivery.objects.all()))

    assert [{row.provider_call_id for row in replayed.deliveries} for replayed in replays] == [{"1"}, {"2"}]
    assert [len(replayed.deliveries) for replayed in replays] == [2, 2]


class TestWhatCouldNotBeRead:
    @pytest.fixture(autouse=True)
    def two(self, client: Client, voip: Voip) -> None:
        for call_id in ("7", "8"):
            send(client, voip, {"number_of_the_call": call_id, "caller": ABROAD}, "call_start")

    def test_is_read_again_one_by_one_as_nobody_knows_which_call_it_is_of(self) -> None:
        replays = list(processing.replay(WebhookDelivery.objects.all()))

        assert [len(replayed.deliveries) for replayed in replays] == [1, 1]

    def test_is_of_its_call_once_that_is_taught(self, voip: Voip) -> None:
        teach(voip, fields={"call_id": "number_of_the_call"})

        list(processing.replay(WebhookDelivery.objects.all()))

        rows = WebhookDelivery.objects.order_by("pk").values_list("provider_call_id", "error")
        assert list(rows) == [("7", ""), ("8", "")]

    def test_counts_as_not_processed_as_long_as_it_is_not_read(self) -> None:
        list(processing.replay(WebhookDelivery.objects.all()))

        assert WebhookDelivery.objects.filter(processed_at=None).exclude(error="").count() == 2
