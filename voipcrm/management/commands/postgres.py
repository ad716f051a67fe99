"""Runs PostgreSQL's own programs on the product's database."""

import os
import subprocess
import sys
from argparse import REMAINDER, ArgumentParser
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from voipcrm.postgres_programs import find_programs


class Command(BaseCommand):
    help = (
        "Run a program of PostgreSQL, such as pg_dump, pg_restore or psql, on the product's database: where it is, who asks and the password are in "
        "its environment. For example: postgres pg_dump --format=custom --file=voipcrm.dump"
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("program")
        parser.add_argument("arguments", nargs=REMAINDER)

    def handle(self, *args: object, program: str, arguments: list[str], **options: object) -> None:
        connection.ensure_connection()  # which starts the embedded server
        environment = os.environ | _login()
        command = [program, *arguments]
        try:
            done = subprocess.run(command, env=environment, check=False)
        except FileNotFoundError:
            raise CommandError(f"There is no program “{program}”; Debian's postgresql-client has it.") from None
        sys.exit(done.returncode)


def _login() -> dict[str, str]:
    kept = connection.settings_dict
    variables = {"PGHOST": kept["HOST"], "PGPORT": kept["PORT"], "PGUSER": kept["USER"], "PGPASSWORD": kept["PASSWORD"]}
    variables |= {
        f"PG{name.upper().replace('_', '')}": value
        for name, value in kept["OPTIONS"].items()
        if name in ("host", "port", "sslmode", "sslrootcert", "target_session_attrs")
    }
    login = {name: str(value) for name, value in (variables | {"PGDATABASE": kept["NAME"]}).items() if value}
    if "EMBEDDED_IN" in kept:
        programs, _major = find_programs(Path(kept["EMBEDDED_IN"]) / "cluster")
        login["PATH"] = f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"
    return login
