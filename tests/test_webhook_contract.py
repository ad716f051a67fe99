"""What a provider is answered at its webhook address."""

import make
import pytest
from rest_framework.test import APIClient

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("change", "status"),
    [({}, 200), ({"secret": "wrong"}, 404), ({"provider": "zadarma"}, 404), ({"body": "x" * 65537}, 413)],
)
def test_a_webhook_is_answered_by_who_sent_it_and_how_much(
    stranger: APIClient, change: dict[str, str], status: int
) -> None:
    voip = make.voip()
    place = {"secret": voip.webhook_secret, "provider": "telecube", "body": "nonsense"} | change

    answer = stranger.generic("POST", f"/voip/webhooks/{place['provider']}/{place['secret']}", place["body"])

    assert answer.status_code == status


def test_a_webhook_from_elsewhere_is_refused_whatever_it_claims(stranger: APIClient) -> None:
    voip = make.voip(webhook_ips=["185.45.152.0/22"])

    answer = stranger.post(f"/voip/webhooks/telecube/{voip.webhook_secret}", {}, HTTP_X_FORWARDED_FOR="185.45.152.42")

    assert answer.status_code == 403


def test_what_cannot_be_read_is_kept_with_the_reason(stranger: APIClient) -> None:
    voip = make.voip()

    stranger.generic("POST", f"/voip/webhooks/telecube/{voip.webhook_secret}/call_end/", "caller=1")

    row = voip.deliveries.get()
    assert row.error
    assert row.processed_at is None
