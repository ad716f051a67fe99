"""`kill -9` of the worker that asks a provider for a call, at each step: nobody is rung twice, and nothing stays open."""

import os
import random
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import loopback
import make
import product_process
import pytest
from asgiref.sync import async_to_sync
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob, ProcrastinateWorker
from rest_framework.test import APIClient
from telephony.bed import PATIENCE, wait_until

from calls.expiry import expire_stale_calls
from calls.models import Call, Via
from calls.services import request_call
from calls.statuses import Status
from integrations.models import RateLimit
from sips.models import Voip
from voipcrm.tasks import retry_stalled_jobs

pytestmark = pytest.mark.django_db(transaction=True)

ROOT = Path(__file__).resolve().parents[3]
CUSTOMER = "+4850150250"
Start = Callable[[], subprocess.Popen[bytes]]


@pytest.fixture
def exchange() -> Iterator[loopback.ProviderServer]:
    with loopback.provider_server() as server:
        server.will(loopback.answering(201, {"call_id": "op-1"}))
        yield server


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a worker on the test's database."""
    processes: list[subprocess.Popen[bytes]] = []

    def begin() -> subprocess.Popen[bytes]:
        environment = os.environ | product_process.environment() | {"OUTBOUND_ALLOWED_NETWORKS": "127.0.0.0/8"}
        processes.append(subprocess.Popen([sys.executable, "manage.py", "worker"], cwd=ROOT, env=environment))
        return processes[-1]

    yield begin
    for process in processes:
        process.kill()
        process.wait(PATIENCE)
    execute("DELETE FROM procrastinate_workers")
    execute("DELETE FROM procrastinate_jobs")


def execute(statement: str) -> None:
    """On procrastinate's tables, whose models only read."""
    with connection.cursor() as cursor:
        cursor.execute(statement)


def request(api_url: str, *, provider: str = "simulator", ending: int = 0) -> Call:
    voip = Voip.objects.first() or make.voip(
        provider=provider, api_url=api_url, api_key="k", settings={"sips": {"100": "/api/sips/1"}} if provider == "supervoip" else {}
    )  # fmt: skip
    if not voip.sips.exists():
        make.sip(voip=voip)
    return request_call(via=Via.PROVIDER, sip="100", number_to=f"{CUSTOMER}{ending}")


def kill(worker: subprocess.Popen[bytes]) -> None:
    """And let its heartbeat be long past, so that its jobs are given to others."""
    worker.kill()
    worker.wait(PATIENCE)
    execute("UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 minute'")
    async_to_sync(retry_stalled_jobs.func)(cast("JobContext", SimpleNamespace(app=app)), timestamp=0)


def nothing_is_left_to_do() -> bool:
    waiting = ProcrastinateJob.objects.filter(task_name="integrations.dial_call", status__in=("todo", "doing"))
    return not waiting.exists()


def survive(start: Start) -> None:
    start()
    wait_until(nothing_is_left_to_do, what="an end of the jobs")


def told(call: Call) -> tuple[str, str, str]:
    call.refresh_from_db()
    return call.status, call.reason, call.provider_call_id


def time_goes_by(call: Call) -> None:
    Call.objects.filter(pk=call.pk).update(updated_at=timezone.now() - 2 * settings.REQUESTED_CALL_EXPIRES)
    expire_stale_calls()


def test_before_the_claim_another_worker_dials(exchange: loopback.ProviderServer, start: Start) -> None:
    call = request(exchange.url, provider="supervoip")
    RateLimit.objects.create(voip_id=call.voip_id or 0, next_at=timezone.now())
    with transaction.atomic():
        RateLimit.objects.select_for_update().get()  # the worker cannot take its turn
        worker = start()
        wait_until(_somebody_waits_for_a_lock, what="the worker's turn")
        worker.kill()
        worker.wait(PATIENCE)
    kill(worker)
    assert (told(call)[0], exchange.received) == (Status.QUEUED, [])

    survive(start)
    assert (told(call)[0], len(exchange.received)) == (Status.DIALING, 1)


