"""The job that places a call through a provider's API, against a server standing for the provider."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import loopback
import make
import pytest
from cryptography.fernet import Fernet
from django.db import connection

from calls.dialing import hang_up
from calls.models import Call, Via
from calls.services import request_call
from calls.statuses import Status
from integrations import providers
from integrations.models import RateLimit
from integrations.outbound import dialing
from integrations.outbound.addresses import parse_allowed
from integrations.providers.foundation.events import (
    Account,
    CallEvent,
    Delivery,
    DialOrder,
    OutboundRequest,
    OutboundResponse,
)
from integrations.providers.foundation.provider import Provider, Refused, Unreadable
from integrations.tasks import dial_call
from sips import catalog
from sips.models import Sip, Voip

pytestmark = pytest.mark.django_db
CUSTOMER = "+48501502503"


class Exchange(Provider):
    """A minimal provider."""

    slug = "simulator"
    name = "Exchange"
    evidence = "declared"
    statuses: ClassVar[dict[str, Status]] = {}
    can_dial = True

    def parse(self, delivery: Delivery, account: Account) -> list[CallEvent]:
        return []

    def dial(self, order: DialOrder, account: Account) -> OutboundRequest:
        if not account.api_key:
            raise Refused("The configuration has no api_key.")
        first = "customer" if order.customer_first else "line"
        body = f"{order.line} {order.number} {order.reference} {order.caller_id} {order.callback_url} {first}"
        body += f" {order.line_number}" if order.line_number else ""
        return OutboundRequest(method="POST", url=account.api_url, body=body.encode())

    def read_dialed(self, response: OutboundResponse, account: Account) -> str:
        if response.status != 200:
            raise Refused(f"Exchange refused: {response.body.decode()}.")
        if response.body == b"?":
            raise Unreadable("Exchange did not say whether it dials.")
        return response.body.decode()


@pytest.fixture
def exchange(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[loopback.ProviderServer]:
    provider = Exchange()
    monkeypatch.setattr(providers, "find", lambda slug: provider)
    monkeypatch.setitem(catalog._providers, "simulator", provider)
    settings.OUTBOUND_ALLOWED = parse_allowed(["127.0.0.0/8"])
    with loopback.provider_server() as server:
        server.will(loopback.answering(200, b"op-1"))
        yield server


@pytest.fixture
def request_one(exchange: loopback.ProviderServer) -> Callable[..., Call]:
    voip = make.voip(provider="simulator", api_url=exchange.url, api_key="k", number="+48221234567")
    make.sip(voip=voip)

    def request(**fields: Any) -> Call:
        return request_call(via=Via.PROVIDER, sip="100", number_to=CUSTOMER, **fields)

    return request


def _configure(call: Call, **fields: str) -> None:
    voip = Voip.objects.get(pk=call.voip_id or 0)
    for name, value in fields.items():
        setattr(voip, name, value)
    voip.save()


def _told(call: Call) -> tuple[str, str, str, str]:
    call.refresh_from_db()
    return call.status, call.reason, call.provider_status, call.provider_call_id


def test_the_provider_is_asked_once_and_its_id_is_kept(
    exchange: loopback.ProviderServer, request_one: Callable[..., Call]
) -> None:
    call = request_one()

    dial_call(call_id=call.pk)
    dial_call(call_id=call.pk)

    line, number, reference, caller_id, callback, first = exchange.only.body.decode().split()
    assert (line, number, reference, caller_id) == ("100", CUSTOMER, call.reference, "+48221234567")
    assert first == "line"
    assert call.voip is not None
    assert callback == f"{call.voip.webhook_url}?ref={call.reference}"
    assert _told(call) == ("DIALING", "", "", "op-1")


def test_the_provider_is_told_the_lines_own_number(
    exchange: loopback.ProviderServer, request_one: Callable[..., Call]
) -> None:
    Sip.objects.update(number="+48221234501")

    dial_call(call_id=request_one().pk)

    assert exchange.only.body.decode().split()[-1] == "+48221234501"


def test_the_claim_is_committed_before_the_request_is_sent(
    exchange: loopback.ProviderServer, request_one: Callable[..., Call], transactional_db: None
) -> None:
    call = request_one()
    seen: list[str] = []

    def look(_connection: Any) -> None:
        seen.append(Call.objects.get(pk=call.pk).status)  # by the server's thread, so over a connection of its own
        connection.close()

    exchange.will(look)
    dial_call(call_id=call.pk)

    assert seen == ["DIALING"]


def test_a_refusal_is_the_calls_end_in_the_providers_words(
    exchange: loopback.ProviderServer, request_one: Callable[..., Call]
) -> None:
    exchange.will(loopback.answering(402, b"no money"))
    call = request_one()

    dial_call(call_id=call.pk)

    assert _told(call) == ("FAILED", "refused", "Exchange refused: no money.", "")


def test_an_incomplete_configuration_sends_nothing(
    exchange: loopback.ProviderServer, request_one: Callable[..., Call]
) -> None:
    call = request_one()
    _configure(call, api_key="")

    dial_call(call_id=call.pk)

    assert _told(call)[:3] == ("FAILED", "refused", "The configuration has no api_key.")
    assert exchange.received == []


@pytest.mark.parametrize("gone", ["sip", "voip"])
def test_what_was_switched_off_meanwhile_is_not_dialed(
    exchange: loopback.ProviderServer, request_one: Callable[..., Call], gone: str
) -> None:
    call = request_one()
    row = getattr(call, gone)
    row.active = False
    row.save()

    dial_call(call_id=call.pk)

    assert _told(call)[:2] == ("FAILED", "refused")
    assert exchange.received == []


def test_a_call_with_a_key_that_nothing_decrypts_any_more_fails_and_says_so(
    exchange: loopback.ProviderServer, request_one: Callable[..., Call], settings: Any
) -> None:
    call = request_one()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]

    dial_call(call_id=call.pk)

    stored = Call.objects.values("status", "reason", "provider_status").get()
    assert (stored["status"], stored["reason"], exchange.received) == ("FAILED", "refused", [])
    assert "ENCRYPTION_KEYS" in stored["provider_status"]


def test_a_call_whose_request_was_not_sent_fails(request_one: Callable[..., Call]) -> None:
    call = request_one()
    _configure(call, api_url="http://127.0.0.1:1")

    dial_call(call_id=call.pk)

    assert _told(call)[:2] == ("FAILED", "refused")


@pytest.mark.parametrize(
    "behaviour",
    [
        loopback.resetting,
        loopback.sending(b"garbage"),
        loopback.answering(500),
        loopback.answering(503, b"later"),
        loopback.answering(200, b"?"),
    ],
    ids=["cut", "garbage", "500", "503", "unclear"],
)
def test_after_a_timeout_the_call_stays_dialing_and_is_not_dialed_again(
    exchange: loopback.ProviderServer, request_one: Callable[..., Call], behaviour: loopback.Behaviour
) -> None:
    exchange.will(behaviour)
    call = request_one()

    dial_call(call_id=call.pk)
    dial_call(call_id=call.pk)

    assert _told(call) == ("DIALING", "", "", "")
    assert len(exchange.received) == 1


def test_a_canceled_request_is_not_sent_to_the_provider(
    exchange: loopback.ProviderServer, request_one: Callable[..., Call]
) -> None:
    call = request_one()
    hang_up(call.pk)

    dial_call(call_id=call.pk)

    assert (_told(call)[0], exchange.received) == ("CANCELED", [])


def test_the_provider_is_asked_to_ring_the_customer_first_where_the_call_says_so(
    exchange: loopback.ProviderServer, request_one: Callable[..., Call]
) -> None:
    dial_call(call_id=request_one(customer_first=True).pk)

    assert exchange.only.body.decode().split()[-1] == "customer"


class TestPace:
    def _pace(self, monkeypatch: pytest.MonkeyPatch, seconds: float) -> list[float]:
        waited: list[float] = []
        monkeypatch.setattr(Exchange, "seconds_between_dials", seconds)
        monkeypatch.setattr("integrations.outbound.dialing.time.sleep", waited.append)
        return waited

    def test_requests_leave_no_faster_than_the_provider_allows(
        self, exchange: loopback.ProviderServer, request_one: Callable[..., Call], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waited = self._pace(monkeypatch, 1)

        for call in [request_one(), request_one(), request_one()]:
            dial_call(call_id=call.pk)

        assert [round(seconds) for seconds in waited] == [0, 1, 2]
        assert len(exchange.received) == 3

    def test_after_a_quiet_hour_they_leave_apart_again(
        self, exchange: loopback.ProviderServer, request_one: Callable[..., Call], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waited = self._pace(monkeypatch, 1)
        calls = [request_one(), request_one()]
        RateLimit.objects.create(voip_id=calls[0].voip_id or 0, next_at=datetime.now(UTC) - timedelta(hours=1))

        for call in calls:
            dial_call(call_id=call.pk)

        assert [round(seconds) for seconds in waited] == [0, 1]

    def test_a_call_canceled_while_its_dial_waits_is_not_placed(
        self, exchange: loopback.ProviderServer, request_one: Callable[..., Call], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self._pace(monkeypatch, 1)
        call = request_one()
        monkeypatch.setattr("integrations.outbound.dialing.time.sleep", lambda _seconds: hang_up(call.pk))

        dial_call(call_id=call.pk)

        assert (_told(call)[0], exchange.received) == ("CANCELED", [])

    def test_a_dial_beyond_the_rate_limit_defers_the_job(
        self, exchange: loopback.ProviderServer, request_one: Callable[..., Call], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self._pace(monkeypatch, 1)
        call = request_one()
        RateLimit.objects.create(voip_id=call.voip_id or 0, next_at=datetime.now(UTC) + timedelta(seconds=30))

        dial_call(call_id=call.pk)

        assert (_told(call)[0], exchange.received) == ("QUEUED", [])
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE scheduled_at > now()")
            assert cursor.fetchone() == (1,)

    def test_the_rate_limit_is_per_configuration(
        self, exchange: loopback.ProviderServer, request_one: Callable[..., Call], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        waited = self._pace(monkeypatch, 1)
        call = request_one()
        other = make.voip(provider="simulator", api_url=exchange.url, api_key="k")
        make.sip(voip=other, sip="200")
        elsewhere = request_call(via=Via.PROVIDER, sip="200", number_to=CUSTOMER)

        dial_call(call_id=call.pk)
        dial_call(call_id=elsewhere.pk)

        assert [round(seconds) for seconds in waited] == [0, 0]

    @pytest.mark.django_db(transaction=True)
    def test_concurrent_processes_reserve_different_times(self, request_one: Callable[..., Call]) -> None:
        voip_id = request_one().voip_id or 0
        began = datetime.now(UTC)

        def take() -> None:
            dialing._reserve_dial(voip_id, 0.25)
            connection.close()

        threads = [threading.Thread(target=take) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert RateLimit.objects.get().next_at >= began + 6 * timedelta(seconds=0.25)
