"""A webhook as it is answered on the event loop: the statement is told the same as by a thread, and what is not for the loop is left to one."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import make
import pytest
from django.test import RequestFactory

from calls.sql import Row, Statement
from integrations.webhooks import addressee
from integrations.webhooks.views import LARGEST_BODY, webhook_on_loop
from sips.models import Voip

pytestmark = pytest.mark.django_db
ASK = RequestFactory()


class Loop:
    """Takes down what the statement is told, and answers that it was stored: delivery, call, whether that was requested, and was known."""

    def __init__(self, row: Row = (1, 1, False, False)) -> None:
        self.told: list[Mapping[str, object]] = []
        self.row, self.left = row, 0

    async def fetch_one(self, statement: Statement, parameters: Mapping[str, object]) -> Row | None:
        self.told.append(parameters)
        return self.row

    async def in_thread(self, function: Callable[[], Any]) -> Any:
        self.left += 1


@pytest.fixture
def voip() -> Voip:
    """Remembered by this process."""
    voip = make.voip()
    addressee.find("telecube", voip.webhook_secret, with_key=False)
    return voip


def answered(loop: Loop, request: Any, voip: Voip, event: str | None = None) -> bool:
    answer = asyncio.run(webhook_on_loop(request, "telecube", voip.webhook_secret, event, loop=loop))
    return answer is not None


def test_the_event_of_the_address_counts_as_by_a_thread(voip: Voip) -> None:
    loop = Loop()
    request = ASK.post("/", {"call_id": "7", "caller": "501502503"})

    assert answered(loop, request, voip, "queue_start")

    assert loop.left == 0
    assert [(told["event"], told["provider_call_id"], told["status"]) for told in loop.told] == [
        ("queue_start", "7", "QUEUED")
    ]


@pytest.mark.parametrize(
    "request_of",
    [
        lambda: ASK.put("/", b"call_id=7", content_type="application/x-www-form-urlencoded"),
        lambda: ASK.post("/", {"call_id": "7", "note": "x" * LARGEST_BODY}),
        lambda: ASK.post("/", {"call_id": "7"}, HTTP_HOST="somebody-elses.example.com"),
    ],
    ids=["another method", "too much", "another host"],
)
def test_what_is_refused_is_left_to_a_thread(voip: Voip, request_of: Callable[[], Any]) -> None:
    loop = Loop()

    assert not answered(loop, request_of(), voip, "queue_start")

    assert loop.told == []


@pytest.mark.parametrize(("row", "left"), [((1, None, None, False), 1), ((1, None, None, True), 0)])
def test_a_report_that_another_call_under_its_id_forestalled_is_put_in_place_by_a_thread(
    voip: Voip, row: Row, left: int
) -> None:
    loop = Loop(row)

    assert answered(loop, ASK.post("/", {"call_id": "7"}), voip, "queue_start")

    assert loop.left == left
