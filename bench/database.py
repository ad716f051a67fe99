"""The database of this run: an embedded PostgreSQL of its own, with the settings the product gives it."""

import os
import platform
from datetime import UTC, datetime
from urllib.parse import quote

import psutil
import psycopg
from django.apps import apps
from django.conf import settings
from django.db import connection, connections

from voipcrm import embedded_postgres

APPS = ("autocalls", "widgets", "integrations", "calls", "sips")


def address(name: str = "") -> str:
    """For libpq, asyncpg and DATABASE_URL."""
    kept = connection.settings_dict
    host = quote(kept["HOST"] or kept["OPTIONS"]["host"], safe="")
    return f"postgresql://{kept['USER']}@/{name or kept['NAME']}?host={host}"


def environment(name: str) -> dict[str, str]:
    """For a process of the product on the database of that name: its address, and the keys of this run, which settings read when they are needed."""
    keys = {"SECRET_KEY": str(settings.SECRET_KEY), "ENCRYPTION_KEYS": str(settings.ENCRYPTION_KEYS[0])}
    return {"DATABASE_URL": address(name), **keys}


def describe() -> str:
    """When, on what machine and with which settings this was measured."""
    memory, busy = psutil.virtual_memory().total / 1e9, os.getloadavg()[0]
    machine = f"{os.cpu_count()} CPUs ({platform.machine()}), {memory:.0f} GB, load before the start {busy:.1f}"
    software = f"Python {platform.python_version()}, PostgreSQL {_show('server_version')}"
    durable = ", ".join(f"{name} {_show(name)}" for name in ("synchronous_commit", "fsync", "shared_buffers"))
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC. {machine}. {software}: {durable}.\n"


def _show(setting: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting(%s)", [setting])
        return str(cursor.fetchone()[0])


def clear() -> None:
    """Empty the tables, so that one part does not slow down the next."""
    models = [model for label in APPS for model in apps.get_app_config(label).get_models()]
    tables = [*(model._meta.db_table for model in models), "auth_user", "procrastinate_jobs"]
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")


def copy(name: str) -> None:
    """A copy of the database under that name, on the same server."""
    _leave()
    with psycopg.connect(address("postgres"), autocommit=True) as other:
        other.execute(f"CREATE DATABASE {name} TEMPLATE {connection.settings_dict['NAME']}")


def end() -> None:
    _leave()
    embedded_postgres.stop(settings.DATA_DIR / "postgres")


def _leave() -> None:
    for used in connections.all():
        used.close()
        used.close_pool()  # type: ignore[attr-defined]  # of the PostgreSQL backend
