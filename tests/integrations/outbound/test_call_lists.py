"""Reading a provider's list of calls: what webhooks missed is filled in, nothing is doubled, nothing is left out."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import loopback
import make
import pytest
import time_machine
from django.utils import translation
from procrastinate.contrib.django.models import ProcrastinateJob

from calls.dialing import claim
from calls.events import CallEvent
from calls.expiry import expire_stale_calls
from calls.models import Call, Report, Via
from calls.sentences import store, translate_stored
from calls.services import apply_event
from calls.statuses import Kind, Source, Status
from integrations import lacks, providers
from integrations.models import SyncCursor
from integrations.outbound import call_lists
from integrations.outbound.addresses import parse_allowed
from integrations.outbound.call_lists import reconcile
from integrations.providers.foundation.events import Account, CallPage, Delivery, OutboundRequest, OutboundResponse
from integrations.providers.foundation.provider import Provider, Unreadable
from integrations.providers.foundation.provider_api import refusal
from integrations.tasks import read_list, read_lists
from integrations.webhooks.addressee import account_of
from sips.models import Voip

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)


class Exchange(Provider):
    slug = "simulator"
    name = "Exchange"
    evidence = "declared"
    statuses: ClassVar[dict[str, Status]] = {}
    can_list = True
    wanted = True

    def parse(self, delivery: Delivery, account: Account) -> list[CallEvent]:
        return []

    def list_calls(self, since: datetime, until: datetime, account: Account) -> OutboundRequest | None:
        if not self.wanted:
            return None
        return OutboundRequest(method="GET", url=f"{account.api_url}/1?{since:%dT%H:%M}/{until:%dT%H:%M}")

    def read_calls(self, response: OutboundResponse, account: Account) -> CallPage:
        if response.status != 200:
            raise Unreadable(f"Exchange said {response.status}.")
        content = json.loads(response.body)
        events = [
            CallEvent(
                provider_call_id=row["id"],
                status=Status(row["status"]),
                source=Source.LIST,
                kind=Kind.OUTGOING,
                number_to=row.get("to", ""),
                started_at=NOW - timedelta(minutes=row.get("ago", 5)),
                talk_seconds=row.get("seconds"),
            )
            for row in content["rows"]
        ]
        return CallPage(
            events=events,
            next=OutboundRequest(method="GET", url=account.api_url + content["next"]) if content.get("next") else None,
        )


@pytest.fixture
def exchange(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[loopback.ProviderServer]:
    provider = Exchange()
    monkeypatch.setattr(providers, "find", lambda slug: provider)
    monkeypatch.setattr(call_lists, "PAUSE", 0)
    settings.OUTBOUND_ALLOWED = parse_allowed(["127.0.0.0/8"])
    with loopback.provider_server() as server, time_machine.travel(NOW, tick=False):
        yield server


@pytest.fixture
def voip(exchange: loopback.ProviderServer) -> Voip:
    return make.voip(provider="simulator", api_url=exchange.url)


def _lists(*rows: dict[str, Any], following: str = "") -> loopback.Behaviour:
    return loopback.answering(200, {"rows": rows, "next": following})


def _told(voip: Voip) -> dict[str, str]:
    return dict(Call.objects.filter(voip=voip).values_list("provider_call_id", "status"))


def test_a_call_whose_webhooks_were_lost_is_filled_in_once(exchange: loopback.ProviderServer, voip: Voip) -> None:
    exchange.will(_lists({"id": "a", "status": "ANSWERED", "seconds": 30}, {"id": "b", "status": "BUSY"}))

    assert [reconcile(voip), reconcile(voip)] == [2, 2]

    assert _told(voip) == {"a": "ANSWERED", "b": "BUSY"}


@pytest.mark.parametrize("status", [200, 500])
def test_reading_one_configurations_list_moves_no_others_cursor(
    exchange: loopback.ProviderServer, voip: Voip, status: int
) -> None:
    SyncCursor.objects.create(voip=make.voip(name="Other"), read_until=NOW - timedelta(days=2))
    exchange.will(loopback.answering(status, {"rows": []}))

    reconcile(voip)

    other = SyncCursor.objects.exclude(voip=voip).get()
    assert (other.read_until, other.read_at, other.error) == (NOW - timedelta(days=2), None, "")


def test_what_another_configuration_has_listed_under_the_same_id_stays(
    exchange: loopback.ProviderServer, voip: Voip
) -> None:
    other = make.voip(name="Other", provider="simulator", api_url=exchange.url)
    for owner, status in ((other, "ANSWERED"), (voip, "BUSY")):
        exchange.will(_lists({"id": "a", "status": status}))
        reconcile(owner)

    assert (_told(other), _told(voip)) == ({"a": "ANSWERED"}, {"a": "BUSY"})
    assert Report.objects.filter(voip=other).count() == 1


def test_the_list_corrects_a_webhooks_result(exchange: loopback.ProviderServer, voip: Voip) -> None:
    apply_event(CallEvent(provider_call_id="a", status=Status.NO_ANSWER), voip=voip, received_at=NOW)
    exchange.will(_lists({"id": "a", "status": "BUSY"}))

    reconcile(voip)

    assert _told(voip) == {"a": "BUSY"}


def test_the_list_does_not_take_back_a_talk(exchange: loopback.ProviderServer, voip: Voip) -> None:
    apply_event(CallEvent(provider_call_id="a", status=Status.ANSWERED, talk_seconds=9), voip=voip, received_at=NOW)
    exchange.will(_lists({"id": "a", "status": "NO ANSWER"}))

    reconcile(voip)

    assert _told(voip) == {"a": "ANSWERED"}


def test_a_request_without_webhooks_is_found_in_the_list(exchange: loopback.ProviderServer, voip: Voip) -> None:
    call = make.call(
        voip=voip, via=Via.PROVIDER, status="QUEUED", precedence=10, reference="r", number_to="+48501502503"
    )
    claim(call.pk)
    with time_machine.travel(NOW + timedelta(minutes=6), tick=False):
        expire_stale_calls()
    exchange.will(_lists({"id": "a", "status": "ANSWERED", "seconds": 30, "to": "+48501502503", "ago": 0}))

    reconcile(voip)

    found = Call.objects.get()
    assert (found.pk, found.status, found.duration, found.provider_call_id) == (call.pk, "ANSWERED", 30, "a")


class TestMark:
    def test_the_first_reading_looks_a_day_back_and_each_next_one_from_where_the_last_ended(
        self, exchange: loopback.ProviderServer, voip: Voip
    ) -> None:
        exchange.will(_lists())

        for _ in range(5):
            reconcile(voip)

        spans = [request.target.partition("?")[2] for request in exchange.received]
        assert spans == [
            "09T10:00/09T18:00",
            "09T16:00/10T00:00",
            "09T22:00/10T06:00",
            "10T04:00/10T12:00",
            "10T10:00/10T12:00",
        ]

    def test_all_pages_are_read(self, exchange: loopback.ProviderServer, voip: Voip) -> None:
        exchange.will(
            _lists({"id": "a", "status": "BUSY"}, following="/2"),
            _lists({"id": "b", "status": "BUSY"}, following="/3"),
            _lists({"id": "c", "status": "BUSY"}),
        )

        assert reconcile(voip) == 3
        assert [request.path for request in exchange.received] == ["/1", "/2", "/3"]

    @pytest.mark.parametrize(
        "behaviour",
        [loopback.answering(503), loopback.resetting, loopback.sending(b"x")],
        ids=["503", "cut", "garbage"],
    )
    def test_an_interrupted_reading_is_repeated_and_staff_see_why(
        self, exchange: loopback.ProviderServer, voip: Voip, behaviour: loopback.Behaviour
    ) -> None:
        exchange.will(_lists({"id": "a", "status": "BUSY"}, following="/2"), behaviour)
        before = SyncCursor.objects.create(voip=voip, read_until=NOW - timedelta(hours=1))

        reconcile(voip)

        mark = SyncCursor.objects.get()
        assert (mark.read_until, mark.read_at, bool(mark.error)) == (before.read_until, NOW, True)
        assert _told(voip) == {"a": "BUSY"}

    def test_a_successful_reading_clears_the_error(self, exchange: loopback.ProviderServer, voip: Voip) -> None:
        exchange.will(_lists())
        SyncCursor.objects.create(voip=voip, read_until=NOW - timedelta(hours=1), error="503")

        reconcile(voip)

        mark = SyncCursor.objects.get()
        assert (mark.read_until, mark.error) == (NOW, "")

    def test_an_endless_list_is_broken_off_with_an_error(
        self, exchange: loopback.ProviderServer, voip: Voip, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(call_lists, "MOST_PAGES", 3)
        exchange.will(_lists(following="/1"))

        reconcile(voip)

        assert len(exchange.received) == 3
        said = SyncCursor.objects.get().error
        assert "more than 3 pages" in translate_stored(said)
        with translation.override("pl"):
            assert "więcej niż 3 strony" in translate_stored(said)


def test_the_error_of_the_list_is_shown_on_the_configurations_page() -> None:
    voip = make.voip(provider="zadarma", api_login="key", number="+48221234567")
    error = store(refusal(OutboundResponse(status=401), account_of(voip, with_key=False), "Zadarma").sentence)
    SyncCursor.objects.create(voip=voip, read_until=NOW, read_at=NOW, error=error)

    assert any("401" in lack and "key is wrong" in lack for lack in lacks.of(voip, key_set=True))
    with translation.override("pl"):
        assert any("401" in lack and "klucz" in lack for lack in lacks.of(voip, key_set=True))


def test_a_configuration_that_does_not_want_it_is_not_read(
    exchange: loopback.ProviderServer, voip: Voip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Exchange, "wanted", False)

    assert reconcile(voip) == 0
    assert exchange.received == []


def test_every_active_configuration_has_its_list_read_by_a_job_of_its_own(
    exchange: loopback.ProviderServer, voip: Voip
) -> None:
    make.voip(provider="simulator", api_url=exchange.url, active=False)
    make.voip(provider="")

    read_lists(timestamp=0)
    read_lists(timestamp=300)

    assert _waiting() == [voip.pk]


def test_the_job_of_a_configuration_that_is_gone_does_nothing(exchange: loopback.ProviderServer) -> None:
    assert read_list(voip_id=0) == 0


def _waiting() -> list[int]:
    jobs = ProcrastinateJob.objects.filter(task_name="integrations.read_list")
    return [job.args["voip_id"] for job in jobs]
