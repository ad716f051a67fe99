"""What a request says reaches the provider's file as it was sent, and what nobody may have signed is not stored."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import make
import pytest
from django.conf import settings
from rest_framework.test import APIClient

from calls.models import Call
from integrations.models import WebhookDelivery
from integrations.providers.foundation.signatures import sign_in_hexadecimal
from integrations.webhooks.views import LARGEST_BODY
from sips.models import Voip

pytestmark = pytest.mark.django_db
FORM = "application/x-www-form-urlencoded"
RINGS = {
    "CallSid": "CA1",
    "CallStatus": "ringing",
    "Direction": "inbound",
    "From": "+48501502503",
    "To": "+48221234567",
}
Notify = Callable[..., int]


@pytest.fixture
def voip() -> Voip:
    return make.voip(provider="zadarma", api_key="k")


@pytest.fixture
def notify(voip: Voip, stranger: APIClient) -> Notify:
    """Zadarma's notification that a call begins, signed with that key; the status of the answer."""

    def send(call_id: str, *, key: str = "k") -> int:
        signed = {"caller_id": "48501502503", "called_did": "48221234567", "call_start": "2026-03-02 12:00:00"}
        body = urlencode({"event": "NOTIFY_START", "pbx_call_id": call_id, **signed})
        signature = sign_in_hexadecimal("".join(signed.values()), key).decode()
        address = f"/voip/webhooks/zadarma/{voip.webhook_secret}/"
        return stranger.post(address, body, content_type=FORM, headers={"Signature": signature}).status_code

    return send


def known_calls() -> list[str]:
    return list(Call.objects.order_by("pk").values_list("provider_call_id", flat=True))


def test_a_signed_notification_is_taken_again_and_again(notify: Notify) -> None:
    assert (notify("in_1"), notify("in_2")) == (200, 200)

    assert known_calls() == ["in_1", "in_2"]


def test_a_notification_signed_with_another_key_is_refused_and_not_stored(notify: Notify) -> None:
    assert notify("in_1", key="guessed") == 403

    assert not WebhookDelivery.objects.exists()


def test_it_is_refused_as_well_after_a_genuine_one(notify: Notify) -> None:
    notify("in_1")

    assert notify("in_2", key="guessed") == 403

    assert known_calls() == ["in_1"]


def test_the_providers_check_of_the_address_is_answered_with_its_text_whenever_it_comes(
    voip: Voip, notify: Notify, stranger: APIClient
) -> None:
    address = f"/voip/webhooks/zadarma/{voip.webhook_secret}/?zd_echo=abc"
    before = stranger.get(address).content
    notify("in_1")

    assert (before, stranger.get(address).content) == (b"abc", b"abc")


@pytest.mark.parametrize("origin", [settings.PUBLIC_URL, "http://testserver"])
def test_the_address_is_signed_as_it_is_public_or_as_it_was_asked_for(stranger: APIClient, origin: str) -> None:
    voip = make.voip(provider="twilio", api_login="AC1", api_key="token")
    path = f"/voip/webhooks/twilio/{voip.webhook_secret}/?kind=incoming"
    signed = origin + path + "".join(name + value for name, value in sorted(RINGS.items()))
    signature = base64.b64encode(hmac.new(b"token", signed.encode(), hashlib.sha1).digest()).decode()

    answer = stranger.post(path, urlencode(RINGS), content_type=FORM, headers={"X-Twilio-Signature": signature})

    assert (answer.status_code, known_calls()) == (200, ["CA1"])


def raw(query: bytes) -> dict[str, Any]:
    """A query as no client should send it: the bytes of it as they came, as WSGI has them."""
    return {"QUERY_STRING": query.decode("latin-1")}


class TestAQuery:
    def test_may_be_as_long_as_a_body_and_no_longer(self, stranger: APIClient) -> None:
        address = f"/voip/webhooks/telecube/{make.voip().webhook_secret}/call_end/"

        answers = [stranger.get(address, **raw(b"a" * length)) for length in (LARGEST_BODY, LARGEST_BODY + 1)]

        assert [answer.status_code for answer in answers] == [200, 413]

    @pytest.mark.parametrize("query", [b"call_id=7&caller=\x00501502503", b"call_id=7&caller=\xf3\xff"])
    def test_is_kept_whatever_bytes_it_has(self, stranger: APIClient, query: bytes) -> None:
        address = f"/voip/webhooks/telecube/{make.voip().webhook_secret}/call_start/"

        assert stranger.get(address, **raw(query)).status_code == 200

        assert WebhookDelivery.objects.count() == 1
