"""Webhook deliveries in the back-office."""

import json
from typing import Any

import make
import pytest
from django.test import Client
from django.utils import timezone
from staff import cells, staff, superuser, told

from calls.models import Call
from integrations.models import WebhookDelivery
from integrations.providers.foundation.events import Delivery
from integrations.webhooks import services
from sips.models import Voip

pytestmark = pytest.mark.django_db
LIST = "/admin/integrations/webhookdelivery/"
TALK = {"call_id": "c-1", "caller": "501502503", "called": "+48221234567", "status": "ANSWERED", "billsec": 42}


def receive(voip: Voip, said: Any = TALK, *, event: str = "call_end") -> WebhookDelivery:
    body = said if isinstance(said, bytes) else json.dumps(said).encode()
    delivery = Delivery(method="POST", body=body, received_at=timezone.now(), event=event)
    services.receive(delivery, provider=voip.provider, secret=voip.webhook_secret, address="192.0.2.1")
    return WebhookDelivery.objects.latest("pk")


def page(delivery: WebhookDelivery) -> str:
    return f"{LIST}{delivery.pk}/change/"


def replay(client: Client, delivery: WebhookDelivery) -> str:
    client.post(f"{LIST}{delivery.pk}/replay/", {"_form_submitted": "on"})
    return told(client.get(page(delivery)).content.decode())


def replay_selected(client: Client, deliveries: list[WebhookDelivery]) -> str:
    chosen = {"action": "replay_selected", "_selected_action": [delivery.pk for delivery in deliveries]}
    return told(client.post(LIST, chosen, follow=True).content.decode())


def test_the_list_shows_states() -> None:
    voip = make.voip()
    receive(voip)
    receive(voip, b"no call at all")

    assert cells(superuser().get(LIST).content.decode(), "state") == ["unreadable", "processed"]


def test_what_could_not_be_read_is_told_in_the_readers_language() -> None:
    voip = make.voip()
    unreadable, in_part = receive(voip, TALK, event="bum"), receive(voip, TALK | {"status": "ZAGADKA", "billsec": 0})
    client = superuser(language="pl")

    assert "„bum” to nieznane zdarzenie." in told(client.get(page(unreadable)).content.decode())
    assert "„ZAGADKA” to nieznany wynik" in told(client.get(page(in_part)).content.decode())
    assert "Nieczytelny: „bum” to nieznane zdarzenie." in replay(client, unreadable)


def test_what_a_configuration_lacks_is_told_in_the_readers_language() -> None:
    voip = make.voip(provider="telecube")

    html = superuser(language="pl").get(f"/admin/sips/voip/{voip.pk}/change/").content.decode()

    assert "Wpisz login do panelu Telecube w polu api_login konfiguracji." in told(html)


@pytest.mark.parametrize(("state", "count"), [("unreadable", 1), ("processed", 1), ("waiting", 1), ("", 3)])
def test_the_state_filter_narrows_the_list(state: str, count: int) -> None:
    voip = make.voip()
    receive(voip)
    receive(voip, b"no call at all")
    WebhookDelivery.objects.create(voip=voip, fingerprint="f", method="POST", body=b"", received_at=timezone.now())

    assert len(cells(superuser().get(LIST, {"state": state}).content.decode(), "state")) == count


def test_a_call_and_its_configuration_choose_its_deliveries() -> None:
    voip = make.voip()
    receive(voip)
    receive(voip, TALK | {"call_id": "c-2"})
    receive(make.voip())

    html = superuser().get(LIST, {"voip": str(voip.pk), "provider_call_id": "c-1"}).content.decode()

    assert cells(html, "provider_call_id") == ["c-1"]


