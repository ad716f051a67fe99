"""Intake: how many webhooks a second are durably taken in, by the product, by the reference, and by the database alone."""

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from bench import direct, history, load, processes, stories
from bench.load import Load, Void
from bench.postgres import connect
from bench.processes import Running, free_port, run_server
from bench.product import WORKERS, Accounts, Product

PRODUCT = "voipcrm: granian, Django"
REFERENCE = "reference: uvicorn, FastAPI, asyncpg"
DATABASE = "database alone: pgbench, the product's statements"
HISTORY = 10_000
"""Calls that are there before each round."""
WARM_UP_SECONDS = 2.0
FASTEST = 8000
"""Deliveries a second for which stories are prepared; a round that runs out of them is void."""


@dataclass(frozen=True, slots=True)
class Round:
    load: Load
    cpu_web: float
    "Milliseconds of processor time per delivery, of the web server's processes; of PostgreSQL's the next."
    cpu_database: float


@dataclass(slots=True)
class Contender:
    name: str
    send: Callable[[float], Load]
    "Send for so many seconds."
    server: Running | None
    rounds: list[Round] = field(default_factory=list)

    def median(self, figure: Callable[[Round], float]) -> float:
        return median(figure(each) for each in self.rounds)

    @property
    def rate(self) -> float:
        return self.median(lambda each: each.load.rate)


@dataclass(frozen=True, slots=True)
class Bout:
    """The setting of a run of rounds: one database and what was made in it."""

    product: Product
    accounts: Accounts
    folder: Path

    def compare(self, product_server: Running, *, rounds: int, seconds: float) -> list[Contender]:
        """All contenders, one after the other, so many times, each time on the same state of the tables. Raises Void."""
        with self._serve_reference() as reference_server:
            contenders = list(self._contenders(product_server, reference_server, seconds))
            for contender in contenders:
                self._play(contender, WARM_UP_SECONDS)
            for _ in range(rounds):
                for contender in contenders:
                    contender.rounds.append(self._play(contender, seconds))
        return contenders

    @contextmanager
    def _serve_reference(self) -> Iterator[Running]:
        port = free_port()
        command = [sys.executable, "-m", "bench.reference", str(port), str(WORKERS)]
        log = self.folder / "reference.log"
        with run_server(command, port=port, environment=self.product.environment, log=log, ready="/healthz") as server:
            yield server

    def _contenders(self, product: Running, reference: Running, seconds: float) -> Iterator[Contender]:
        calls = int(FASTEST * max(seconds, WARM_UP_SECONDS) / len(stories.EVENTS) / load.SENDERS / stories.ABREAST + 1) * stories.ABREAST
        tales = [stories.tell(sender=sender, calls=calls) for sender in range(load.SENDERS)]
        path = f"/voip/webhooks/telecube/{self.accounts.webhook_secret}/"
        for name, server in ((PRODUCT, product), (REFERENCE, reference)):
            yield Contender(
                name, lambda lasting, port=server.port: load.send(tales, port=port, path=path, seconds=lasting, folder=self.folder), server
            )
        if program := direct.find_pgbench():
            script = self.folder / "intake.pgbench"
            script.write_text(self.product.ask("bench.statements", self.accounts.webhook_secret))
            url = self.product.database_url
            yield Contender(DATABASE, lambda lasting: direct.send(script, program=program, database_url=url, seconds=lasting), None)

    def _play(self, contender: Contender, seconds: float) -> Round:
        with connect(self.product.database_url) as connection:
            history.fill(connection, calls=HISTORY, accounts=self.accounts)
            database = processes.find_local_postmaster(connection)
        before = _cpu(contender.server), _cpu(database)
        sent = contender.send(seconds)
        after = _cpu(contender.server), _cpu(database)
        self._verify(sent)
        web, stored = (1000 * (end - start) / len(sent.sent) for start, end in zip(before, after, strict=True))
        return Round(sent, web, stored)

    def _verify(self, sent: Load) -> None:
        """Raise Void unless exactly what was answered is stored, processed and merged."""
        with connect(self.product.database_url) as connection:
            stored = connection.execute("SELECT count(processed_at) FROM integrations_webhookdelivery").fetchone()
            calls = connection.execute("SELECT status, count(*) FROM calls_call WHERE provider_call_id NOT LIKE 'past-%' GROUP BY status").fetchall()
        if stored != (len(sent.sent),):
            raise Void(f"{len(sent.sent)} deliveries were answered with 200; stored: {stored}")
        expected = stories.statuses_after(sent.sent)
        if Counter(dict(calls)) != expected:
            raise Void(f"The calls ended as {dict(calls)} instead of {dict(expected)}")


def _cpu(server: Running | None) -> float:
    return server.cpu_seconds() if server else 0.0
