"""Sets up and runs everything with one command."""

import fcntl
import http.client
import logging
import os
import random
import shlex
import shutil
import socket
import sys
import threading
import time
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper

from sips.models import Voip
from voipcrm import demo, embedded_postgres, first_logins, static_collection
from voipcrm.postgres_programs import EmbeddedPostgresError, open_owned
from voipcrm.supervisor import Program, Supervisor

logger = logging.getLogger(__name__)

LOOK_AFTER_DATABASE = 2.0
"""Seconds between checks of the embedded server."""
HEAD_START = 30.0
"""Seconds for which the web has the machine to itself at most."""
PROCFILE = settings.BASE_DIR / "Procfile"
PORTS_OF_CLIENTS = Path("/proc/sys/net/ipv4/ip_local_port_range")
PORTS_TRIED = 100


class Command(BaseCommand):
    help = "Prepare the database, make demo data on the first run, print how to get in, and run the product until SIGINT or SIGTERM."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--no-demo", action="store_true", help="start with an empty desk; on the demo's data, without its calls"
        )
        parser.add_argument("--prepare-only", action="store_true", help="prepare and print, but run nothing")

    def handle(self, *args: object, **options: object) -> None:
        port, with_demo = _read_port(), not options["no_demo"]
        if options["prepare_only"]:
            token = self._prepare(with_demo=with_demo)
            self.stdout.write(first_logins.printable(first_logins.stored_passwords(), token, port))
            return
        with _alone(port) as lock:
            _check_port(port)
            token = self._prepare(with_demo=with_demo)
            stored = first_logins.stored_passwords()
            _run(port, lock, lambda: first_logins.printable(stored, token, port), with_demo=with_demo)

    def _prepare(self, *, with_demo: bool) -> str:
        """The administrator's API token."""
        call_command("migrate", verbosity=0)
        static_collection.collect()
        is_first = not get_user_model().objects.exists()
        token = first_logins.ensure_admin()
        if with_demo and is_first and not Voip.objects.exists():
            self.stdout.write("Making demo data …")
            self.stdout.flush()
            demo.create()
            demo.create_staff(first_logins.new_password)
        return token


def _read_port() -> int:
    text = os.environ.get("PORT") or "8000"
    if not (text.isascii() and text.isdecimal() and 1 <= int(text) <= 65_535):
        raise CommandError(f"PORT must be a number from 1 to 65535; it is “{text}”.")
    return int(text)


@contextmanager
def _alone(port: int) -> Iterator[int]:
    """One product runs per data folder. Its programs inherit the lock, which is free once the last of them has ended."""
    settings.DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
    file = settings.DATA_DIR / "run.lock"
    lock = open_owned(file)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CommandError(
            f"voipcrm already runs on {settings.DATA_DIR}: {file.read_text().strip()}. End it first, or name another folder "
            "in VOIPCRM_DATA_DIR and another PORT. Commands of manage.py work beside it."
        ) from None
    try:
        os.truncate(lock, 0)
        os.write(lock, f"http://127.0.0.1:{port}, process {os.getpid()}\n".encode())
        yield lock
    finally:
        os.close(lock)


def _check_port(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as problem:
            raise CommandError(
                f"Port {port} cannot be used: {problem.strerror}. Choose another one with PORT=…"
            ) from problem


def _assign_provider_port() -> int:
    """Choose a free port for the simulated provider and write it into the demo's configurations; 0 if there are none."""
    desks = demo.configurations()
    if not desks.exists():
        return 0
    ports = _ports_of_servers()
    port = next((port for port in random.sample(ports, min(len(ports), PORTS_TRIED)) if _is_free(port)), 0)
    if not port:
        raise CommandError("No port is free for the simulated provider; make run ARGS=--no-demo needs none.")
    desks.update(api_url=f"{demo.PROVIDER_ADDRESS}{port}")
    return port


def _ports_of_servers() -> Sequence[int]:
    """Ports outside the range of outgoing connections, so that a free one stays free until its server has started, also after restarts."""
    try:
        lowest, highest = map(int, PORTS_OF_CLIENTS.read_text().split())
    except (OSError, ValueError):  # not Linux
        lowest, highest = 32_768, 65_535
    return [port for port in range(10_000, 65_536) if not lowest <= port <= highest] or range(1024, 10_000)


def _is_free(port: int) -> bool:
    try:
        _check_port(port)
    except CommandError:
        return False
    return True


@contextmanager
def _database_kept_alive() -> Iterator[None]:
    """Restart the embedded server if it dies meanwhile."""
    over = threading.Event()

    def look_after() -> None:
        while not over.wait(LOOK_AFTER_DATABASE):
            try:
                embedded_postgres.ensure_running(settings.DATA_DIR / "postgres")
            except EmbeddedPostgresError:
                logger.exception("database_not_restarted")

    thread = threading.Thread(target=look_after, daemon=True)
    if settings.EMBEDDED:
        thread.start()
    yield
    over.set()
    if settings.EMBEDDED:
        thread.join()


def _run(port: int, lock: int, greeting: Callable[[], str], *, with_demo: bool) -> None:
    """Run the Procfile's programs until a signal arrives, and stop the embedded server after them."""
    metrics = settings.DATA_DIR / "metrics"
    shutil.rmtree(metrics, ignore_errors=True)
    metrics.mkdir(parents=True)
    provider_port = _assign_provider_port()
    for connection in connections.all():
        connection.close()
        cast("DatabaseWrapper", connection).close_pool()  # of the PostgreSQL backend
    environment, web_answers = _environment(port, metrics), threading.Event()
    commands = {name: shlex.split(command.replace("$PORT", str(port))) for name, command in _read_procfile().items()}
    if provider_port:
        commands["provider"] = ["python", "manage.py", "simulated_provider", "--port", str(provider_port)]
    if provider_port and with_demo and settings.DEMO_CALLS_EVERY_SECONDS:
        commands["demo"] = ["python", "manage.py", "demo_calls", "--port", str(port)]
    programs = [
        Program(name, command, environment, settings.BASE_DIR, [lock], after=None if name == "web" else web_answers)
        for name, command in commands.items()
    ]
    threading.Thread(target=_greet, args=(port, greeting, web_answers), daemon=True).start()
    with _database_kept_alive():
        Supervisor(programs).run()


def _greet(port: int, greeting: Callable[[], str], web_answers: threading.Event) -> None:
    """Say how to get in once one can, and only then let the other programs start: the web has the machine to itself until it answers."""
    try:
        text, deadline = greeting(), time.monotonic() + HEAD_START
        while not _answers(port) and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        web_answers.set()
    sys.stdout.write(text)
    sys.stdout.flush()


def _answers(port: int) -> bool:
    """Whether the web answers, be it that it cannot work."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
    return True


def _environment(port: int, metrics: Path) -> dict[str, str]:
    bin_folder = str(Path(sys.executable).parent)
    return {
        "OUTBOUND_ALLOWED_NETWORKS": "127.0.0.1",  # the simulated provider, and the SIP test bed
        **os.environ,
        "PATH": f"{bin_folder}{os.pathsep}{os.environ.get('PATH', '')}",
        "PORT": str(port),
        "PROMETHEUS_MULTIPROC_DIR": str(metrics),
        "PYTHONUNBUFFERED": "1",
    }


def _read_procfile() -> dict[str, str]:
    lines = [line.partition(":") for line in PROCFILE.read_text().splitlines() if not line.startswith("#")]
    return {name.strip(): command.strip() for name, _colon, command in lines if command}