def test_a_delivery_cannot_be_added_changed_or_deleted() -> None:
    delivery = receive(make.voip())
    client = superuser()

    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(page(delivery), {"error": "x"}).status_code == 403
    assert client.post(f"{LIST}{delivery.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_json_body_is_laid_out() -> None:
    html = superuser().get(page(receive(make.voip(), {"call_id": "c-1", "who": "Zażółć"}))).content.decode()

    assert "{\n  &quot;call_id&quot;: &quot;c-1&quot;,\n  &quot;who&quot;: &quot;Zażółć&quot;\n}" in html


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        (b"\xff\xfe caller=1", "\N{REPLACEMENT CHARACTER}"),
        (b'{"a": "\\ud800"}', "\\ud800"),
        (b'{"a": ' + b"[" * 5000 + b"]" * 5000 + b"}", "[[[["),
        (b"", "</pre>"),
    ],
)
def test_any_body_is_shown_safely(body: bytes, shown: str) -> None:
    answer = superuser().get(page(receive(make.voip(), body)))

    assert answer.status_code == 200
    assert shown in answer.content.decode()
    assert "<script>alert" not in answer.content.decode()


def test_a_delivery_leads_to_its_call() -> None:
    delivery = receive(make.voip())

    html = superuser().get(page(delivery)).content.decode()

    assert f'href="/admin/calls/call/{Call.objects.get().pk}/change/"' in html


def test_replaying_heals_the_call_and_says_what_changed() -> None:
    delivery = receive(make.voip())
    Call.objects.update(duration=None)

    text = replay(superuser(), delivery)

    assert Call.objects.get().duration == 42
    assert "Call c-1: talk time (s): — → 42" in text


def test_replaying_what_is_known_says_that_nothing_changed() -> None:
    assert "Read again; its call did not change." in replay(superuser(), receive(make.voip()))


def test_replaying_what_stays_unreadable_says_why() -> None:
    assert "Unreadable: " in replay(superuser(), receive(make.voip(), b"no call at all"))


def test_opening_the_replay_dialog_replays_nothing() -> None:
    delivery = receive(make.voip())
    Call.objects.update(duration=None)

    answer = superuser().get(f"{LIST}{delivery.pk}/replay/")

    assert "Doing it twice changes nothing." in answer.content.decode()
    assert Call.objects.get().duration is None


def test_many_deliveries_are_replayed_at_once() -> None:
    voip = make.voip()
    deliveries = [receive(voip), receive(voip, TALK | {"call_id": "c-2"}), receive(voip, b"no call at all")]
    Call.objects.filter(provider_call_id="c-2").update(duration=None)

    text = replay_selected(superuser(), deliveries)

    assert "3 deliveries read again: 1 call changed, 1 unreadable, 0 read in part." in text


def test_too_many_deliveries_are_left_to_the_command() -> None:
    voip = make.voip()
    rows = [
        WebhookDelivery(voip=voip, fingerprint=str(number), method="POST", body=b"", received_at=timezone.now())
        for number in range(201)
    ]
    deliveries = WebhookDelivery.objects.bulk_create(rows)

    assert "“manage.py replay_deliveries”" in replay_selected(superuser(), deliveries)
    assert WebhookDelivery.objects.filter(error="").count() == 201


def test_the_right_to_view_does_not_allow_to_replay() -> None:
    delivery = receive(make.voip())
    client = staff("integrations.view_webhookdelivery")

    assert client.get(page(delivery)).status_code == 200
    assert client.post(f"{LIST}{delivery.pk}/replay/", {"_form_submitted": "on"}).status_code == 403
    assert "Replay" not in told(client.get(LIST).content.decode())


def test_a_configuration_shows_the_state_of_its_webhooks() -> None:
    voip = make.voip()
    receive(voip)
    receive(voip, b"no call at all")
    make.voip(name="Silent")

    html = superuser().get("/admin/sips/voip/?o=1").content.decode()

    assert cells(html, "unreadable_today") == ["1", "0"]
    assert [bool(cell) for cell in cells(html, "last_delivery")] == [True, False]


def test_an_erased_delivery_is_told_chosen_and_not_read_again() -> None:
    delivery = receive(make.voip())
    receive(delivery.voip, TALK | {"call_id": "c-2"})
    WebhookDelivery.objects.filter(pk=delivery.pk).update(body=b"", erased_at=timezone.now())
    client = superuser()

    assert cells(client.get(LIST).content.decode(), "state") == ["processed", "erased"]
    for state in ("erased", "processed"):
        assert cells(client.get(LIST, {"state": state}).content.decode(), "state") == [state]
    assert "nothing to read" in replay(client, delivery)
    delivery.refresh_from_db()
    assert (delivery.error, delivery.provider_call_id) == ("", "c-1")
