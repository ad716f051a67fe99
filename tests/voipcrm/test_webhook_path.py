"""Webhooks that go straight to their view, over a connection that the thread keeps."""

import io
import json
from collections.abc import Iterator
from typing import Any

import make
import psycopg
import pytest
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse

from integrations.models import WebhookDelivery
from integrations.webhooks import services
from sips.models import Voip
from voipcrm import kept_connection
from voipcrm.webhook_path import straight_to_webhooks
from voipcrm.wsgi_request import Utf8Request

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def voip() -> Voip:
    return make.voip(provider="simulator")


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """No other test has this thread's connection."""
    connection.close()
    yield
    connection.close()


def post(voip: Voip, call_id: str = "op-1", **environ: Any) -> Any:
    body = json.dumps({"event": "call.ringing", "id": call_id}).encode()
    request = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": f"/voip/webhooks/simulator/{voip.webhook_secret}/",
        "QUERY_STRING": "",
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "REMOTE_ADDR": "127.0.0.1",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": str(len(body)),
        "wsgi.input": io.BytesIO(body),
        "wsgi.url_scheme": "http",
        **environ,
    }
    return straight_to_webhooks(left_to_others)(Utf8Request(request))


def left_to_others(_request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=299)


def backend() -> int:
    assert connection.connection is not None
    pid: int = connection.connection.info.backend_pid
    return pid


def end(pid: int) -> None:
    """Ends a connection on the server, and waits until it is gone."""
    known = connection.connection.info
    with psycopg.connect(
        host=known.host, port=known.port, user=known.user, password=known.password, dbname=known.dbname
    ) as other:
        other.execute("SELECT pg_terminate_backend(%s, 60000)", [pid])


def stored() -> list[str]:
    return list(WebhookDelivery.objects.order_by("pk").values_list("provider_call_id", flat=True))


def test_the_connection_is_kept_for_the_next_one(voip: Voip) -> None:
    assert post(voip).status_code == 200
    first = backend()

    assert post(voip, "op-2").status_code == 200

    assert backend() == first


def test_a_connection_closed_by_the_server_is_not_used(voip: Voip, caplog: pytest.LogCaptureFixture) -> None:
    post(voip)
    closed = backend()
    end(closed)

    assert post(voip, "op-2").status_code == 200

    assert (backend() != closed, stored()) == (True, ["op-1", "op-2"])
    assert "delivery_repeated" not in caplog.text


def test_a_connection_closed_during_use_costs_no_delivery(
    voip: Voip, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    post(voip)
    end(backend())
    monkeypatch.setattr(kept_connection, "_is_usable", lambda: True)

    assert post(voip, "op-2").status_code == 200

    assert stored() == ["op-1", "op-2"]
    assert [record.getMessage() for record in caplog.records].count("delivery_repeated") == 1


def test_a_server_that_became_a_standby_costs_no_delivery(voip: Voip, caplog: pytest.LogCaptureFixture) -> None:
    post(voip)
    connection.connection.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    read_only = backend()

    assert post(voip, "op-2").status_code == 200

    assert (backend() != read_only, stored()) == (True, ["op-1", "op-2"])
    assert [record.getMessage() for record in caplog.records].count("delivery_repeated") == 1


def test_without_a_database_a_webhook_is_not_acknowledged(voip: Voip, monkeypatch: pytest.MonkeyPatch) -> None:
    post(voip)
    end(backend())

    def away() -> None:
        raise OperationalError("the connection is lost")

    with monkeypatch.context() as patched:
        patched.setattr(connection, "ensure_connection", away)
        assert post(voip, "op-2").status_code == 500

    assert stored() == ["op-1"]


def test_a_failure_that_another_try_would_not_mend_is_told_at_once(voip: Voip, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[str] = []

    def fail(*_arguments: Any) -> None:
        tries.append("again")
        raise OperationalError("canceling statement due to statement timeout")

    monkeypatch.setattr(services, "_take_in", fail)

    connection.ensure_connection()
    assert (post(voip).status_code, len(tries)) == (500, 1)


def test_a_kept_connection_returns_to_the_pool_after_a_while(voip: Voip, monkeypatch: pytest.MonkeyPatch) -> None:
    post(voip)
    used = connection.connection
    monkeypatch.setattr(kept_connection, "LONGEST", 0.0)
    returned: list[Any] = []
    monkeypatch.setattr(type(used._pool), "putconn", lambda _pool, given: returned.append(given))

    post(voip, "op-2")

    assert returned == [used]
    used.close()


@pytest.mark.parametrize("path", ["/voip/webhooks/", "/voip/webhooks/simulator/a/b/c/d/", "/voip/calls.json"])
def test_what_is_no_address_of_a_webhook_is_left_to_others(voip: Voip, path: str) -> None:
    assert post(voip, PATH_INFO=path).status_code == 299


def test_a_webhooks_answer_has_the_usual_headers(voip: Voip) -> None:
    answer = post(voip, HTTP_X_REQUEST_ID="abc")

    assert dict(answer.items()) == {
        "Content-Type": "application/json",
        "X-Request-ID": "abc",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
