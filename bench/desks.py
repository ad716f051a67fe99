"""(g) Fifty open desks that poll while a provider reports calls: what they cost, and how soon a call is on the screen."""

import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from statistics import median

import psycopg

from bench import database
from bench.desk import fill, make_desks
from bench.desk_clients import Desk, Provider, sign_in_staff
from bench.intake import posting_to
from bench.load import WARM_UP
from bench.open_desks import Open, nothing_new
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
    with running("web") as web, nothing_new() as port:
        desks = [Desk(web.port, member) for member in staff]
        shown, alone = Open(desks), Open([replace(desk, port=port) for desk in desks])
        with shown.kept(), alone.kept():
            return [_cost(web, desks, shown, scale), _intake(web, shown, alone, scale)]


@dataclass(frozen=True)
class Played:
    """A time in which the provider has sent its webhooks."""

    core: float
    "Share of a core that the web processes used."
    answers: list[float]
    "Seconds from when each webhook was due to its answer, shortest first."


def _cost(web: Program, desks: list[Desk], shown: Open, scale: Scale) -> Table:
    provider, seconds = Provider(web.port), scale.seconds * 2
    alone, beside = [], []
    with shown.asking():
        _play(web, provider, WARM_UP, desks)
    for desk in desks:
        desk.forget()
    for _round in range(scale.rounds):
        alone.append(_play(web, provider, seconds, []))
        with shown.asking():
            beside.append(_play(web, provider, seconds, desks))
    table = Table(f"{DESKS} open desks, {WEBHOOKS} webhooks/s", ["", "measured", "aim"])
    _tell_cost(table, median(one.core for one in alone), median(one.core for one in beside))
    _tell_webhooks(table, "alone", alone)
    _tell_webhooks(table, "with the desks", beside)
    _tell_desks(table, desks)
    return table


def _tell_cost(table: Table, alone: float, beside: float) -> None:
    more = beside - alone
    table.add("web processes, the webhooks alone", f"{alone:.0%} of a core", "")
    table.add("web processes, with the desks", f"{beside:.0%} of a core", "")
    table.add("the desks", f"{more:.0%} of a core", f"{AIM_CORE:.0%}: {verdict(more, aim=AIM_CORE, at_most=True)}")


def _tell_webhooks(table: Table, name: str, rounds: list[Played]) -> None:
    answers = sorted(seconds for one in rounds for seconds in one.answers)
    late, most = answers[len(answers) * 99 // 100], answers[-1]
    figures = f"{median(answers) * 1000:.0f}, {late * 1000:.0f}, {most * 1000:.0f} ms of {len(answers)}"
    table.add(f"from a webhook due to its answer, {name}: median, 99 of 100, slowest", figures, "")


def _tell_desks(table: Table, desks: list[Desk]) -> None:
    waits = sorted(wait for desk in desks for wait in desk.waits)
    missed = sum(len(desk.expected) for desk in desks)
    polls, changed = (sum(getattr(desk, name) for desk in desks) for name in ("polls", "changed"))
    if not waits:
        raise RuntimeError("no call was seen: the machine is too busy to take in the webhooks")
    share = sum(wait <= SOON for wait in waits) / (len(waits) + missed)
    table.add("questions, of them with something new", f"{polls}, {changed / polls:.0%}", "")
    seen = f"{share:.1%} of {len(waits) + missed}"
    table.add(
        f"calls on their operator's screen within {SOON} s",
        seen,
        f"{AIM_SHARE:.0%}: {verdict(share, aim=AIM_SHARE, at_most=False)}",
    )
    table.add("from the stored webhook to the screen, median", f"{median(waits):.1f} s", "")
    table.add("from the stored webhook to the screen, the slowest", f"{waits[-1]:.1f} s", "")


def _play(web: Program, provider: Provider, seconds: float, desks: list[Desk]) -> Played:
    provider.answers = []
    core = asyncio.run(provider.play(rate=WEBHOOKS, seconds=seconds, used=web.processor_seconds, desks=desks))
    return Played(core, sorted(provider.answers))


def _intake(web: Program, shown: Open, alone: Open, scale: Scale) -> Table:
    voip = Voip.objects.order_by("pk")[0]
    post = posting_to(web, voip)
    post(0, WARM_UP)
    asking: dict[str, Callable[[], AbstractContextManager[None]]] = {
        "without desks": nullcontext,
        f"beside {DESKS} clients that a server of their own answers": alone.asking,
        f"beside {DESKS} open desks": shown.asking,
    }
    rates: dict[str, list[float]] = {name: [] for name in asking}
    for number in range(1, scale.rounds + 1):
        for place, (name, clients) in enumerate(asking.items()):
            with clients():
                rates[name].append(post(number * 3 + place, scale.seconds))
    without, control, beside = (median(found) for found in rates.values())
    table = Table("Intake of webhooks beside open desks", ["", "deliveries/s", f"aim {1 - AIM_LOST:.0%}"])
    for name, rate in zip(asking, (without, control, beside), strict=True):
        reached = "" if rate == without else f"{rate / without:.0%} of that without"
        table.add(name, f"{rate:.0f}", reached)
    kept = beside / control
    table.add("the desks beside the clients alone", f"{kept:.0%}", verdict(kept, aim=1 - AIM_LOST, at_most=False))
    table.notes.append(
        "The desks' clients run on the same processors as the product; what they take is lost to the intake as well, and shows where a server of "
        "their own answers them."
    )
    return table
