"""DATABASES: an external PostgreSQL, possibly behind PgBouncer, or the embedded one."""

import select
from pathlib import Path
from typing import Any

import environ
import psycopg
from django.core.exceptions import ImproperlyConfigured

POSTGRESQL = "django.db.backends.postgresql"
PRIMARY = "voipcrm.primary_database"
WRITABLE = {"target_session_attrs": "read-write"}
"""Of several hosts the one that is the primary."""
OURS = {
    "prepare_threshold": "DATABASE_PREPARED_STATEMENTS",
    "pool": "DATABASE_POOL_SIZE",
    "conn_max_age": "DATABASE_POOL_SIZE",
}
"""Options that a URL could contain, and the settings to use instead."""

POOL = {"min_size": 1, "timeout": 10, "reconnect_timeout": 4}
"""Seconds. A pool retries an unreachable server at growing intervals until `reconnect_timeout`; with the default of 300 it would sleep for one or
two minutes more after an outage. After it has given up, the next request for a connection starts anew."""


REACHING = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
"""Seconds, the last one milliseconds; the address may say others. By default the system waits for minutes before it believes that a machine which has
lost its power or its network is gone, and for so long nobody would ask the next one."""


def has_pending_data(connection: psycopg.Connection) -> bool:
    """Data on an idle connection is the server's message that it closes it."""
    poll = select.poll()
    poll.register(connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))


def configure(env: environ.Env, embedded_in: Path) -> dict[str, Any]:
    """Django's database settings. embedded_in: the folder of the embedded server. Raises ImproperlyConfigured."""
    address = env.str("DATABASE_URL", "")
    found = _parse(env, "DATABASE_URL") if address else _embedded(embedded_in)
    pooled = env.bool("DATABASE_TRANSACTION_POOLING", False)
    prepared = env.bool("DATABASE_PREPARED_STATEMENTS", True)
    return found | {
        # They are checked all the same, at their sockets (`voipcrm.primary_database`): asking the server would take as long as a statement.
        "CONN_HEALTH_CHECKS": False,
        "DISABLE_SERVER_SIDE_CURSORS": pooled,
        "OPTIONS": {
            # None forbids the statements that `calls.sql` and procrastinate prepare; Django's own cursors prepare nothing either way.
            "prepare_threshold": 5 if prepared else None,
            **found.get("OPTIONS", {}),
            "pool": POOL | {"max_size": _pool_size(env)},
        },
    }


def configure_replica(env: environ.Env) -> dict[str, dict[str, Any]]:
    """By alias, where there is one. Without a pool: a thread that asks a replica which is away is to know at once. Raises ImproperlyConfigured."""
    if not env.str("DATABASE_REPLICA_URL", ""):
        return {}
    found = _parse(env, "DATABASE_REPLICA_URL")
    options = {"connect_timeout": 2, **found["OPTIONS"], "prepare_threshold": None}
    kept = {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True, "DISABLE_SERVER_SIDE_CURSORS": True}
    return {"replica": found | kept | {"OPTIONS": options, "TEST": {"MIRROR": "default"}}}


def _pool_size(env: environ.Env) -> int:
    size: int = env.int("DATABASE_POOL_SIZE", 12)
    if size < 2:
        raise ImproperlyConfigured(
            "DATABASE_POOL_SIZE must be at least 2: webhooks keep one of the connections for themselves."
        )
    return size


def _parse(env: environ.Env, setting: str) -> dict[str, Any]:
    found: dict[str, Any] = env.db_url_config(env.str(setting))
    if found.get("ENGINE") != POSTGRESQL:
        raise ImproperlyConfigured(
            f"{setting} must be a PostgreSQL address such as postgresql://user:password@host:5432/voipcrm."
        )
    given = found.get("OPTIONS", {})
    said = {name.lower() for name in (*given, *found)}
    for name in OURS.keys() & said:
        raise ImproperlyConfigured(f"{setting} says {name}, which is what {OURS[name]} is for: see docs/settings.md.")
    chosen = WRITABLE if setting == "DATABASE_URL" and "," in found["HOST"] + given.get("host", "") else {}
    return found | {"ENGINE": PRIMARY, "OPTIONS": REACHING | chosen | given}


def _embedded(folder: Path) -> dict[str, Any]:
    return {
        "ENGINE": "voipcrm.embedded_database",
        "EMBEDDED_IN": folder,
        "NAME": "voipcrm",
        "USER": "app",
        "HOST": str(folder),
        "PORT": "5432",
    }
