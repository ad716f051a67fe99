"""The Procfile's web process."""

import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import loopback
from django.conf import settings
from telephony.bed import PATIENCE, wait_until


@contextmanager
def running(command: list[str], environment: Mapping[str, str]) -> Iterator[None]:
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, env=environment)
    try:
        yield
    finally:
        process.terminate()
        process.wait(PATIENCE)


@contextmanager
def web(environment: Mapping[str, str]) -> Iterator[int]:
    """The port on which it answers."""
    (line,) = [line for line in (settings.BASE_DIR / "Procfile").read_text().splitlines() if line.startswith("web:")]
    port = loopback.listening_port()
    _granian, *options = shlex.split(line.removeprefix("web:").replace("$PORT", str(port)))
    with running([sys.executable, "-m", "granian", *options], environment):
        wait_until(lambda: loopback.listens(port), what="the web's start")
        yield port
