"""PostgreSQL servers of their own, as Debian's package brings them: a primary, and standbys that follow it by streaming replication.

They run as somebody who is not root, in a temporary folder, on ports of the loopback, and are gone with the `with` block.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from loopback import listening_port
from telephony.bed import wait_until

NEEDED = ("initdb", "postgres", "pg_basebackup")
PATIENCE = 100
"""Seconds for anything a server does, on a busy machine."""


def find_programs() -> Path | None:
    """The newest of Debian's folders, which hold what a standby takes beside what the embedded server does."""
    folders = Path("/usr/lib/postgresql").glob("*/bin")
    fit = [folder for folder in folders if all((folder / program).exists() for program in NEEDED)]
    return max(fit, key=lambda folder: int(folder.parent.name), default=None)


def require_programs() -> Path:
    """Without them a test is skipped, on a CI it fails."""
    if (programs := find_programs()) is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("postgresql not installed: apt-get install postgresql")
    return programs


class Server:
    def __init__(self, folder: Path, programs: Path, account: dict[str, Any], settings: dict[str, str]) -> None:
        self.folder, self.port = folder, listening_port()
        self._programs, self._account, self._settings = programs, account, settings
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def connect(self, name: str = "postgres", **options: Any) -> "psycopg.Connection[Any]":
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="app", dbname=name, autocommit=True, connect_timeout=5, **options
        )

    def ask(self, query: str, name: str = "voipcrm") -> list[tuple[Any, ...]]:
        with self.connect(name) as connection:
            cursor = connection.execute(query.encode())
            return cursor.fetchall() if cursor.description else []

    def run(self, program: str, *arguments: str) -> None:
        command = [str(self._programs / program), *arguments]
        done = subprocess.run(
            command, cwd=self.folder.parent, capture_output=True, text=True, check=False, **self._account
        )
        assert done.returncode == 0, done.stderr

    def start(self) -> None:
        """And wait until it answers."""
        given = {
            "port": str(self.port),
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": str(self.folder.parent),
            **self._settings,
        }
        command = [str(self._programs / "postgres"), "-D", str(self.folder)]
        for name, value in given.items():
            command += ["-c", f"{name}={value}"]
        with (self.folder.parent / f"{self.folder.name}.log").open("ab") as log:
            self._process = subprocess.Popen(command, cwd=self.folder.parent, stdout=log, stderr=log, **self._account)
        wait_until(self.answers, seconds=PATIENCE, what=f"PostgreSQL's start ({self.folder.name})")

    def answers(self) -> bool:
        with suppress(psycopg.OperationalError):
            self.ask("SELECT 1", "postgres")
            return True
        return False

    def kill(self) -> None:
        """All of its processes at once, as when the machine dies."""
        if self._process is None or self._process.poll() is not None:
            return
        own = psutil.Process(self._process.pid)
        own.suspend()  # so that it starts none meanwhile
        for process in [*own.children(recursive=True), own]:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait()

    def promote(self) -> None:
        self.ask(f"SELECT pg_promote(true, {PATIENCE})", "postgres")

    def wait_for(self, standby: str) -> None:
        """Every commit from now on: its answer waits until the standby has it on its disk too."""
        self.ask(f"ALTER SYSTEM SET synchronous_standby_names = '{standby}'", "postgres")
        self.ask("SELECT pg_reload_conf()", "postgres")
        in_step = f"SELECT 1 FROM pg_stat_replication WHERE application_name = '{standby}' AND sync_state = 'sync'"
        wait_until(lambda: bool(self.ask(in_step, "postgres")), seconds=PATIENCE, what="synchronous replication")


class Servers:
    def __init__(self, folder: Path, programs: Path, settings: dict[str, str]) -> None:
        self._folder, self._programs, self._settings = folder, programs, settings
        self._account = _account(folder)
        self._started: list[Server] = []

    def primary(self) -> Server:
        server = self._new("primary")
        options = "--encoding=UTF8 --locale=C.UTF-8 --username=app --auth=trust --no-sync --no-instructions"
        server.run("initdb", *options.split(), f"--pgdata={server.folder}")
        server.start()
        server.ask("CREATE DATABASE voipcrm", "postgres")
        return server

    def standby_of(self, primary: Server, name: str = "standby") -> Server:
        """Running, and following."""
        server = self._new(name)
        address = f"host=127.0.0.1 port={primary.port} user=app application_name={name}"
        options = ["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "-d", address]
        server.run("pg_basebackup", *options, "-D", str(server.folder))
        server.start()
        follows = f"SELECT 1 FROM pg_stat_replication WHERE application_name = '{name}' AND state = 'streaming'"
        wait_until(lambda: bool(primary.ask(follows, "postgres")), seconds=PATIENCE, what="replication")
        return server

    def _new(self, name: str) -> Server:
        server = Server(self._folder / name, self._programs, self._account, self._settings)
        self._started.append(server)
        return server

    def end(self) -> None:
        for server in self._started:
            server.kill()


@contextmanager
def running(programs: Path, **settings: str) -> Iterator[Servers]:
    """settings: of PostgreSQL, for all servers."""
    with tempfile.TemporaryDirectory(prefix="voipcrm-clusters-") as folder:
        servers = Servers(Path(folder), programs, settings)
        try:
            yield servers
        finally:
            servers.end()


def address(servers: Sequence[Server], name: str = "voipcrm") -> str:
    """Of a database on the one of these servers that is the primary, for DATABASE_URL."""
    return f"postgresql://app@{','.join(server.host for server in servers)}/{name}"


def _account(folder: Path) -> dict[str, Any]:
    """subprocess's arguments: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    shutil.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
