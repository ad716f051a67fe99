from datetime import UTC, datetime
from typing import Any

import make
import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from calls.events import CallEvent
from calls.models import Call
from calls.services import apply_event
from calls.statuses import Status
from integrations.models import WebhookDelivery
from integrations.providers.foundation.events import Delivery
from integrations.webhooks.storing import fingerprint

pytestmark = pytest.mark.django_db


def test_telecubes_four_webhooks_become_one_answered_call(stranger: APIClient) -> None:
    voip = make.voip()
    address = f"/voip/webhooks/telecube/{voip.webhook_secret}"
    said = {"call_id": "1700000000.1", "caller": "501502503", "called": "+48221234567"}

    for event, more in (
        ("queue_start", {}),
        ("call_start", {"extension": "101"}),
        ("call_end", {"extension": "101", "status": "ANSWERED", "billsec": 42}),
        ("queue_hangup", {}),
    ):
        assert stranger.post(f"{address}/{event}/", said | more).json() == {"status": "ok"}

    call = Call.objects.get()
    assert (call.status, call.kind, call.duration) == ("ANSWERED", "incoming", 42)
    assert (call.number_from, call.number_to) == ("+48501502503", "+48221234567")
    assert WebhookDelivery.objects.exclude(processed_at=None).count() == 4


def test_a_delivery_is_named_by_the_wall_clock_of_who_looks() -> None:
    delivery = WebhookDelivery(event="call_end", received_at=datetime(2026, 3, 2, 11, tzinfo=UTC))

    with timezone.override("Europe/Warsaw"):
        assert str(delivery) == "call_end, 2 Mar 2026, 12:00"


def test_an_adapter_reads_the_headers_that_django_knows_by_names_in_lower_case(
    stranger: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[Delivery] = []
    monkeypatch.setattr("integrations.webhooks.views.services.take_in", lambda sent, _recipient: read.append(sent))
    address = f"/voip/webhooks/telecube/{make.voip().webhook_secret}/"
    sent = {"X-Twilio-Signature": "a+b/c=", "User-Agent": "PBX/1.0", "Content-MD5": "1", "HTTP-Like": "x", "Accept": ""}

    answer = stranger.post(address, "{}", content_type="application/json", headers=sent)

    (delivery,) = read
    assert delivery.headers == {name.lower(): value for name, value in answer.wsgi_request.headers.items()}
    assert delivery.headers["x-twilio-signature"] == "a+b/c="
    assert {"content-type", "content-length", "http-like", "accept"} <= delivery.headers.keys()


NOW = datetime(2026, 3, 2, 11, tzinfo=UTC)


def delivery(**parts: Any) -> Delivery:
    whole: dict[str, Any] = {"method": "POST", "body": b"", "received_at": NOW}
    return Delivery(**whole | parts)


@pytest.mark.parametrize(
    "other",
    [
        {"event": "call_e", "query": "nda=1", "body": b"b=2"},
        {"event": "call_end", "query": "a=1b", "body": b"=2"},
        {"event": "", "query": "call_enda=1", "body": b"b=2"},
        {"event": "call_end", "query": "b=2", "body": b"a=1"},
        {"event": "call_end", "query": "a=1", "body": b"b=2 "},
    ],
)
def test_a_delivery_is_another_one_where_the_same_letters_stand_in_other_parts(other: dict[str, Any]) -> None:
    first = delivery(event="call_end", query="a=1", body=b"b=2")

    assert fingerprint(first) != fingerprint(delivery(**other))


def test_the_same_sent_again_later_is_a_redelivery() -> None:
    first = delivery(event="call_end", body=b"b=2", headers={"user-agent": "1"})
    again = delivery(event="call_end", body=b"b=2", headers={"user-agent": "2"}, received_at=NOW.replace(year=2027))

    assert fingerprint(first) == fingerprint(again)


@pytest.mark.parametrize(
    ("allowed", "sender", "status"),
    [
        ("185.45.152.7/22", "185.45.155.255", 200),  # written with bits of a host
        ("185.45.152.7/22", "185.45.156.0", 403),
        ("185.45.152.7", "185.45.152.7", 200),
        ("185.45.152.7", "185.45.152.8", 403),
        ("2001:db8::7/64", "2001:db8::ffff", 200),
        ("2001:db8::7/64", "2001:db8:0:1::7", 403),
    ],
)
def test_a_webhook_comes_from_one_of_the_allowed_networks(
    stranger: APIClient, allowed: str, sender: str, status: int
) -> None:
    address = f"/voip/webhooks/telecube/{make.voip(webhook_ips=['192.0.2.1', allowed]).webhook_secret}/call_end/"

    assert stranger.post(address, {"call_id": "1"}, REMOTE_ADDR=sender).status_code == status


@pytest.mark.parametrize("seconds", [-1, -2_000_000_000])
def test_talk_that_would_be_negative_is_no_talk(seconds: int) -> None:
    voip = make.voip()
    event = CallEvent(provider_call_id="1", status=Status.ANSWERED, talk_seconds=seconds, ended_at=NOW)

    apply_event(event, voip=voip, received_at=NOW)

    call = Call.objects.get()
    assert (call.duration, call.start_time, call.ended_at) == (None, NOW, NOW)
