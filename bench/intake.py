"""(a) Webhooks: the product, the reference server, and PostgreSQL alone, by turns on the same database.

The tables are filled and analyzed before anybody prepares a statement. Plans prepared on empty tables are those of small tables until autovacuum
runs, so the server measured first would be slower.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from statistics import median

import psycopg
from django.conf import settings
from django.utils import timezone

from bench import database, durable
from bench.cost import Cost
from bench.desk import add_deliveries, fill
from bench.load import CONNECTIONS, Measure, by_turns, requests_per_second
from bench.product import Program, free_port, running, started
from bench.report import Table, verdict
from bench.scale import Scale
from calls.models import Call
from integrations.models import WebhookDelivery
from integrations.providers.simulator import tell_story
from sips.models import Sip, Voip
from voipcrm.postgres_programs import find_programs

PRODUCT, REFERENCE = "product: granian, Django", "reference: granian, FastAPI, asyncpg"
PEER = "a peer with these duties: granian, FastAPI, SQLAlchemy"
COLUMNS = [
    "",
    "deliveries/s",
    "of the reference",
    "best of best",
    "slowest … fastest round",
    "ms of the web processes",
    "ms of PostgreSQL",
]
LONGEST = 0.8
PAST = 50_000
"""Calls, each with a delivery and a report, that are stored before."""
ALONE = "PostgreSQL alone: pgbench, the same SQL"


def measure(scale: Scale) -> list[Table]:
    desk = make_desk()
    make_past()
    with running("web") as web, served("reference") as other, served("peer") as peer:
        competitors = {
            PRODUCT: Cost(posting_to(web, desk), web),
            REFERENCE: Cost(posting_to(other, desk), other),
            PEER: Cost(posting_to(peer, desk), peer),
        }
        alone: dict[str, Measure] = {}
        if program := find_pgbench():
            alone = {
                ALONE: pgbench(program, desk)
            }  # its connections end with each round, and with them what they would have cost
        rates = by_turns({**competitors, **alone}, scale)
    check_stored()
    table = Table("Intake of webhooks", COLUMNS)
    theirs = median(rates[REFERENCE])
    for name, rounds in rates.items():
        spread = f"{min(rounds):.0f} … {max(rounds):.0f}"
        costs = [f"{cost:.2f}" for cost in competitors[name].milliseconds()] if name in competitors else ["", ""]
        best = max(rounds) / max(rates[REFERENCE])
        table.add(name, f"{median(rounds):.0f}", f"{median(rounds) / theirs:.0%}", f"{best:.0%}", spread, *costs)
    table.notes.extend(aims(rates, competitors[PRODUCT]))
    return [table]


def aims(rates: Mapping[str, Sequence[float]], product: Cost) -> Iterator[str]:
    ours, theirs = median(rates[PRODUCT]), median(rates[REFERENCE])
    yield f"Aim: the product at least as fast as the reference: {verdict(ours, aim=theirs, at_most=False)}."
    if ALONE in rates:
        met = verdict(ours, aim=median(rates[ALONE]) / 2, at_most=False)
        yield f"Aim: at least half of PostgreSQL alone: {met}."
    else:
        yield "**pgbench is not installed: PostgreSQL alone was NOT MEASURED.**"
    met = verdict(product.milliseconds()[0], aim=LONGEST, at_most=True)
    yield f"Aim: at most {LONGEST} ms of processor time of the web processes for a delivery: {met}."


def make_desk() -> Voip:
    desk = Voip.objects.create(name="Bench", number="+48221234567", provider="simulator")
    Sip.objects.create(name="Reception", sip="101", voip=desk)
    return desk


def make_past() -> None:
    with psycopg.connect(database.address(), autocommit=True) as connection:
        fill(connection, PAST)
        add_deliveries(connection)


def posting_to(server: Program, desk: Voip) -> Measure:
    """wrk acts as a provider that never repeats a delivery."""
    story = settings.DATA_DIR / "story"
    story.write_bytes(b"\n".join(tell("@CALL@", "@CALLER@")))
    address = f"{server.address}/voip/webhooks/{desk.provider}/{desk.webhook_secret}/"

    def post(number: int, seconds: int) -> float:
        return requests_per_second(address, "webhooks", str(story), f"{server.port}-{number}", seconds=seconds)

    return post


def tell(call: str, caller: str) -> list[bytes]:
    """The four deliveries of an answered call."""
    caller, now = f"+48501{caller}", timezone.now()
    return tell_story(call_id=call, started_at=now, number_from=caller, number_to="+48221234567", line="101")


@contextmanager
def served(module: str) -> Iterator[Program]:
    """The FastAPI application of that module in this folder."""
    statement = settings.DATA_DIR / "statement.json"
    durable.write_numbered(statement)
    port = free_port()
    options = "--interface asgi --workers 2 --loop uvloop --host 127.0.0.1 --no-access-log --log-level warning"
    command = ["granian", *options.split(), "--port", str(port), f"bench.{module}:app"]
    environment = {"BENCH_STATEMENT": str(statement), "BENCH_DATABASE": database.address()}
    with started(command, module, environment, port=port) as program:
        program.wait_until(lambda: program.answers("/"), f"the {module} answers")
        yield program


def find_pgbench() -> str | None:
    """Of the server's own programs, or any."""
    programs, _major = find_programs(settings.DATA_DIR / "postgres" / "cluster")
    return shutil.which("pgbench", path=f"{programs}{os.pathsep}{os.environ['PATH']}")


def pgbench(program: str, desk: Voip) -> Measure:
    """PostgreSQL alone, with as many connections as the product's two workers use at once."""
    script = settings.DATA_DIR / "intake.sql"
    story = tell("@CALL@", "000001")
    durable.write_for_pgbench(script, voip=desk, story=story)
    options = f"--no-vacuum --protocol prepared --client {CONNECTIONS // 2} --jobs 2 --file"
    command = [program, *options.split(), str(script), database.address()]

    def run(_number: int, seconds: int) -> float:
        timed = [*command, "--time", str(seconds)]
        message = subprocess.run(timed, capture_output=True, text=True, check=True).stdout
        calls = re.search(r"^tps = ([0-9.]+)", message, re.MULTILINE)
        assert calls, message
        return float(calls[1]) * len(story)

    return run


def check_stored() -> None:
    """Check that everything counted is stored: at most four deliveries to a call, all of them read, and calls that have ended."""
    deliveries, calls = WebhookDelivery.objects.count(), Call.objects.count()
    unread = WebhookDelivery.objects.exclude(error="").count()
    if unread or not calls <= deliveries <= 4 * calls or not Call.objects.filter(status="ANSWERED").exists():
        raise RuntimeError(f"{deliveries} deliveries, {unread} of them unread, made {calls} calls.")
