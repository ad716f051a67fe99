"""The pages of the providers' lists: a full one may have another behind it, a shorter one has none, and every page is asked for once."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from integrations import providers
from integrations.providers.foundation.events import Account, OutboundRequest, OutboundResponse
from integrations.providers.foundation.provider import Unreadable

SINCE, UNTIL = datetime(2026, 1, 15, 9, tzinfo=UTC), datetime(2026, 1, 15, 10, tzinfo=UTC)
ACCOUNT = Account(
    time_zone=ZoneInfo("Europe/Warsaw"),
    country="PL",
    api_login="AC1",
    api_key="key",
    settings={"list": {"url": "https://name.ccrm.pl", "same_ids": True}},
)
Content = Callable[[int], dict[str, Any]]


def telecube(rows: int) -> dict[str, Any]:
    row = {"uuid": "1.1", "service": "CALL", "callDirection": "IN", "callDate": "2026-01-15 10:20:00", "duration": 0}
    return {"success": True, "data": [row] * rows}


def zadarma(rows: int) -> dict[str, Any]:
    row = {"pbx_call_id": "in_1", "destination": "101", "disposition": "busy", "callstart": "2026-01-15 10:20:00"}
    return {"status": "success", "stats": [row] * rows}


def supervoip(rows: int, total: int | str = 0) -> dict[str, Any]:
    row = {"callId": "1@x", "date": "2026-01-15", "time": "10:20:00", "duration": 0, "disposition": "BUSY"}
    return {"hydra:member": [row] * rows, "hydra:totalItems": total}


def request(slug: str) -> OutboundRequest:
    asked = providers.find(slug).list_calls(SINCE, UNTIL, ACCOUNT)
    assert asked is not None
    return asked


def following(slug: str, asked: OutboundRequest, content: dict[str, Any]) -> OutboundRequest | None:
    answer = OutboundResponse(status=200, body=json.dumps(content).encode(), url=asked.url)
    return providers.find(slug).read_calls(answer, ACCOUNT).next


def query(asked: OutboundRequest | None) -> dict[str, str]:
    assert asked is not None
    return {name: values[0] for name, values in parse_qs(urlsplit(asked.url).query).items()}


@pytest.mark.parametrize(("slug", "content", "full"), [("telecube", telecube, 1000), ("zadarma", zadarma, 1000)])
def test_a_page_that_is_full_to_the_last_row_may_have_another_behind_it(slug: str, content: Content, full: int) -> None:
    asked = request(slug)

    assert following(slug, asked, content(full)) is not None
    assert following(slug, asked, content(full - 1)) is None
    assert following(slug, asked, content(0)) is None


@pytest.mark.parametrize(
    ("slug", "content", "full", "name", "values"),
    [
        ("telecube", telecube, 1000, "page", ["2", "3", "4"]),
        ("zadarma", zadarma, 1000, "skip", ["1000", "2000", "3000"]),
        ("supervoip", lambda rows: supervoip(rows, 1000), 100, "page", ["2", "3", "4"]),
    ],
)
def test_each_page_leads_to_the_one_behind_it_over_the_same_time(
    slug: str, content: Content, full: int, name: str, values: list[str]
) -> None:
    asked = request(slug)
    span = {key: value for key, value in query(asked).items() if key != name}
    seen = []

    for _ in values:
        behind = following(slug, asked, content(full))
        assert behind is not None
        asked = behind
        seen.append(query(asked)[name])

    assert seen == values
    assert {key: value for key, value in query(asked).items() if key != name} == span


@pytest.mark.parametrize(
    ("page", "rows", "total", "ends"),
    [
        (1, 100, 100, True),
        (1, 100, 101, False),
        (2, 100, 200, True),
        (2, 100, "201", False),
        (1, 30, 31, False),
        (3, 0, 500, True),
        (1, 100, "?", True),
    ],
)
def test_supervoips_list_ends_with_the_total_it_tells(page: int, rows: int, total: int | str, ends: bool) -> None:
    first = request("supervoip")
    asked = replace(first, url=first.url.replace("&page=1", f"&page={page}"))

    assert (following("supervoip", asked, supervoip(rows, total)) is None) is ends


def test_twilios_next_page_is_followed_within_the_account_alone() -> None:
    asked = request("twilio")
    here, elsewhere = "/2010-04-01/Accounts/AC1/Calls.json?Page=2", "/2010-04-01/Accounts/AC2/Calls.json?Page=2"

    behind = following("twilio", asked, {"calls": [], "next_page_uri": here})

    assert behind is not None
    assert behind.url == "https://api.twilio.com" + here
    assert following("twilio", asked, {"calls": [], "next_page_uri": None}) is None
    with pytest.raises(Unreadable):
        following("twilio", asked, {"calls": [], "next_page_uri": elsewhere})
