"""Forgetting deliveries: the product's DELETE in portions, beside dropping a month's partition, and what partitions would cost the intake."""

import time
from collections.abc import Callable
from datetime import timedelta

import psycopg
from django.conf import settings
from django.db import connection

from bench import database
from bench.intake import make_desk
from bench.report import Table
from bench.scale import Scale
from integrations.webhooks.retention import delete_old_deliveries

OURS, PARTED, ONCE = "integrations_webhookdelivery", "delivery_by_month", "delivery_fingerprint"
COLUMNS = (
    "voip_id, fingerprint, event, method, headers, query, body, received_at, processed_at, error, provider_call_id"
)
DELIVERIES = """
SELECT {voip}, encode(sha256(('{salt}' || n)::bytea), 'hex'), '', 'POST', '{{"content-type": "application/json"}}'::jsonb, '',
    decode(repeat(md5(n::text), 20), 'hex'), {received}, now(), '', 'op-' || n / 4
FROM generate_series(1, {count}) n
"""
OLD, LATELY = (
    "now() - interval '120 days' + n * interval '1 second'",
    "now() - interval '30 days' + n * interval '1 second'",
)
WAYS = {
    "as it is: one table, one statement": f"INSERT INTO {OURS} ({COLUMNS}) {DELIVERIES} ON CONFLICT (voip_id, fingerprint) DO NOTHING",
    "partitions, and a table of fingerprints": f"""
WITH new AS MATERIALIZED ({DELIVERIES}), first AS (
    INSERT INTO {ONCE} SELECT {{voip}}, fingerprint, received_at FROM new AS n ({COLUMNS}) ON CONFLICT DO NOTHING RETURNING fingerprint
) INSERT INTO {PARTED} ({COLUMNS}) SELECT n.* FROM new AS n ({COLUMNS}) JOIN first USING (fingerprint)""",
}


def measure(scale: Scale) -> list[Table]:
    count, desk = scale.forgotten, make_desk().pk
    settings.DELIVERIES_KEPT = timedelta(days=90)
    with psycopg.connect(database.address(), autocommit=True) as server:
        _make_partitions(server)
        forgetting = Table(
            f"Forgetting {count:,} of {2 * count:,} deliveries",
            ["", "seconds", "MB of WAL", "MB before", "MB after", "MB after VACUUM"],
        )
        for salt, received in enumerate((OLD, LATELY)):
            for table in (OURS, PARTED):
                rows = DELIVERIES.format(voip=desk, salt=salt, received=received, count=count)
                server.execute(f"INSERT INTO {table} ({COLUMNS}) {rows}".encode())
        server.execute("VACUUM ANALYZE")
        _add(forgetting, server, "DELETE in portions, as the product does", OURS, delete_old_deliveries)
        _add(forgetting, server, "DROP of a partition", PARTED, lambda: server.execute("DROP TABLE delivery_month_old"))
        twice = _stored_twice(server)
        intake = _time_intake(server, desk, count // 10)
    forgetting.notes.append(
        f"The same delivery, sent again a second later, is stored {twice} times by the partitioned table: its unique index must contain the time."
    )
    return [forgetting, intake]


def _make_partitions(server: psycopg.Connection) -> None:
    """Like ours, except that the keys contain the time, as PostgreSQL requires of a partitioned table."""
    server.execute(
        f"CREATE TABLE {PARTED} (LIKE {OURS} INCLUDING DEFAULTS INCLUDING IDENTITY) PARTITION BY RANGE (received_at)".encode()
    )
    server.execute(f"CREATE UNIQUE INDEX ON {PARTED} (id, received_at)".encode())
    server.execute(f"CREATE UNIQUE INDEX ON {PARTED} (voip_id, fingerprint, received_at)".encode())
    server.execute(f"CREATE INDEX ON {PARTED} (voip_id, id DESC)".encode())
    server.execute(f"CREATE TABLE delivery_month_new PARTITION OF {PARTED} DEFAULT".encode())
    with connection.cursor() as cursor:
        cursor.execute("SELECT (now() - interval '90 days')::text")
        (until,) = cursor.fetchone()
    server.execute(
        f"CREATE TABLE delivery_month_old PARTITION OF {PARTED} FOR VALUES FROM (MINVALUE) TO ('{until}')".encode()
    )
    server.execute(
        f"CREATE TABLE {ONCE} (voip_id bigint, fingerprint varchar(64), received_at timestamptz, PRIMARY KEY (voip_id, fingerprint))".encode()
    )


def _add(table: Table, server: psycopg.Connection, name: str, forgotten: str, forget: Callable[[], object]) -> None:
    before, began, wal = _size(server, forgotten), time.monotonic(), _wal(server)
    forget()
    seconds, written, after = time.monotonic() - began, _wal(server) - wal, _size(server, forgotten)
    server.execute(f"VACUUM {forgotten}".encode())
    sizes = [f"{size:.0f}" for size in (before, after, _size(server, forgotten))]
    table.add(name, f"{seconds:.1f}", f"{written:.0f}", *sizes)


def _wal(server: psycopg.Connection) -> float:
    return _number(server, "SELECT pg_current_wal_insert_lsn() - '0/0'") / 1e6


def _size(server: psycopg.Connection, name: str) -> float:
    """Megabytes of a table with its partitions and indexes."""
    return (
        _number(
            server,
            f"SELECT COALESCE(sum(pg_total_relation_size(relid)), pg_total_relation_size('{name}')) FROM pg_partition_tree('{name}')",
        )
        / 1e6
    )


def _number(server: psycopg.Connection, query: str) -> float:
    row = server.execute(query.encode()).fetchone()
    assert row is not None
    return float(row[0])


def _stored_twice(server: psycopg.Connection) -> int:
    again = f"""
INSERT INTO {PARTED} ({COLUMNS}) SELECT {COLUMNS.replace("received_at", "received_at + interval '1 second'")}
FROM {PARTED} ORDER BY id DESC LIMIT 1 ON CONFLICT (voip_id, fingerprint, received_at) DO NOTHING"""
    return 1 + server.execute(again.encode()).rowcount


def _time_intake(server: psycopg.Connection, desk: int, count: int) -> Table:
    """By turns; the time of PostgreSQL alone."""
    table = Table(f"Storing {count:,} new deliveries", ["", "microseconds each"])
    spent = dict.fromkeys(WAYS, 0.0)
    for part in range(4):
        for name, way in WAYS.items():
            began = time.monotonic()
            server.execute(way.format(voip=desk, salt=f"{name}{part}", received="now()", count=count // 4).encode())
            spent[name] += time.monotonic() - began
    for name, seconds in spent.items():
        table.add(name, f"{seconds / count * 1e6:.0f}")
    return table
