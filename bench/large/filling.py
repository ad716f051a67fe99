"""Fills a database with two years of a desk: calls, deliveries, their reports, and what people did with them."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import psycopg

from voipcrm import embedded_postgres

FOLDER = Path(__file__).parent
AT_ONCE = 1_000_000
"""Rows of a transaction."""
CONNECTIONS = 3
FASTER = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "6GB",
    "checkpoint_timeout": "30min",
    "autovacuum": "off",
}
"""Settings of the server while it is filled, and never else."""
IN_SESSION = "SET maintenance_work_mem = '512MB'; SET work_mem = '128MB'; SET session_replication_role = 'replica'; SET jit = off"
"""Triggers and foreign keys rest."""
_INDEXES = "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname NOT LIKE '%%_pkey'"
_CONSTRAINTS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %s::regclass AND contype = 'u'
"""
Connect = Callable[[], psycopg.Connection]
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Desk:
    """How much there is, and the first ids of what it refers to."""

    calls: int
    reported: int
    """Of how many calls, the newest, deliveries and reports are kept."""
    per_day: int
    now: datetime
    outcome: int
    operator: int
    widget: int


@dataclass(frozen=True)
class Kind:
    """What is made of the calls by the statement in the file of that name."""

    name: str
    tables: tuple[str, ...]
    rows: int = 1
    """About how many of one call."""
    of_reported: bool = False


CALLS = Kind("calls", ("calls_call",))
FROM_CALLS = (
    Kind("deliveries", ("integrations_webhookdelivery",), rows=4, of_reported=True),
    Kind("reports", ("calls_report",), rows=4, of_reported=True),
    Kind(
        "others",
        ("autocalls_autocall", "autocalls_attempt", "calls_followup", "calls_note", "voipcrm_auditentry", "autocalls_refusal"),
    ),
)  # fmt: skip


def hurry() -> None:
    """Before the server starts."""
    embedded_postgres.SETTINGS |= FASTER


def fill(connect: Connect, desk: Desk, *, tell: Tell) -> None:
    """The calls first; then what is made from them, each kind by a connection of its own, in the order of time."""
    _fill(connect, desk, CALLS, CONNECTIONS, tell)
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        list(pool.map(lambda kind: _fill(connect, desk, kind, 1, tell), FROM_CALLS))


def _fill(connect: Connect, desk: Desk, kind: Kind, connections: int, tell: Tell) -> None:
    def store(span: tuple[int, int]) -> None:
        with connect() as connection:
            connection.execute(IN_SESSION)
            connection.execute(_statement(kind.name, desk, *span).encode())
        tell(f"{kind.name}: those of the calls up to {span[1]:,} of {desk.calls:,}")

    first = desk.calls - desk.reported + 1 if kind.of_reported else 1
    with _without_indexes(connect, kind, connections, tell), ThreadPoolExecutor(connections) as pool:
        list(pool.map(store, _spans(first, desk.calls, AT_ONCE // kind.rows)))
    with connect() as connection:
        connection.autocommit = True
        for table in kind.tables:
            connection.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}")
            connection.execute(f"VACUUM ANALYZE {table}")


def _statement(name: str, desk: Desk, first: int, last: int) -> str:
    text = (FOLDER / f"{name}.sql").read_text()
    known: Mapping[str, object] = {
        "first": first, "last": last, "all": desk.calls, "per_day": desk.per_day, "now": desk.now.isoformat(), "outcome": desk.outcome,
        "operator": desk.operator, "widget": desk.widget,
    }  # fmt: skip
    for word, value in known.items():
        text = text.replace(f":{word}", str(value))
    return text


def _spans(first: int, last: int, size: int) -> Iterator[tuple[int, int]]:
    for start in range(first, last + 1, size):
        yield start, min(start + size - 1, last)


@contextmanager
def _without_indexes(connect: Connect, kind: Kind, connections: int, tell: Tell) -> Iterator[None]:
    """They are dropped first and made afterwards, which is many times faster than keeping them up."""

    def make(statement: str) -> None:
        with connect() as connection:
            connection.execute(IN_SESSION)
            connection.execute(statement)
        tell(statement[:80])

    made: list[str] = []
    with connect() as connection:
        for table in kind.tables:
            for name, definition in connection.execute(_CONSTRAINTS, [table]).fetchall():
                connection.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
                made.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
            for name, definition in connection.execute(_INDEXES, [table]).fetchall():
                connection.execute(f"DROP INDEX {name}")
                made.append(definition)
    yield
    with ThreadPoolExecutor(connections) as pool:
        list(pool.map(make, made))