def test_between_claim_and_request_nobody_dials_and_the_call_is_lost(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:  # with which no encryption can be agreed on
        mute.settimeout(30)
        call = request(f"https://127.0.0.1:{mute.getsockname()[1]}")
        worker = start()
        with mute.accept()[0]:
            kill(worker)
        survive(start)
        mute.settimeout(0)
        with pytest.raises(BlockingIOError):
            mute.accept()

    assert told(call) == (Status.DIALING, "", "")
    time_goes_by(call)
    assert told(call) == (Status.FAILED, "lost", "")


def test_after_the_request_nobody_dials_again_and_the_provider_may_still_tell(
    exchange: loopback.ProviderServer, start: Start, stranger: APIClient
) -> None:
    exchange.will(loopback.silent)
    call = request(exchange.url)
    worker = start()
    wait_until(lambda: bool(exchange.received), what="the request")

    kill(worker)
    survive(start)
    assert (told(call), len(exchange.received)) == ((Status.DIALING, "", ""), 1)

    report(stranger, call)
    assert told(call) == (Status.BUSY, "", "op-7")


def test_after_the_answer_the_providers_id_is_learned_from_its_report(
    exchange: loopback.ProviderServer, start: Start, stranger: APIClient
) -> None:
    call = request(exchange.url)
    with transaction.atomic():
        Voip.objects.select_for_update(no_key=True).get()  # the worker claims the call, but cannot write down the id
        worker = start()
        wait_until(lambda: bool(exchange.received), what="the request")
        wait_until(_somebody_waits_for_a_lock, what="the answer being read")
        worker.kill()
        worker.wait(PATIENCE)
    kill(worker)
    survive(start)
    assert (told(call), len(exchange.received)) == ((Status.DIALING, "", ""), 1)

    report(stranger, call)
    assert (told(call), Call.objects.count()) == ((Status.BUSY, "", "op-7"), 1)


def report(client: APIClient, call: Call) -> None:
    assert call.voip is not None
    body = {"event": "call.ended", "id": "op-7", "ref": call.reference, "status": "BUSY", "to": call.number_to}
    assert client.post(call.voip.webhook_url.replace(settings.PUBLIC_URL, ""), body, format="json").status_code == 200


def _somebody_waits_for_a_lock() -> bool:
    execute("SELECT pg_stat_clear_snapshot()")  # within a transaction the view stays as it was first seen
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        )
        return bool(cursor.fetchone()[0])


@pytest.mark.parametrize("end", [20, 60, -1])
def test_an_uncommitted_request_is_not_dialed(exchange: loopback.ProviderServer, end: int) -> None:
    whole = b'POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 14\r\n\r\n{"ref": "one"}'

    with socket.create_connection(("127.0.0.1", exchange.port)) as sender:
        sender.sendall(whole[:end])
        sender.shutdown(socket.SHUT_WR)
        assert sender.recv(1) == b""

    assert exchange.received == []


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_moment_nothing_is_dialed_twice_and_nothing_is_forgotten(
    exchange: loopback.ProviderServer, start: Start, seed: int
) -> None:
    chance = random.Random(seed)
    exchange.will(
        loopback.sending(b"HTTP/1.1 201 Created\r\n", b"Content-Length: 17\r\n\r\n", b'{"call_id": "op"}', pause=0.02)
    )
    calls = [request(exchange.url, ending=ending) for ending in range(10)]
    for _death in range(2):
        worker = start()
        wait_until(ProcrastinateWorker.objects.exists, what="a worker")
        time.sleep(chance.uniform(0, 0.4))
        kill(worker)
        execute("DELETE FROM procrastinate_workers")
    survive(start)

    asked = Counter(request.body.decode().split('"ref": "')[1][:37] for request in exchange.received)
    assert set(asked.values()) <= {1}
    assert all(told(call)[0] == Status.DIALING for call in calls)
    assert len(asked) >= len(calls) - 2 * 4  # all but those in the hands of the two that died
