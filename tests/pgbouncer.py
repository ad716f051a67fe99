"""Debian's PgBouncer in transaction mode, in front of the database of the test."""

import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import product_process
import pytest
from django.db import connection
from loopback import listening_port, listens
from telephony.bed import wait_until

from voipcrm.postgres_programs import LEAVE_ROOT

CONNECTIONS = 3
"""To the database, fewer than there are clients: each transaction may come to another one."""


def require_pgbouncer() -> str:
    program = shutil.which("pgbouncer", path=f"{os.environ['PATH']}{os.pathsep}/usr/sbin")
    if not program:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("pgbouncer not installed: apt-get install pgbouncer")
    return str(program)


@contextmanager
def pgbouncer(folder: Path) -> Iterator[int]:
    """The TCP port of a running one."""
    port = listening_port()
    settings = folder / "pgbouncer.ini"
    settings.write_text(_configuration(port))
    command = [require_pgbouncer(), "-q", str(settings)]
    if os.geteuid() == 0:  # which it refuses to run as
        command = [sys.executable, "-I", "-S", "-c", LEAVE_ROOT, str(pwd.getpwnam("nobody").pw_uid), *command]
    with (folder / "pgbouncer.log").open("wb") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            wait_until(lambda: listens(port), what="pgbouncer's start")
            yield port
        finally:
            process.kill()


def environment(port: int) -> dict[str, str]:
    """What leads a process of the product's through it, as the docs say for a version without prepared statements."""
    return product_process.environment() | {
        "DATABASE_URL": f"postgresql://app@127.0.0.1:{port}/{connection.settings_dict['NAME']}",
        "DATABASE_TRANSACTION_POOLING": "on",
        "DATABASE_PREPARED_STATEMENTS": "off",
    }


def _configuration(port: int) -> str:
    login = connection.settings_dict
    password = f" password={login['PASSWORD']}" if login["PASSWORD"] else ""
    return f"""[databases]
* = host={product_process.host()} port={product_process.port()} user={login["USER"]}{password}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
default_pool_size = {CONNECTIONS}
"""
