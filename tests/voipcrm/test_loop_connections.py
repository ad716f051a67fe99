"""Webhooks as the server has them answered: on its event loop, and by a thread what is more than one statement."""

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, cast

import make
import psycopg
import pytest
from asgiref.typing import HTTPScope
from django.db import OperationalError, connection
from django.utils import timezone
from meeting import waits

from calls.models import Call
from integrations.models import WebhookDelivery
from integrations.webhooks import addressee
from sips.models import Voip
from voipcrm import loop_connections
from voipcrm.asgi import Application, Bodies
from voipcrm.loop_connections import LoopConnections
from voipcrm.webhook_path import answer_webhook

pytestmark = pytest.mark.django_db(transaction=True)
Answer = tuple[int, dict[str, str], bytes]
Story = Callable[["Server"], Awaitable[None]]
NUMBER = "+48501502503"


class Server:
    """The application on a loop of its own. `used_threads`: how many requests were not answered without a thread."""

    def __init__(self, *, most: int) -> None:
        self.threads = ThreadPoolExecutor(1)
        self.connections = LoopConnections(self.threads, most=most)
        self.used_threads = 0
        self.application = Application(None, Bodies(largest=10**6, seconds=60, most=9), self._webhooks)  # type: ignore[arg-type]

    async def _webhooks(self, environ: dict[str, Any], _loop: Any) -> Any:
        return await answer_webhook(environ, self)

    async def fetch_one(self, *arguments: Any) -> Any:
        return await self.connections.fetch_one(*arguments)

    async def in_thread(self, function: Callable[[], Any]) -> Any:
        self.used_threads += 1
        return await self.connections.in_thread(function)

    async def post(self, voip: Voip, call_id: str = "op-1", secret: str = "", headers: Any = (), **more: Any) -> Answer:
        body = json.dumps({"event": "call.ringing", "id": call_id, "from": NUMBER} | more).encode()
        told: list[Any] = []

        async def receive() -> Any:
            return {"type": "http.request", "body": body}

        async def send(message: Any) -> None:
            told.append(message)

        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "POST",
            "scheme": "http",
            "path": f"/voip/webhooks/simulator/{secret or voip.webhook_secret}/",
            "query_string": b"",
            "headers": [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), *headers],
            "client": ("127.0.0.1", 5060),
            "server": ("127.0.0.1", 8000),
        }
        await self.application(cast("HTTPScope", scope), receive, send)
        named = {name.decode(): value.decode() for name, value in told[0]["headers"]}
        return told[0]["status"], named, told[1]["body"]

    def backends(self) -> list[int]:
        return [idle._libpq.backend_pid for idle in self.connections._idle]


@pytest.fixture
def voip() -> Voip:
    """Remembered by this process."""
    voip = make.voip(provider="simulator")
    addressee.find("simulator", voip.webhook_secret, with_key=False)
    return voip


@pytest.fixture
def tell() -> Iterator[Callable[..., Server]]:
    """Runs a story on a server's loop, and gives all connections back."""

    def run(story: Story, *, most: int = 1) -> Server:
        async def whole() -> Server:
            server = Server(most=most)
            try:
                await story(server)
            finally:
                for idle in server.connections._idle:
                    idle.close()
                    await server.connections.in_thread(idle.django.close)
                await server.connections.in_thread(close_threads_own)
            return server

        return asyncio.run(whole())

    yield run


def close_threads_own() -> None:
    connection.close()


Tell = Callable[..., Server]


Session = Callable[[], psycopg.Connection]


@pytest.fixture
def session(voip: Voip) -> Session:
    """Opens a session of somebody else at the same database."""
    known = connection.connection.info
    address = {"host": known.host, "port": known.port, "user": known.user, "password": known.password}
    return lambda: psycopg.connect(dbname=known.dbname, autocommit=True, **address)


def end(session: Session, pid: int) -> None:
    """Ends a connection on the server, and waits until it is gone."""
    with session() as other:
        other.execute("SELECT pg_terminate_backend(%s, 60000)", [pid])


def stored() -> list[str]:
    return list(WebhookDelivery.objects.order_by("pk").values_list("provider_call_id", flat=True))


