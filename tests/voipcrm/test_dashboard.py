"""The first page of the back-office."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import make
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from staff import staff, superuser, told

from autocalls.models import Autocall, Refusal
from calls.models import Call
from integrations.models import WebhookDelivery
from sips.models import Voip

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """What is of today stays so while a test runs."""
    with time_machine.travel(datetime(2026, 3, 11, 12, tzinfo=UTC)):
        yield


def delivery(voip: Voip, **fields: Any) -> WebhookDelivery:
    number = WebhookDelivery.objects.count()
    made = {"voip": voip, "fingerprint": str(number), "method": "POST", "body": b"", "received_at": timezone.now()}
    return WebhookDelivery.objects.create(**made | fields)


def cards(html: str) -> dict[str, str]:
    found = re.findall(r'text-2xl text-important">([^<]*)</div>\s*<div>([^<]*)</div>', html)
    return {title: number for number, title in found}


def test_cards_count_what_needs_attention_today() -> None:
    yesterday = timezone.now() - timedelta(days=1)
    make.call(kind="incoming", status="NO ANSWER")
    make.call(kind="incoming", status="NO ANSWER", start_time=yesterday)
    make.call(kind="outgoing", status="RINGING", precedence=30)
    make.call(kind="outgoing", status="RINGING", precedence=30, start_time=yesterday)
    delivery(make.voip(), error="no call id")
    delivery(make.voip(), error="no call id", received_at=yesterday)

    shown = cards(superuser().get("/admin/").content.decode())

    assert shown == {
        "Calls today": "2",
        "Missed today": "1",
        "Not finished": "2",
        "Unreadable deliveries today": "1",
        "Deliveries read in part today": "0",
        "Call-backs waiting": "0",
        "Call-backs overdue": "0",
        "Refused today": "0",
    }


def test_cards_count_the_call_backs_and_what_was_refused() -> None:
    now = timezone.now()
    for number, minutes in enumerate((-2, 2, 0)):
        Autocall.objects.create(number=f"+4850150250{number}", call_at=now + timedelta(minutes=minutes))
    Autocall.objects.create(number="+48501502509", status="calling")
    Autocall.objects.create(number="+48501502508", status="done", finished_at=now)
    widget = make.widget()
    for code, at in (("robot", now), ("closed", now - timedelta(days=1))):
        Refusal.objects.create(widget=widget, code=code, day=at.date(), last_at=at)

    shown = cards(superuser().get("/admin/").content.decode())

    assert [shown[title] for title in ("Call-backs waiting", "Call-backs overdue", "Refused today")] == ["4", "1", "1"]


def test_the_cards_of_call_backs_lead_to_what_they_count() -> None:
    now = timezone.now()
    Autocall.objects.create(number="+48501502501", call_at=now - timedelta(hours=1))
    Autocall.objects.create(number="+48501502502", call_at=now + timedelta(hours=1))
    Autocall.objects.create(number="+48501502503", status="done", finished_at=now)
    widget = make.widget()
    for code, at in (("robot", now), ("closed", now - timedelta(days=2))):
        Refusal.objects.create(widget=widget, code=code, day=at.date(), last_at=at)
    client = superuser()
    links = {card.title: card.link for card in client.get("/admin/").context["cards"]}

    def rows(title: str) -> int:
        return len(client.get(links[title]).context["cl"].result_list)

    assert (rows("call-backs waiting"), rows("call-backs overdue"), rows("refused today")) == (2, 1, 1)


@pytest.mark.parametrize(
    ("card", "client_ids"), [("Calls today", {"1", "2"}), ("Missed today", {"1"}), ("Not finished", {"2", "3"})]
)
def test_a_card_leads_to_the_calls_it_counts(card: str, client_ids: set[str]) -> None:
    yesterday = timezone.now() - timedelta(days=1)
    make.call(client_id=1, kind="incoming", status="NO ANSWER")
    make.call(client_id=2, kind="outgoing", status="RINGING", precedence=30)
    make.call(client_id=3, kind="outgoing", status="RINGING", precedence=30, start_time=yesterday)
    client = superuser()

    link = next(shown.link for shown in client.get("/admin/").context["cards"] if shown.title.capitalize() == card)

    rows = client.get(link).context["cl"].result_list
    assert {str(row.client_id) for row in rows} == client_ids


def test_each_configuration_tells_its_last_delivery() -> None:
    voip = make.voip(name="Warsaw")
    make.voip(name="Silent")
    delivery(voip, received_at=timezone.now() - timedelta(days=2), error="long ago")
    latest = delivery(voip)

    rows = superuser().get("/admin/").context["configurations"]

    assert [(row["name"], row["unreadable"]) for row in rows] == [("Silent", 0), ("Warsaw", 0)]
    assert rows[0]["last"] == "never"
    assert timezone.localtime(latest.received_at).strftime("%Y") in rows[1]["last"]


def test_the_page_costs_the_same_queries_however_much_there_is() -> None:
    client = superuser()
    client.get("/admin/")
    with CaptureQueriesContext(connection) as for_nothing:
        client.get("/admin/")
    Call.objects.bulk_create([Call(kind="incoming", status="BUSY") for _ in range(50)])
    for number in range(20):
        delivery(make.voip(name=str(number)), error="?")
        Autocall.objects.create(number=f"+485015025{number:02}")

    with CaptureQueriesContext(connection) as for_much:
        client.get("/admin/")

    assert len(for_much) == len(for_nothing) <= 11


def test_who_may_see_nothing_is_told_so() -> None:
    answer = staff().get("/admin/")

    assert answer.context["cards"] == []
    assert "You have no rights here yet" in told(answer.content.decode())


def test_who_may_see_calls_sees_no_deliveries() -> None:
    make.voip(name="Hidden")

    answer = staff("calls.view_call").get("/admin/")

    assert [card.title for card in answer.context["cards"]] == ["calls today", "missed today", "not finished"]
    assert "Hidden" not in answer.content.decode()


def test_who_may_see_call_backs_alone_sees_their_cards_alone() -> None:
    answer = staff("autocalls.view_autocall").get("/admin/")

    assert [card.title for card in answer.context["cards"]] == ["call-backs waiting", "call-backs overdue"]
