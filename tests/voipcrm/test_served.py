"""The web process as the Procfile starts it, with clients on the loopback that do not keep to good manners."""

import http.client
import json
import resource
import socket
from collections.abc import Iterator
from contextlib import ExitStack

import make
import product_process
import pytest

from bench.product import Program, running
from integrations.models import WebhookDelivery

pytestmark = pytest.mark.django_db(transaction=True)

PER_WORKER = 64
IDLE = 1100
"""Connections on which nothing is sent: more than granian lets in by itself, and it ends them after 30 seconds."""
UNFINISHED = (
    "POST /voip/webhooks/simulator/wrong/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\n{",
    "POST /voip/autocalls/create_from_widget.json HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9999\r\n\r\n{",
    "POST /voip/calls.json HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    "POST /admin/login/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: multipart/form-data; boundary=b\r\nContent-Length: 99\r\n\r\n--b",
)


@pytest.fixture
def web() -> Iterator[Program]:
    environment = product_process.environment() | {"TRUSTED_PROXIES": "127.0.0.1", "METRICS_ALLOWED_IPS": "192.0.2.7"}
    with running("web", **environment) as program:
        yield program


def ask(
    web: Program, method: str, path: str, body: str = "", headers: dict[str, str] | None = None, patience: float = 30
) -> tuple[int, bytes]:
    client = http.client.HTTPConnection("127.0.0.1", web.port, timeout=patience)
    try:
        client.request(method, path, body or None, headers or {})
        answer = client.getresponse()
        return answer.status, answer.read()
    finally:
        client.close()


@pytest.fixture
def many_files() -> Iterator[None]:
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(2 * IDLE, limits[0]), limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def raw(web: Program, text: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", web.port), timeout=30)
    connection.sendall(text.encode())
    return connection


@pytest.mark.usefixtures("many_files")
def test_a_running_server_is_not_stopped_or_deceived(web: Program) -> None:
    """One process for all of it, as it takes seconds to start."""
    voip = make.voip(provider="simulator")
    address = f"/voip/webhooks/simulator/{voip.webhook_secret}/"
    with ExitStack() as stack:
        for _ in range(IDLE):
            stack.enter_context(raw(web, ""))
        assert ask(web, "GET", "/healthz", patience=20)[0] == 200
        for number in range(6 * PER_WORKER):  # three times what both workers would wait for
            stack.enter_context(raw(web, UNFINISHED[number % len(UNFINISHED)]))
        for number in range(8):
            assert ask(web, "GET", "/healthz")[0] == 200
            assert ask(web, "POST", address, json.dumps({"call_id": f"c-{number}", "status": "RINGING"}))[0] == 200
        assert ask(web, "GET", "/voip/calls.json")[0] == 401
    assert WebhookDelivery.objects.count() == 8

    with raw(
        web, f"POST {address} HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{{\r\n"
    ) as half:
        half.shutdown(socket.SHUT_WR)
        half.recv(1)
    assert WebhookDelivery.objects.count() == 8  # half a body is not kept for a whole one

    assert ask(web, "GET", "/metrics", headers={"X_Forwarded_For": "192.0.2.7"})[0] == 404
    assert ask(web, "GET", "/metrics", headers={"X-Forwarded-For": "192.0.2.7:4711"})[0] == 200
    assert ask(web, "BREW", "/healthz")[0] == 405
    assert b"BREW" not in ask(web, "GET", "/metrics", headers={"X-Forwarded-For": "192.0.2.7"})[1]
