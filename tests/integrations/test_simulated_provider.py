"""A click on demonstration data: the order goes over real HTTP to the simulated provider, whose reports come back as webhooks."""

import json
import queue
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from exchange_files import exchanges
from loopback import provider_server

from calls.statuses import Status
from integrations import providers
from integrations.management.commands.simulated_provider import deliver
from integrations.outbound import http
from integrations.outbound.addresses import parse_allowed
from integrations.providers.foundation.events import OutboundRequest
from integrations.simulated_provider import serve

ORDER = {"ref": "r", "from": "+48221234501", "to": "+48501502501", "line": "100", "callback_url": "http://crm/?ref=r"}
Told = queue.SimpleQueue[tuple[str, bytes]]


@pytest.fixture(autouse=True)
def loopback_allowed(settings: Any) -> None:
    settings.OUTBOUND_ALLOWED = parse_allowed(["127.0.0.1"])


@pytest.fixture
def told() -> Told:
    return queue.SimpleQueue()


@pytest.fixture
def url(told: Told) -> Iterator[str]:
    server = serve(0, lambda address, body: told.put((address, body)), time_factor=0)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def post(url: str, body: Any) -> tuple[int, Any]:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    answer = http.send(OutboundRequest(method="POST", url=f"{url}/calls", body=content))
    return answer.status, json.loads(answer.body)


def story(told: Told) -> list[Any]:
    """The bodies up to the end of the call."""
    bodies: list[Any] = []
    while not bodies or bodies[-1]["event"] != "call.ended":
        address, body = told.get(timeout=60)
        assert address == ORDER["callback_url"]
        bodies.append(json.loads(body))
    return bodies


@pytest.mark.parametrize(
    ("number", "result"),
    [
        ("+48501502501", Status.ANSWERED),
        ("+48501502502", Status.BUSY),
        ("+48501502503", Status.NO_ANSWER),
        ("+48501502504", Status.FAILED),
        ("+48501502508", Status.CANCELED),
    ],
)
def test_the_last_digits_choose_how_the_call_ends(url: str, told: Told, number: str, result: Status) -> None:
    status, answer = post(url, ORDER | {"to": number})
    bodies = story(told)

    assert status == 201
    assert {body["id"] for body in bodies} == {answer["call_id"]}
    assert (bodies[0]["event"], bodies[-1]["status"]) == ("call.dialing", result.value)


def test_two_calls_have_two_ids(url: str) -> None:
    assert post(url, ORDER)[1] != post(url, ORDER)[1]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"{}", b"5", b'{"from": "1"}', b"\xff"])
def test_an_invalid_order_is_refused(url: str, told: Told, body: bytes) -> None:
    assert post(url, body) == (400, {"detail": "The body is no order."})
    assert told.empty()


def test_the_adapter_and_the_provider_understand_each_other(url: str) -> None:
    dial = next(each for each in exchanges("simulator") if each.case == "dial")
    request = dial.ask()
    assert request is not None
    response = http.send(
        OutboundRequest(method=request.method, url=f"{url}/calls", headers=request.headers, body=request.body)
    )

    assert providers.find("simulator").read_dialed(response, dial.account).startswith("sim-")


def test_a_report_is_delivered_as_a_webhook() -> None:
    with provider_server() as crm:
        deliver(f"{crm.url}/voip/webhooks/simulator/abc/?ref=r", b'{"event": "call.ringing"}')

    assert (crm.only.method, crm.only.target) == ("POST", "/voip/webhooks/simulator/abc/?ref=r")
    assert crm.only.body == b'{"event": "call.ringing"}'


def test_a_report_that_cannot_be_delivered_is_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    deliver("http://10.0.0.1/", b"{}")

    assert [record.message for record in caplog.records] == ["report_lost"]
