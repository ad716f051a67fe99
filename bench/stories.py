"""What an operator sends in one round: the four webhooks of each call, every one different, the same for every contender.

The webhooks of one call are half a hundred requests apart, as they are minutes apart in life, so that they rarely meet in the database.
"""

import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

EVENTS = ("queue_start", "call_start", "call_end", "queue_hangup")
RESULTS = ("ANSWERED",) * 14 + ("NO ANSWER",) * 3 + ("BUSY",) * 2 + ("FAILED",)
ABREAST = 64
"""Calls of one sender that are under way at the same time."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One webhook: the event named by its address, and its body."""

    call_id: str
    event: str
    body: str
    call_status: str
    "The status of its call once this one is merged after the ones before it."


def tell(*, sender: int, calls: int) -> list[Sent]:
    """That many calls (a multiple of ABREAST) as one sender reports them."""
    chance = random.Random(sender)
    return [sent for first in range(0, calls, ABREAST) for sent in _abreast(sender, first, chance)]


def _abreast(sender: int, first: int, chance: random.Random) -> Iterator[Sent]:
    cast = [
        (f"{sender}.{call}", str(500_000_000 + 1013 * chance.randrange(1, 50_000)), str(100 + call % 4), chance.choice(RESULTS))
        for call in range(first, first + ABREAST)
    ]
    for event in EVENTS:
        for call_id, caller, extension, result in cast:
            yield tell_one(event, call_id=call_id, caller=caller, extension=extension, result=result)


def tell_one(event: str, *, call_id: str, caller: str, extension: str, result: str) -> Sent:
    """caller: nine national digits; extension: one of the lines that `bench/accounts.py` makes."""
    fields: dict[str, object] = {"call_id": call_id, "caller": caller, "called": "+48224000000"}
    if event in ("call_start", "call_end"):
        fields["extension"] = extension
    if event == "call_end":
        fields |= {"status": result, "billsec": 42 if result == "ANSWERED" else 0}
    status = {"queue_start": "QUEUED", "call_start": "RINGING"}.get(event, result)
    return Sent(call_id, event, json.dumps(fields), status)


def write(stories: Sequence[Sent], file: Path) -> None:
    """One webhook a line, `event body`, for the load generators."""
    file.write_text("".join(f"{sent.event} {sent.body}\n" for sent in stories))


def statuses_after(stories: Sequence[Sent]) -> Counter[str]:
    """How many calls end in which status once these were taken in."""
    return Counter({sent.call_id: sent.call_status for sent in stories}.values())
