"""The product's own processes, started as its Procfile says, on the database of this run, and ended again."""

import os
import shlex
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from django.conf import settings

HOST = "127.0.0.1"
PATIENCE = 180.0
"""Seconds for a process to start, on a busy machine."""
OWN = Path(sys.executable).parent
SHIPPED = Path(sys.prefix) / "shipped" / "bin"
"""Of an environment with the packages of the product alone, which `make bench` makes: those of development change what a process loads."""


class Program:
    """A running process and those it has started."""

    def __init__(
        self, command: list[str], environment: dict[str, str], *, port: int, log: Path, programs: Path
    ) -> None:
        self.port = port
        self.address = f"http://{HOST}:{port}"
        self.log = log
        self._began = time.monotonic()
        path = f"{programs}{os.pathsep}{os.environ.get('PATH', '')}"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                cwd=settings.BASE_DIR,
                env=os.environ | {"PATH": path} | environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
            )

    def wait_until(self, condition: Callable[[], bool], what: str) -> None:
        """Raises RuntimeError when the process ends first or it takes too long, with the end of its output."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{what}: did not happen. {self.log.read_text()[-2000:]}")
            time.sleep(0.01)

    def answers(self, path: str = "/healthz") -> bool:
        try:
            with urllib.request.urlopen(self.address + path, timeout=5):
                return True
        except urllib.error.HTTPError:
            return True
        except OSError:
            return False

    def age(self) -> float:
        """Seconds since it was started."""
        return time.monotonic() - self._began

    def memory(self) -> list[float]:
        """Resident megabytes of the process and of each it has started, the largest first."""
        return sorted((process.memory_info().rss / 1e6 for process in self.family()), reverse=True)

    def processor_seconds(self) -> float:
        """Of the process and of those it has started that still run."""
        times = [process.cpu_times() for process in self.family()]
        return sum(time.user + time.system for time in times)

    def end(self) -> None:
        """Terminate it and all it has started; kill what does not end."""
        if self._process.poll() is None:
            family = self.family()
            self._process.send_signal(signal.SIGTERM)
            _gone, stuck = psutil.wait_procs(family, timeout=15)
            for process in stuck:
                process.kill()
            self._process.wait()

    def kill(self) -> None:
        """SIGKILL to it and all it has started."""
        for process in self.family():
            process.kill()
        self._process.wait()

    def family(self) -> list[psutil.Process]:
        """The process and those it has started."""
        own = psutil.Process(self._process.pid)
        return [own, *own.children(recursive=True)]


@contextmanager
def running(name: str, **environment: str) -> Iterator[Program]:
    """The process of that name in the Procfile. A web process answers requests by then; the others have only been started."""
    port = int(environment.get("PORT", free_port()))
    command = [word.replace("$PORT", str(port)) for word in shlex.split(procfile()[name])]
    with started(command, name, environment | {"PORT": str(port)}, port=port, programs=shipped()) as program:
        if name == "web":
            program.wait_until(program.answers, "the web process answers")
        yield program


@contextmanager
def started(
    command: list[str], name: str, environment: dict[str, str], *, port: int, programs: Path = OWN
) -> Iterator[Program]:
    """programs: the folder in which the command, and what it starts, is looked for first."""
    log = settings.DATA_DIR / f"{name}-{port}.log"
    program = Program(command, environment, port=port, log=log, programs=programs)
    try:
        yield program
    finally:
        program.end()


def shipped() -> Path:
    return SHIPPED if SHIPPED.exists() else OWN


def procfile() -> dict[str, str]:
    lines = (settings.BASE_DIR / "Procfile").read_text().splitlines()
    return {name.strip(): command.strip() for name, _colon, command in (line.partition(":") for line in lines)}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])
