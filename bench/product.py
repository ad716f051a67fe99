"""The product as it is run: its environment, its two kinds of processes, and questions put to its own code."""

import json
import os
import subprocess
import sys
from base64 import urlsafe_b64encode
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.processes import Running, free_port, run, run_server

ROOT = Path(__file__).resolve().parent.parent
WORKERS = 2
BLOCKING_THREADS = 4
"""Per worker. A request waits for the database most of the time, but only one thread of a process computes at a time."""

_INSIDE = "import django, runpy, sys; django.setup(); module = sys.argv.pop(1); runpy.run_module(module, run_name='__main__', alter_sys=True)"


@dataclass(frozen=True, slots=True)
class Product:
    """The product on one database, with secrets made for this run alone."""

    folder: Path
    database_url: str

    @property
    def environment(self) -> dict[str, str]:
        """Everything that `voipcrm/settings.py` reads, and nothing of what the user's shell may set for it."""
        kept = ("PATH", "HOME", "LANG", "TMPDIR", "LD_LIBRARY_PATH", "PYTHONPATH")
        return {name: os.environ[name] for name in kept if name in os.environ} | {
            "DJANGO_SETTINGS_MODULE": "voipcrm.settings",
            "DATABASE_URL": self.database_url,
            "VOIPCRM_DATA_DIR": str(self.folder),
            "SECRET_KEY": "bench" * 12,
            "ENCRYPTION_KEYS": urlsafe_b64encode(b"bench" * 6 + b"!!").decode(),
        }

    def manage(self, *arguments: str) -> None:
        subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment, check=True, stdout=subprocess.DEVNULL)

    def ask(self, module: str, *arguments: str) -> Any:
        """Run a module of this package inside the product, with its models loaded; it prints its answer as JSON."""
        command = [sys.executable, "-c", _INSIDE, module, *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.environment, check=True, stdout=subprocess.PIPE)
        return json.loads(done.stdout)

    def serve(self, *, workers: int = WORKERS) -> AbstractContextManager[Running]:
        """Its web server. Ready means that a request reached the database."""
        port = free_port()
        options = ["--interface", "wsgi", "--workers", str(workers), "--blocking-threads", str(BLOCKING_THREADS), "--port", str(port)]
        command = [sys.executable, "-m", "granian", *options, "--working-dir", str(ROOT), "voipcrm.wsgi:application"]
        return run_server(command, port=port, environment=self.environment, log=self.folder / "product.log", ready="/healthz")

    @contextmanager
    def work(self) -> Iterator[int]:
        """Its job worker; gives the process id."""
        command = [sys.executable, str(ROOT / "manage.py"), "procrastinate", "worker"]
        with run(command, environment=self.environment, log=self.folder / "worker.log") as process:
            yield process.pid


@dataclass(frozen=True, slots=True)
class Accounts:
    """What `bench/accounts.py` made: the same in every database copied from the first."""

    token: str
    webhook_secret: str
    voip_ids: list[int]
    sip_ids: list[int]

    @classmethod
    def from_json(cls, answer: Mapping[str, Any]) -> "Accounts":
        return cls(**answer)
