"""The product behind PgBouncer in transaction mode, where nothing of a connection outlives its transaction."""

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import loopback
import make
import pgbouncer
import pytest
from django.conf import settings
from rest_framework.test import APIClient
from telephony.bed import wait_until
from web_process import running, web

from calls.models import Call, Via
from calls.services import request_call
from calls.statuses import Status
from integrations.models import WebhookDelivery
from sips.models import Voip

pytestmark = pytest.mark.django_db(transaction=True)

DELIVERIES, CALLS = 160, 40


@pytest.fixture
def pooled(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The environment of a process whose database is behind the pooler."""
    with pgbouncer.pgbouncer(tmp_path) as port:
        yield os.environ | pgbouncer.environment(port) | {"OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8"}


def post(port: int, voip: Voip, number: int) -> int:
    body = {"event": "call.ended", "id": f"op-{number % CALLS}", "status": "BUSY", "duration": number}
    path = voip.webhook_url.removeprefix(settings.PUBLIC_URL)
    return httpx.post(f"http://127.0.0.1:{port}{path}", json=body, timeout=30).status_code


@pytest.mark.timeout(180)
def test_webhooks_that_come_together_are_all_stored(pooled: dict[str, str]) -> None:
    voip = make.voip(provider="simulator")

    with web(pooled) as port, ThreadPoolExecutor(16) as senders:
        answers = Counter(senders.map(lambda number: post(port, voip, number), range(DELIVERIES)))

    assert answers == {200: DELIVERIES}
    assert WebhookDelivery.objects.count() == DELIVERIES
    assert Call.objects.count() == CALLS


@pytest.mark.timeout(180)
def test_the_worker_takes_up_jobs_old_and_new(pooled: dict[str, str]) -> None:
    with loopback.provider_server() as exchange:
        exchange.will(*(loopback.answering(201, {"call_id": f"op-{number}"}) for number in (1, 2)))
        make.sip(voip=make.voip(provider="simulator", api_url=exchange.url, api_key="k"))
        dial("+48501502503")
        with running([sys.executable, "manage.py", "worker"], pooled):
            wait_until(lambda: ids_told() == {"op-1"}, what="the waiting call")
            dial("+48501502504")
            wait_until(lambda: ids_told() == {"op-1", "op-2"}, what="the new call")


def dial(number: str) -> None:
    request_call(via=Via.PROVIDER, sip="100", number_to=number)


def ids_told() -> set[str]:
    return set(
        Call.objects.filter(status=Status.DIALING)
        .exclude(provider_call_id="")
        .values_list("provider_call_id", flat=True)
    )


def test_what_reads_in_portions_needs_no_cursor_of_the_server(pooled: dict[str, str], stranger: APIClient) -> None:
    voip = make.voip(provider="simulator")
    stranger.post(
        voip.webhook_url.removeprefix(settings.PUBLIC_URL), {"event": "call.ended", "id": "op-1"}, format="json"
    )

    command = [sys.executable, "manage.py", "replay_deliveries"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=pooled, capture_output=True, text=True, check=False)

    assert "1 deliveries read" in done.stdout, done.stderr