def test_a_webhook_is_stored_without_a_thread(voip: Voip, tell: Tell) -> None:
    async def story(server: Server) -> None:
        assert (await server.post(voip))[0::2] == (200, b'{"status": "ok"}')

    assert tell(story).used_threads == 0
    call = Call.objects.get(provider_call_id="op-1")
    assert (call.status, call.number_from, stored()) == ("RINGING", NUMBER, ["op-1"])


@pytest.mark.parametrize("call_id", ['"a","b"', "back\\slash", "a{b}", "a,NULL"])
def test_an_erased_call_is_found_by_an_id_with_what_arrays_are_written_with(
    voip: Voip, tell: Tell, call_id: str
) -> None:
    async def story(server: Server) -> None:
        await server.post(voip, call_id)
        await server.connections.in_thread(erase)
        await server.post(voip, call_id, event="call.answered")

    def erase() -> None:
        Call.objects.filter(provider_call_id=call_id).update(erased_at=timezone.now())

    assert tell(story).used_threads == 0
    assert [bytes(body) == b"" for body in WebhookDelivery.objects.order_by("pk").values_list("body", flat=True)] == [
        False,
        True,
    ]


def test_its_answer_has_the_usual_headers(voip: Voip, tell: Tell) -> None:
    async def story(server: Server) -> None:
        _status, headers, _body = await server.post(voip, headers=[(b"x-request-id", b"abc")])
        assert headers == {
            "content-type": "application/json",
            "x-request-id": "abc",
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cross-origin-opener-policy": "same-origin",
        }

    tell(story)


