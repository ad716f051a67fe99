"""What has changed, as it is read on the event loop once for all who ask meanwhile."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from calls.sql import Row, Statement
from voipcrm.desk import pulse

pytestmark = pytest.mark.django_db
AFTERWARDS = 2**52


@pytest.fixture
def changes() -> pulse.Changes:
    """Read once, half a second ago."""
    known = pulse.Changes()
    known.snapshot()
    known._read_at = 0.0
    return known


class Slow:
    """The database, until it is let go on."""

    def __init__(self) -> None:
        self.asked, self.answers = 0, asyncio.Event()

    async def fetch_one(self, statement: Statement, parameters: Any) -> Row | None:
        self.asked += 1
        await self.answers.wait()
        return (AFTERWARDS, "(0,)", None, None, None)

    async def in_thread(self, function: Callable[[], Any]) -> Any:
        return function()


def test_whoever_asks_while_another_reads_waits_for_that(changes: pulse.Changes) -> None:
    async def story() -> None:
        slow = Slow()
        both = [asyncio.create_task(changes.snapshot_on_loop(slow)) for _question in range(2)]
        await asyncio.sleep(0)
        slow.answers.set()
        first, second = await asyncio.gather(*both)
        assert first is second is not None
        assert slow.asked == 1

    asyncio.run(story())


def test_a_reader_that_has_gone_takes_nobody_along_and_leaves_the_way_free(changes: pulse.Changes) -> None:
    async def story() -> None:
        slow = Slow()
        first, second = [asyncio.create_task(changes.snapshot_on_loop(slow)) for _question in range(2)]
        await asyncio.sleep(0)
        first.cancel()
        assert await asyncio.wait_for(second, 5) is None
        slow.answers.set()
        assert await changes.snapshot_on_loop(slow) is not None

    asyncio.run(story())


def test_the_loop_does_not_wait_for_a_thread_that_reads(changes: pulse.Changes) -> None:
    with changes._lock:
        assert asyncio.run(changes.snapshot_on_loop(Slow())) is None
