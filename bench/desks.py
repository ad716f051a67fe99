"""(g) Fifty open desks that poll while a provider reports calls: what they cost, and how soon a call is on the screen."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from statistics import median

import psycopg

from bench import database
from bench.desk import fill, make_desks
from bench.desk_clients import Desk, Provider, open_desks, sign_in_staff
from bench.intake import posting_to
from bench.load import WARM_UP
from bench.product import Program, running
from bench.report import Table, verdict
from bench.scale import Scale
from sips.models import Voip

DESKS, SUPERVISORS = 50, 5
WEBHOOKS = 100
"""A second."""
LINES = 1_200
"""So that each has a new call every 48 seconds, about as many as a person can take."""
SOON = 2.5
"""Seconds from a stored webhook to the screen."""
AIM_SHARE, AIM_CORE, AIM_LOST = 0.95, 0.10, 0.05


def measure(scale: Scale) -> list[Table]:
    make_desks(lines=LINES // 12)
    with psycopg.connect(database.address(), autocommit=True) as connection:
        fill(connection, scale.large // 10)
    staff = sign_in_staff(DESKS, supervisors=SUPERVISORS)
    with running("web") as web:
        desks = [Desk(web.port, member) for member in staff]
        return [_cost(web, desks, scale), _intake(web, desks, scale)]


def _cost(web: Program, desks: list[Desk], scale: Scale) -> Table:
    provider, seconds = Provider(web.port), scale.seconds * 2
    alone, beside = [], []
    _core(web, provider, WARM_UP, desks)
    for desk in desks:
        desk.forget()
    for _round in range(scale.rounds):
        alone.append(_core(web, provider, seconds, []))
        beside.append(_core(web, provider, seconds, desks))
    more = median(beside) - median(alone)
    waits = sorted(wait for desk in desks for wait in desk.waits)
    missed = sum(len(desk.expected) for desk in desks)
    polls, changed = (sum(getattr(desk, name) for desk in desks) for name in ("polls", "changed"))
    if not waits:
        raise RuntimeError("no call was seen: the machine is too busy to take in the webhooks")
    share = sum(wait <= SOON for wait in waits) / (len(waits) + missed)
    table = Table(f"{DESKS} open desks, {WEBHOOKS} webhooks/s", ["", "measured", "aim"])
    table.add("web processes, the webhooks alone", f"{median(alone):.0%} of a core", "")
    table.add("web processes, with the desks", f"{median(beside):.0%} of a core", "")
    table.add("the desks", f"{more:.0%} of a core", f"{AIM_CORE:.0%}: {verdict(more, aim=AIM_CORE, at_most=True)}")
    table.add("questions, of them with something new", f"{polls}, {changed / polls:.0%}", "")
    seen = f"{share:.1%} of {len(waits) + missed}"
    table.add(
        f"calls on their operator's screen within {SOON} s",
        seen,
        f"{AIM_SHARE:.0%}: {verdict(share, aim=AIM_SHARE, at_most=False)}",
    )
    table.add("from the stored webhook to the screen, median", f"{median(waits):.1f} s", "")
    table.add("from the stored webhook to the screen, the slowest", f"{waits[-1]:.1f} s", "")
    return table


def _core(web: Program, provider: Provider, seconds: float, desks: list[Desk]) -> float:
    """The share of a core that the web processes used meanwhile."""
    return asyncio.run(provider.play(rate=WEBHOOKS, seconds=seconds, used=web.processor_seconds, desks=desks))


def _intake(web: Program, desks: list[Desk], scale: Scale) -> Table:
    voip = Voip.objects.order_by("pk")[0]
    post = posting_to(web, voip)
    post(0, WARM_UP)
    rates: dict[str, list[float]] = {"without desks": [], f"beside {DESKS} open desks": []}
    for number in range(1, scale.rounds + 1):
        for place, (_name, found) in enumerate(rates.items()):
            if place == 0:
                found.append(post(number * 2, scale.seconds))
                continue
            with _asking(desks):
                found.append(post(number * 2 + 1, scale.seconds))
    without, beside = (median(found) for found in rates.values())
    table = Table("Intake of webhooks beside open desks", ["", "deliveries/s", f"aim {1 - AIM_LOST:.0%}"])
    table.add("without desks", f"{without:.0f}", "")
    table.add(
        f"beside {DESKS} open desks",
        f"{beside:.0f}",
        f"{beside / without:.0%}: {verdict(beside / without, aim=1 - AIM_LOST, at_most=False)}",
    )
    table.notes.append(
        "The desks' clients run on the same processors as the product, and what they need is lost to the intake as well."
    )
    return table


@contextmanager
def _asking(desks: list[Desk]) -> Iterator[None]:
    """In a thread, because wrk blocks."""
    stop = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(open_desks(desks, until=stop.is_set)))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