def test_it_is_logged_under_its_own_id_whatever_else_is_answered_meanwhile(
    voip: Voip, tell: Tell, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(server: Server) -> None:
        await asyncio.gather(
            *(server.post(voip, f"op-{number}", headers=[(b"x-request-id", b"id-%d" % number)]) for number in range(9))
        )

    with caplog.at_level(logging.INFO, "voipcrm.access"):
        tell(story, most=3)

    logged = [
        (record.__dict__["request_id"], record.__dict__["status"])
        for record in caplog.records
        if record.name == "voipcrm.access"
    ]
    assert sorted(logged) == [(f"id-{number}", 200) for number in range(9)]


class TestAThreadDecides:
    """What one statement does not store."""

    def test_what_was_not_told_before_under_an_address(self, tell: Tell) -> None:
        new = make.voip(provider="simulator")

        async def story(server: Server) -> None:
            assert (await server.post(new))[0] == 200
            assert (await server.post(new, "op-2"))[0] == 200

        assert tell(story).used_threads == 1
        assert stored() == ["op-1", "op-2"]

    def test_a_redelivery(self, voip: Voip, tell: Tell) -> None:
        async def story(server: Server) -> None:
            for _delivery in range(2):
                assert (await server.post(voip))[0] == 200

        assert tell(story).used_threads == 1
        assert stored() == ["op-1"]

    def test_a_configuration_that_has_changed(self, voip: Voip, tell: Tell) -> None:
        Voip.objects.filter(pk=voip.pk).update(active=False)

        async def story(server: Server) -> None:
            assert (await server.post(voip))[0] == 404

        tell(story)
        assert stored() == []

    def test_what_cannot_be_read(self, voip: Voip, tell: Tell) -> None:
        async def story(server: Server) -> None:
            assert (await server.post(voip, event=7))[0] == 200

        tell(story)
        assert WebhookDelivery.objects.exclude(error="").count() == 1

    def test_what_nobody_may_send(self, voip: Voip, tell: Tell) -> None:
        async def story(server: Server) -> None:
            assert (await server.post(voip, secret="x" * 43))[0] == 404
            assert (await server.post(voip, more="x" * 70_000))[0] == 413
            assert (await server.post(voip, headers=[(b"host", b"elsewhere.example")]))[0] == 400

        tell(story)
        assert stored() == []


class TestTheConnection:
    def test_is_used_again(self, voip: Voip, tell: Tell) -> None:
        used: list[list[int]] = []

        async def story(server: Server) -> None:
            for number in range(3):
                await server.post(voip, f"op-{number}")
                used.append(server.backends())

        assert tell(story).used_threads == 0
        assert used[0] == used[1] == used[2] != []

    def test_serves_one_after_the_other_those_that_come_together(self, voip: Voip, tell: Tell) -> None:
        async def story(server: Server) -> None:
            answers = await asyncio.gather(*(server.post(voip, f"op-{number}") for number in range(9)))
            assert {status for status, *_rest in answers} == {200}

        assert tell(story, most=2).used_threads == 0
        assert len(stored()) == 9

    def test_takes_more_than_a_socket_does_at_once(self, voip: Voip, tell: Tell) -> None:
        async def story(server: Server) -> None:
            assert (await server.post(voip, more="ż" * 10_000))[0] == 200

        assert tell(story).used_threads == 0
        assert len(bytes(WebhookDelivery.objects.get().body)) > 60_000

    def test_is_not_used_when_the_server_has_closed_it(self, voip: Voip, tell: Tell, session: Session) -> None:
        async def story(server: Server) -> None:
            await server.post(voip)
            (closed,) = server.backends()
            await asyncio.to_thread(end, session, closed)
            assert (await server.post(voip, "op-2"))[0] == 200
            assert server.backends() != [closed]

        assert tell(story).used_threads == 0
        assert stored() == ["op-1", "op-2"]

    def test_that_is_lost_in_use_costs_no_delivery(self, voip: Voip, tell: Tell, session: Session) -> None:
        async def story(server: Server) -> None:
            await server.post(voip)
            (used,) = server.backends()
            with session() as other, other.transaction():
                other.execute("LOCK TABLE calls_call")
                behind = asyncio.create_task(server.post(voip, "op-2"))
                await asyncio.to_thread(waits, Future())
                await asyncio.to_thread(end, session, used)
            assert (await behind)[0] == 200

        assert tell(story).used_threads == 1
        assert stored() == ["op-1", "op-2"]

    def test_is_not_given_to_another_while_it_waits_for_one_who_has_gone(
        self, voip: Voip, tell: Tell, session: Session
    ) -> None:
        async def story(server: Server) -> None:
            await server.post(voip)
            with session() as other, other.transaction():
                other.execute("LOCK TABLE calls_call")
                gone = asyncio.create_task(server.post(voip, "op-2"))
                await asyncio.to_thread(waits, Future())
                gone.cancel()
                await asyncio.wait([gone])
                assert server.backends() == []
            assert (await server.post(voip, "op-3"))[0] == 200

        tell(story)
        assert set(stored()) >= {"op-1", "op-3"}

    def test_goes_back_to_the_pool_after_a_while(self, voip: Voip, tell: Tell, monkeypatch: pytest.MonkeyPatch) -> None:
        async def story(server: Server) -> None:
            await server.post(voip)
            (old,) = server.backends()
            monkeypatch.setattr(loop_connections, "LONGEST", 0.0)
            await server.post(voip, "op-2")
            assert server.backends() != [old]

        assert tell(story).used_threads == 0

    def test_prepares_nothing_where_that_is_forbidden(
        self, voip: Voip, tell: Tell, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def story(server: Server) -> None:
            await server.post(voip)
            (idle,) = server.connections._idle
            idle._connection.prepare_threshold = None
            monkeypatch.setattr(idle, "_prepare", None)
            assert (await server.post(voip, "op-2"))[0] == 200

        assert tell(story).used_threads == 0
        assert stored() == ["op-1", "op-2"]

    def test_that_is_not_to_be_had_is_not_asked_for_by_everybody(
        self, voip: Voip, tell: Tell, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked: list[None] = []

        def away() -> None:
            asked.append(None)
            raise OperationalError("the server is away")

        monkeypatch.setattr(loop_connections, "_connect", away)
        monkeypatch.setattr(loop_connections, "PAUSE", 3600.0)

        async def story(server: Server) -> None:
            for number in range(5):
                assert (await server.post(voip, f"op-{number}"))[0] == 200

        assert tell(story).used_threads == 5
        assert (len(asked), len(stored())) == (1, 5)
