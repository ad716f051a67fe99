"""A configuration that gets another provider: what the former one sends is read on, for a while, and read again for ever."""

from datetime import timedelta

import make
import pytest
import time_machine
from django.utils import timezone
from rest_framework.test import APIClient

from calls.models import Call
from integrations.models import WebhookDelivery
from integrations.webhooks import processing
from sips.models import Voip

pytestmark = pytest.mark.django_db
START = {"call_id": "1", "w": "in", "caller": "501502503", "called": "221234567"}
END = START | {"status": "ANSWERED", "billsec": "42"}


@pytest.fixture
def voip() -> Voip:
    return make.voip(number="+48221234567", settings={"directions": {"in": "incoming"}, "fields": {"direction": "w"}})


def address(voip: Voip, event: str) -> str:
    return f"/voip/webhooks/telecube/{voip.webhook_secret}/{event}/"


def change(voip: Voip) -> None:
    voip.provider, voip.settings = "datera", {}
    voip.save()


def test_calls_in_progress_end(client: APIClient, voip: Voip) -> None:
    client.post(address(voip, "call_start"), START)
    change(voip)

    assert client.post(address(voip, "call_end"), END).status_code == 200
    assert (Call.objects.get().status, Call.objects.get().duration) == ("ANSWERED", 42)
    assert [delivery.provider for delivery in WebhookDelivery.objects.all()] == ["telecube", "telecube"]


@pytest.mark.parametrize("last", ["telecube", "datera"])
def test_after_two_days_the_old_address_is_none(client: APIClient, voip: Voip, last: str) -> None:
    """Also where a process remembers the configuration from its last delivery."""
    change(voip)
    client.post(address(voip, "call_start").replace("telecube", last), START)

    with time_machine.travel(timezone.now() + timedelta(hours=49), tick=False):
        assert client.post(address(voip, "call_end"), END | {"call_id": "2"}).status_code == 404


def test_replaying_reads_with_the_file_and_the_settings_that_read_it_first(client: APIClient, voip: Voip) -> None:
    client.post(address(voip, "call_end"), END)
    before = Call.objects.values().get()
    change(voip)

    (replayed,) = processing.replay(WebhookDelivery.objects.all())

    assert (replayed.deliveries[0].error, Call.objects.values().get()) == ("", before)


def test_without_a_provider_nothing_is_blanked(client: APIClient, voip: Voip) -> None:
    client.post(address(voip, "call_end"), END)
    voip.provider = ""
    voip.save()

    list(processing.replay(WebhookDelivery.objects.all()))

    assert (WebhookDelivery.objects.get().provider_call_id, Call.objects.get().status) == ("1", "ANSWERED")


def test_coming_back_to_a_provider_takes_its_present_settings(voip: Voip) -> None:
    change(voip)
    voip.provider, voip.settings = "telecube", {"answer_needs_line": False}
    voip.save()

    assert voip.settings_of("telecube") == {"answer_needs_line": False}
    assert set(voip.former_providers) == {"datera"}
