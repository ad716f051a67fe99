"""Everything a newcomer needs, running, with one command."""

import logging
import os
import secrets
import shutil
import socket
import sys
import threading
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from honcho.manager import Manager

from sips.models import Voip
from voipcrm import demo, embedded_postgres
from voipcrm.models import ApiToken, digest_of
from voipcrm.postgres_programs import EmbeddedPostgresError

logger = logging.getLogger(__name__)

ADMIN = "admin"
LOOK_AFTER_DATABASE = 2.0
"""Seconds between two looks whether the embedded server lives."""
PROCFILE = settings.BASE_DIR / "Procfile"


class Command(BaseCommand):
    help = "Prepare the database, make demo data on the first run, print how to get in, and run the product until SIGINT or SIGTERM."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="start with an empty desk")
        parser.add_argument("--prepare-only", action="store_true", help="prepare and print, but run nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        port = int(os.environ.get("PORT", "8000"))
        if not options["prepare_only"]:
            _check_port(port)
        call_command("migrate", verbosity=0)
        call_command("collectstatic", interactive=False, verbosity=0)
        password, token = _admit_admin()
        if not options["no_demo"] and not Voip.objects.exists():
            self.stdout.write("Making demo data …")
            demo.create()
        self.stdout.write(
            f"\n  voipcrm      http://127.0.0.1:{port}/admin/\n  login        {ADMIN}\n  password     {password}\n"
            f"  API token    {token}\n  API docs     http://127.0.0.1:{port}/voip/docs/\n"
        )
        self.stdout.flush()
        if not options["prepare_only"]:
            _run(port)


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as problem:
            raise CommandError(
                f"Port {port} cannot be used: {problem.strerror}. Choose another one with PORT=…"
            ) from problem


def _admit_admin() -> tuple[str, str]:
    """The demo superuser's password and API token. Both are kept under the data folder, readable by its owner alone."""
    users = get_user_model()
    password_file, token_file = settings.DATA_DIR / "admin_password", settings.DATA_DIR / "admin_api_token"
    admin = users.objects.filter(**{users.USERNAME_FIELD: ADMIN}).first()
    if admin is None:
        admin = users.objects.create_superuser(ADMIN, password=_keep(password_file, secrets.token_urlsafe(12)))
    token = token_file.read_text() if token_file.exists() else ""
    if not ApiToken.objects.filter(digest=digest_of(token)).exists():
        _token, token = ApiToken.objects.issue(admin, name="quickstart")
        _keep(token_file, token)
    password = password_file.read_text() if password_file.exists() else ""
    return password if admin.check_password(password) else "(changed since)", token


def _keep(file: Path, secret: str) -> str:
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    file.unlink(missing_ok=True)
    file.touch(mode=0o600)
    file.write_text(secret)
    return secret


def _lead_demo_to_operator() -> int:
    """A free port for the simulated operator, written into the demo's configurations; 0 when there are none."""
    desks = Voip.objects.filter(provider="simulator", api_url__startswith=demo.OPERATOR)
    if not desks.exists():
        return 0
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    desks.update(api_url=f"{demo.OPERATOR}{port}")
    return port


@contextmanager
def _database_kept_alive() -> Iterator[None]:
    """The embedded server is started again should it die meanwhile."""
    over = threading.Event()

    def look_after() -> None:
        while not over.wait(LOOK_AFTER_DATABASE):
            try:
                embedded_postgres.ensure_running(settings.DATA_DIR / "postgres")
            except EmbeddedPostgresError:
                logger.exception("database_not_restarted")

    keeper = threading.Thread(target=look_after, daemon=True)
    if settings.EMBEDDED:
        keeper.start()
    yield
    over.set()
    if settings.EMBEDDED:
        keeper.join()


def _run(port: int) -> None:
    """Run the Procfile's processes until one ends or a signal comes; then end them all, and last the embedded server."""
    metrics = settings.DATA_DIR / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir(parents=True)
    operator_port = _lead_demo_to_operator()
    for connection in connections.all():
        connection.close()
        connection.close_pool()  # type: ignore[attr-defined]  # of the PostgreSQL backend
    bin_folder = str(Path(sys.executable).parent)
    environment = {
        **os.environ,
        "PATH": f"{bin_folder}{os.pathsep}{os.environ.get('PATH', '')}",
        "PORT": str(port),
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        "PYTHONUNBUFFERED": "1",
    }
    if operator_port:
        environment.setdefault("OUTBOUND_ALLOWED_NETWORKS", "127.0.0.1")
    manager = Manager()
    for line in PROCFILE.read_text().splitlines():
        name, _colon, command = line.partition(":")
        if command and not name.startswith("#"):
            manager.add_process(name.strip(), f"exec {command.strip()}", env=environment, cwd=str(settings.BASE_DIR))
    if operator_port:
        command = f"exec python manage.py simulated_operator --port {operator_port}"
        manager.add_process("operator", command, env=environment, cwd=str(settings.BASE_DIR))
    with _database_kept_alive():
        manager.loop()
    stopped_by_signal = manager.returncode in (130, 143)
    sys.exit(0 if stopped_by_signal else manager.returncode)
