"""Django's PostgreSQL backend for the embedded server, which a process starts or joins with its first connection.

Importing the settings, and commands that need no database, do not start it. Django requires this file name.
"""

import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.db.backends.postgresql.client import DatabaseClient as PostgresClient

from voipcrm import embedded_postgres
from voipcrm.postgres_programs import find_programs
from voipcrm.primary_database import base as primary


class DatabaseClient(PostgresClient):
    """`manage.py dbshell`, with the psql that came with the server."""

    def runshell(self, parameters: Iterable[str]) -> None:
        folder = _start(self.connection.settings_dict)
        programs, _major = find_programs(folder / "cluster")
        os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"
        super().runshell(parameters)


class DatabaseWrapper(primary.DatabaseWrapper):
    client_class = DatabaseClient

    def get_connection_params(self) -> dict[str, object]:
        _start(self.settings_dict)
        return super().get_connection_params()


def _start(settings_dict: dict[str, Any]) -> Path:
    """The server's folder. Writes the socket's folder into the settings: it is another one if the path is too long."""
    folder = Path(settings_dict["EMBEDDED_IN"])
    settings_dict["HOST"] = _join(folder, os.getpid())
    return folder


@cache
def _join(folder: Path, _process: int) -> str:
    """Once per process, because forked processes are users of their own."""
    address = embedded_postgres.ensure_running(folder)
    return parse_qs(urlsplit(address).query)["host"][0]
