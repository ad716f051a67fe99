"""The short way of a webhook: a configuration that is remembered, one statement, no transaction around it. It gives nothing up."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import make
import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob
from rest_framework.test import APIClient

from calls.models import Call, Report, Via
from calls.services import request_call
from calls.sql import fetch_one
from calls.statuses import Status
from integrations.models import WebhookDelivery
from integrations.webhooks import addressee
from sips.models import Voip

NUMBER = "+48501502503"
Post = Callable[..., int]


@pytest.fixture
def post(stranger: APIClient) -> Post:
    """Posts an event of a call under a configuration's address; the status of the answer."""

    def send(
        voip: Voip, event: str = "call.ringing", call_id: str = "op-1", *, sender: str = "127.0.0.1", **more: Any
    ) -> int:
        address = f"/voip/webhooks/{voip.provider}/{voip.webhook_secret}/"
        body = {"event": event, "id": call_id, "from": NUMBER} | more
        return stranger.post(address, body, format="json", REMOTE_ADDR=sender).status_code

    return send


@pytest.fixture
def voip(db: None, post: Post) -> Voip:
    """Remembered, as something was told under it already."""
    voip = make.voip(provider="simulator")
    assert post(voip, call_id="op-0") == 200
    return voip


@pytest.fixture
def at_once_only(voip: Voip, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever looks the configuration up fails."""
    monkeypatch.setattr(addressee, "find", None)


def change(voip: Voip, **columns: Any) -> None:
    """As another process does, or somebody at the database itself."""
    Voip.objects.filter(pk=voip.pk).update(**columns)


@pytest.mark.usefixtures("at_once_only")
def test_a_remembered_configuration_is_not_looked_up(voip: Voip, post: Post) -> None:
    assert post(voip) == 200

    assert Call.objects.get(provider_call_id="op-1").status == Status.RINGING
    assert Report.objects.filter(delivery_id=WebhookDelivery.objects.latest("pk").pk).count() == 1


@pytest.mark.django_db
class TestWhatChangesCountsAtOnce:
    def test_a_new_secret(self, voip: Voip, post: Post) -> None:
        known = voip.webhook_secret
        voip.webhook_secret = "another-secret"
        voip.save()

        assert post(voip) == 200
        voip.webhook_secret = known
        assert post(voip, call_id="op-2") == 404
        assert not Call.objects.filter(provider_call_id="op-2").exists()

    def test_a_configuration_that_is_switched_off(self, voip: Voip, post: Post) -> None:
        change(voip, active=False)

        assert post(voip) == 404
        assert WebhookDelivery.objects.count() == 1

    def test_networks_that_are_allowed_no_more(self, voip: Voip, post: Post) -> None:
        change(voip, webhook_ips=["192.0.2.0/24"])

        assert post(voip) == 403
        assert WebhookDelivery.objects.count() == 1

    def test_networks_that_are_allowed_now(self, voip: Voip, post: Post) -> None:
        change(voip, webhook_ips=["192.0.2.0/24"])
        assert post(voip, sender="192.0.2.1") == 200
        change(voip, webhook_ips=["192.0.2.0/24", "198.51.100.0/24"])

        assert post(voip, call_id="op-2", sender="198.51.100.7") == 200

    def test_a_sender_who_is_not_among_them_although_others_are(self, voip: Voip, post: Post) -> None:
        change(voip, webhook_ips=["127.0.0.0/8"])
        assert post(voip) == 200

        assert post(voip, call_id="op-2", sender="192.0.2.1") == 403
        assert not Call.objects.filter(provider_call_id="op-2").exists()

    def test_how_numbers_are_read(self, voip: Voip, post: Post) -> None:
        change(voip, country="CZ")

        assert post(voip, **{"from": "601602603"}) == 200
        assert Call.objects.get(provider_call_id="op-1").number_from == "+420601602603"

    def test_another_provider(self, voip: Voip, post: Post) -> None:
        change(voip, provider="telecube")

        assert post(voip) == 404

    def test_a_configuration_that_is_gone(self, voip: Voip, post: Post) -> None:
        WebhookDelivery.objects.all().delete()
        Report.objects.all().delete()
        Call.everything.all()._raw_delete("default")
        Voip.objects.filter(pk=voip.pk)._raw_delete("default")

        assert post(voip) == 404

    def test_a_key_with_which_deliveries_are_signed(self, stranger: APIClient) -> None:
        signed = make.voip(provider="zadarma", api_key="k")
        addressee.find("zadarma", signed.webhook_secret, with_key=True)
        change(signed, active=False)

        address = f"/voip/webhooks/zadarma/{signed.webhook_secret}/"
        assert stranger.get(address, {"zd_echo": "1"}).status_code == 404


def test_a_refused_or_unreadable_delivery_is_handled_once(
    voip: Voip, stranger: APIClient, caplog: pytest.LogCaptureFixture
) -> None:
    address = f"/voip/webhooks/simulator/{voip.webhook_secret}/"

    assert stranger.post(address, b"{", content_type="application/json").status_code == 200

    assert [record.getMessage() for record in caplog.records].count("delivery_unreadable") == 1
    assert WebhookDelivery.objects.exclude(error="").count() == 1


def test_a_report_of_a_call_whose_id_is_awaited_is_bound_to_the_request(voip: Voip, post: Post) -> None:
    request = awaiting(voip)

    assert post(voip, "call.answered", "op-9", ref=request.reference) == 200

    request.refresh_from_db()
    assert (request.status, request.provider_call_id, Call.objects.count()) == ("IN PROGRESS", "op-9", 2)


def awaiting(voip: Voip) -> Call:
    make.sip(voip=voip)
    request = request_call(via=Via.PROVIDER, sip="100", number_to=NUMBER)
    dialed = {"dialed_at": timezone.now(), "status": Status.DIALING, "precedence": 20}
    Call.objects.filter(pk=request.pk).update(**dialed)
    return request


@pytest.mark.usefixtures("voip")
class TestTheEndOfARequest:
    @pytest.fixture
    def request_(self, voip: Voip) -> Call:
        """Whose id the provider has told."""
        request = awaiting(voip)
        Call.objects.filter(pk=request.pk).update(provider_call_id="op-9")
        return request

    def enqueued(self) -> list[int]:
        return [job.args["call_id"] for job in ProcrastinateJob.objects.filter(task_name="calls.tell_of_end")]

    def test_is_announced_by_a_job_the_statement_enqueues(
        self, voip: Voip, request_: Call, post: Post, at_once_only: None
    ) -> None:
        assert post(voip, "call.answered", "op-9") == 200
        assert self.enqueued() == []

        assert post(voip, "call.ended", "op-9", status="BUSY") == 200

        assert self.enqueued() == [request_.pk]

    def test_is_announced_although_the_web_process_dies(
        self, voip: Voip, request_: Call, post: Post, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def die(*arguments: Any) -> None:
            fetch_one(*arguments)
            raise KeyboardInterrupt

        monkeypatch.setattr("integrations.webhooks.at_once.fetch_one", die)
        with pytest.raises(KeyboardInterrupt):
            post(voip, "call.ended", "op-9", status="BUSY")

        request_.refresh_from_db()
        assert (request_.status, self.enqueued()) == ("BUSY", [request_.pk])

    def test_is_announced_once_for_a_redelivery(self, voip: Voip, request_: Call, post: Post) -> None:
        for _delivery in range(2):
            assert post(voip, "call.ended", "op-9", status="BUSY") == 200

        assert self.enqueued() == [request_.pk]

    def test_is_not_announced_for_a_call_that_was_not_requested(self, voip: Voip, post: Post) -> None:
        assert post(voip, "call.ended", "op-2", status="BUSY") == 200

        assert self.enqueued() == []


@pytest.mark.django_db(transaction=True)
def test_the_same_delivery_at_the_same_moment_is_stored_once(post: Post) -> None:
    voip = make.voip(provider="simulator")
    post(voip, call_id="op-0")

    def send(_number: int) -> int:
        try:
            return post(voip, "call.ended", "op-1", status="BUSY")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as senders:
        assert set(senders.map(send, range(16))) == {200}

    assert (Call.objects.count(), WebhookDelivery.objects.count(), Report.objects.count()) == (2, 2, 2)
