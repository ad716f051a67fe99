"""The databases of one run: made for it on a server of its own, or on the one that DATABASE_URL names, and gone with it."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from voipcrm import embedded_postgres

SMALL = "voipcrm_bench"
LARGE = "voipcrm_bench_large"


@dataclass(frozen=True, slots=True)
class Server:
    """A PostgreSQL on which the run may create its databases."""

    address: str
    "URL of the database to connect to while creating others."
    version: str

    def url(self, database: str) -> str:
        return urlunsplit(urlsplit(self.address)._replace(path=f"/{database}"))

    def create(self, database: str, *, like: str = "template1") -> None:
        """A new database, with all that is in `like`, to which nobody may be connected. Raises DuplicateDatabase."""
        self._execute("CREATE DATABASE {} TEMPLATE {}", database, like)

    def drop(self, database: str) -> None:
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", database)

    def _execute(self, statement: str, *names: str) -> None:
        with connect(self.address) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]  # our own text


def connect(url: str) -> psycopg.Connection:
    return psycopg.connect(url, autocommit=True)


@contextmanager
def provide(folder: Path) -> Iterator[Server]:
    """A server with no database of ours on it yet; afterwards there is none again, however the run ends."""
    given = os.environ.get("DATABASE_URL", "")
    embedded = folder / "postgres"
    server = _reach(given or embedded_postgres.ensure_running(embedded).replace("@:5432/", "@/"))  # asyncpg cannot read a port without a host
    made: list[str] = []
    try:
        for database in (SMALL, LARGE):
            if _exists(server, database):
                raise SystemExit(f"The database {database} exists already, maybe from a run that was killed. Drop it, then start again.")
            made.append(database)
        yield server
    finally:
        if given:
            for database in made:
                server.drop(database)
        else:
            embedded_postgres.stop(embedded)


@contextmanager
def provide_folder() -> Iterator[Path]:
    """A private folder, removed afterwards. On a disk, if there is a choice: on a RAM disk fsync costs nothing."""
    parent = os.environ.get("TMPDIR") or ("/var/tmp" if Path("/var/tmp").is_dir() else None)
    folder = Path(tempfile.mkdtemp(prefix="voipcrm-bench-", dir=parent))
    try:
        yield folder
    finally:
        with suppress(FileNotFoundError):
            shutil.rmtree(folder)


def _reach(address: str) -> Server:
    with connect(address) as connection:
        fsync, version = connection.execute("SELECT current_setting('fsync'), current_setting('server_version')").fetchone() or ("", "")
    if fsync != "on":
        raise SystemExit("fsync is off on this server: the rate of stored deliveries would mean nothing.")
    return Server(address, version)


def _exists(server: Server, database: str) -> bool:
    with connect(server.address) as connection:
        return connection.execute("SELECT FROM pg_database WHERE datname = %s", [database]).fetchone() is not None
