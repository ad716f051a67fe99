"""Trying a configuration: its key, and the first delivery."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import make
import pytest
from cryptography.fernet import Fernet
from django.test import Client
from django.utils.translation import override
from procrastinate.contrib.django.models import ProcrastinateJob
from staff import staff, superuser, told

from calls.models import Call
from calls.sentences import translate
from integrations import providers
from integrations.models import ConnectionTest, WebhookDelivery
from integrations.outbound import http, key_tests
from integrations.providers.foundation.events import OutboundRequest, OutboundResponse
from sips.models import Voip

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
GOOD = {
    "zadarma": b'{"status": "success", "stats": []}',
    "twilio": b'{"calls": []}',
    "supervoip": b'{"accountBalance": 1}',
}


def configuration(provider: str = "zadarma", **fields: Any) -> Voip:
    made = {"provider": provider, "api_login": "login", "api_key": "7-the-key"} | fields
    return Voip.objects.without_secrets().get(pk=make.voip(**made).pk)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[OutboundRequest]:
    """What was asked; the answer is that of `answer_with`."""
    asked: list[OutboundRequest] = []

    def send(request: OutboundRequest, limits: Any) -> OutboundResponse:
        asked.append(request)
        return OutboundResponse(status=401, body=b'{"message": "no: 7-the-key"}', url=request.url)

    monkeypatch.setattr(http, "send", send)
    return asked


def answer_with(monkeypatch: pytest.MonkeyPatch, answer: OutboundResponse | Exception) -> None:
    def send(request: OutboundRequest, limits: Any) -> OutboundResponse:
        if isinstance(answer, Exception):
            raise answer
        return answer

    monkeypatch.setattr(http, "send", send)


def response(status: int, body: bytes = b"") -> OutboundResponse:
    return OutboundResponse(status=status, body=body, url="https://api.example.com/x?start=1&end=2&skip=0")


@pytest.mark.parametrize("provider", GOOD)
def test_an_accepted_key_is_reported(provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
    answer_with(monkeypatch, response(200, GOOD[provider]))
    found = key_tests.run_test(configuration(provider))
    assert (found.result, found.passed) == ("accepted", True)


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (response(401), "wrong_key"),
        (response(403), "wrong_key"),
        (response(404), "not_found"),
        (response(429), "too_often"),
        (response(302), "redirected"),
        (response(503), "server_trouble"),
        (response(200, b'{"status": "error", "message": "Not authorized"}'), "refused"),
        (response(200, b"<html>"), "unreadable"),
        (http.Unanswered("late"), "no_answer"),
        (http.NotSent("x could not be reached"), "unreachable"),
        (http.NotSent("If it is meant, allow it in OUTBOUND_ALLOWED_NETWORKS."), "forbidden_network"),
    ],
)
def test_each_answer_has_its_sentence(
    answer: OutboundResponse | Exception, result: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer_with(monkeypatch, answer)
    found = key_tests.run_test(configuration())
    assert (found.result, found.passed) == (result, False)
    with override("pl"):
        assert translate(found.sentence) != str(found.sentence)


def test_the_question_changes_nothing_and_the_key_is_in_no_answer(sent: list[OutboundRequest]) -> None:
    for provider in GOOD:
        found = key_tests.run_test(configuration(provider))
        assert "7-the-key" not in str(found.sentence)
    assert [request.method for request in sent] == ["GET"] * len(GOOD)


def test_a_key_that_nothing_decrypts_any_more_is_to_be_entered_again(settings: Any) -> None:
    voip = make.voip(provider="zadarma", api_login="key", api_key="secret")
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    finding = key_tests.run_test(Voip.objects.without_secrets().get(pk=voip.pk))

    assert (finding.result, finding.passed) == ("key_lost", False)


def test_a_provider_without_a_harmless_request_says_so() -> None:
    assert "no request is known that needs the key" in key_tests.why_not(configuration("telecube"), key_set=True)
    assert "Choose the provider" in key_tests.why_not(configuration(""), key_set=True)
    assert "secret of Zadarma's API" in key_tests.why_not(configuration(api_key=""), key_set=False)


def test_the_page_asks_once_and_the_worker_answers(sent: list[OutboundRequest]) -> None:
    voip, client = configuration(), superuser()
    address = f"/admin/sips/voip/{voip.pk}/test_key/"
    for _click in range(2):
        client.post(address, {"once": "7"})
    (job,) = ProcrastinateJob.objects.filter(task_name="integrations.test_key").values_list("args", flat=True)
    key_tests.test_key(**job)
    key_tests.test_key(**job)
    assert len(sent) == 1
    assert ConnectionTest.objects.get().result == "wrong_key"
    assert "Zadarma refuses the login or the key (HTTP 401)." in text(client, address)
    assert "Zadarma refuses the login or the key" in text(client, f"/admin/sips/voip/{voip.pk}/change/")


def text(client: Client, address: str) -> str:
    return told(client.get(address, follow=True).content.decode())


# --- the first delivery


def test_the_page_waits_and_then_shows_what_was_understood() -> None:
    voip, client = configuration("simulator"), superuser()
    address = f"/admin/sips/voip/{voip.pk}/test_event/"
    waiting = client.get(address, follow=True)
    assert waiting.redirect_chain[0][0] == f"{address}?after=0"
    assert f'hx-get="{address}?after=0&amp;state"' in waiting.content.decode()
    for _click in range(2):
        client.post(f"{address}?after=0", {"once": "7"})
    assert Call.objects.get().status == "ANSWERED"
    shown = client.get(f"{address}?after=0&state").content.decode()
    assert "hx-get" not in shown
    assert "Status: queued" in told(shown)
    assert "From: +48500500500" in told(shown)


def test_deliveries_of_before_and_of_others_are_not_waited_for() -> None:
    voip, other, client = configuration("simulator"), configuration("simulator"), superuser()
    old = WebhookDelivery.objects.create(voip=voip, fingerprint="1", body=b"x", received_at=NOW)
    WebhookDelivery.objects.create(voip=other, fingerprint="2", body=b"x", received_at=NOW)
    page = client.get(f"/admin/sips/voip/{voip.pk}/test_event/", follow=True)
    assert page.redirect_chain[0][0].endswith(f"?after={old.pk}")
    assert "Waiting for the next delivery" in told(page.content.decode())


def test_a_delivery_that_cannot_be_read_says_why() -> None:
    voip = configuration("telecube")
    WebhookDelivery.objects.create(voip=voip, fingerprint="1", body=b"x", received_at=NOW, error="No call id.")
    assert "It could not be read: No call id." in text(superuser(), f"/admin/sips/voip/{voip.pk}/test_event/?after=0")


def test_its_content_is_for_who_may_see_deliveries() -> None:
    voip = configuration("telecube")
    WebhookDelivery.objects.create(voip=voip, fingerprint="1", body=b"x", received_at=NOW, error="No call id.")
    page = text(staff("sips.change_voip"), f"/admin/sips/voip/{voip.pk}/test_event/?after=0")
    assert "A delivery came" in page
    assert "No call id." not in page


def test_only_the_simulator_sends_itself_a_call() -> None:
    voip = configuration("telecube")
    superuser().post(f"/admin/sips/voip/{voip.pk}/test_event/?after=0", {"once": "7"})
    assert not WebhookDelivery.objects.exists()


# --- what a provider uses, and what to paste where


@pytest.mark.parametrize("slug", providers.slugs())
def test_each_provider_says_what_to_paste_where(slug: str) -> None:
    voip = configuration(slug)
    page = text(superuser(language="pl"), f"/admin/sips/voip/{voip.pk}/change/")
    for step in providers.find(slug).steps:
        with override("pl"):
            assert translate(step) != step
            assert translate(step) in page
    assert providers.find(slug).steps
    assert (Path(__file__).parents[2] / "docs" / "providers" / f"{slug}.md").exists()


def test_the_fields_of_a_provider_follow_from_what_it_can() -> None:
    uses = {slug: sorted(providers.find(slug).uses) for slug in providers.slugs()}
    assert uses == {
        "datera": ["api_key", "api_login", "api_url", "settings"],
        "simulator": ["api_url"],
        "supervoip": ["api_key", "api_url", "settings"],
        "telecube": ["api_key", "api_login", "api_url", "settings"],
        "twilio": ["api_key", "api_login", "api_url"],
        "zadarma": ["api_key", "api_login", "api_url"],
    }


def test_a_new_configuration_shows_its_addresses_at_once() -> None:
    client = superuser()
    form = {"name": "Office", "provider": "zadarma", "time_zone": "Europe/Warsaw", "country": "PL", "settings": "{}"}
    form |= {"webhook_ips": "[]", "caller_id_header": "p-asserted-identity", "active": "on"}
    page = client.post("/admin/sips/voip/add/", form, follow=True)
    assert Voip.objects.get().webhook_url in page.content.decode()
