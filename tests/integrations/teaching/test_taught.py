"""Hosted exchanges that no file knows, taught by settings alone (`taught/<exchange>.json`): what their documents say they send, and what it becomes.

A file names the exchange, the document, the country, the settings, the deliveries with what is read of each (null: it is ignored), the Call that
they end in, and what settings cannot say (`left_open`).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import make
import pytest
from payload_files import RECEIVED_AT, as_text

from calls.events import CallEvent
from calls.models import Call
from integrations import providers
from integrations.providers.foundation.events import Account, Delivery
from integrations.webhooks import services
from sips.models import Voip

TAUGHT = {path.stem: json.loads(path.read_text()) for path in sorted((Path(__file__).parent / "taught").glob("*.json"))}
PAGE = Path(__file__).parents[3] / "docs" / "adding-a-provider.md"
GENERIC = "datera"
"""The provider file that assumes nothing."""

every_exchange = pytest.mark.parametrize("name", TAUGHT)


def delivery(told: Mapping[str, Any]) -> Delivery:
    body = json.dumps(told["json"]) if "json" in told else urlencode(told["form"])
    return Delivery(method="POST", body=body.encode(), received_at=RECEIVED_AT, event=told["event"])


def read(name: str, told: Mapping[str, Any]) -> list[CallEvent]:
    exchange = TAUGHT[name]
    account = Account(time_zone=ZoneInfo("Europe/Warsaw"), country=exchange["country"], settings=exchange["settings"])
    return list(providers.find(GENERIC).parse(delivery(told), account))


def teach(name: str) -> Voip:
    exchange = TAUGHT[name]
    return make.voip(provider=GENERIC, country=exchange["country"], settings=exchange["settings"])


def deliver(voip: Voip, told: Mapping[str, Any]) -> None:
    services.receive(delivery(told), provider=GENERIC, secret=voip.webhook_secret, address="127.0.0.1")


def call_of(voip: Voip) -> dict[str, Any]:
    facts = Call.objects.values().get(voip=voip)
    return {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in facts.items()}


def test_ten_taught_providers_are_tested() -> None:
    assert len(TAUGHT) >= 10


@every_exchange
def test_its_settings_are_accepted(name: str) -> None:
    providers.find(GENERIC).validate_settings(TAUGHT[name]["settings"])


@every_exchange
def test_each_delivery_is_read_as_its_file_says_and_nothing_is_left_over(name: str) -> None:
    for told in TAUGHT[name]["deliveries"]:
        events = [as_text(event) for event in read(name, told)]
        expected = [] if told["expect"] is None else [told["expect"]]

        assert [{key: event[key] for key in told["expect"] or {}} for event in events] == expected
        assert [note for event in read(name, told) for note in event.notes] == []


@pytest.mark.django_db
@every_exchange
def test_its_deliveries_end_in_one_call_in_either_order(name: str) -> None:
    exchange = TAUGHT[name]

    for order in (exchange["deliveries"], exchange["deliveries"][::-1]):
        voip = teach(name)
        for told in order:
            deliver(voip, told)

        assert {key: call_of(voip)[key] for key in exchange["call"]} == exchange["call"]


@every_exchange
def test_the_page_mentions_it(name: str) -> None:
    assert f"| {TAUGHT[name]['pbx']} |" in PAGE.read_text()
