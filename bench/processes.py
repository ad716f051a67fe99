"""Starting servers, waiting until they answer, ending them by their process id."""

import http.client
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psycopg

PATIENCE = 60.0
"""Seconds granted to a server to start, and to end before it is killed."""


@dataclass(frozen=True, slots=True)
class Running:
    """A server and the processes that belong to it."""

    pid: int
    port: int
    seconds_to_start: float

    def pids(self) -> list[int]:
        """The process and all its descendants, oldest first; empty where there is no /proc."""
        children: dict[int, list[int]] = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):  # ended meanwhile
                pid = int(stat.parent.name)
                children.setdefault(int(_read_stat(pid)[1]), []).append(pid)
        family = [self.pid] if children else []
        for pid in family:
            family.extend(sorted(children.get(pid, [])))
        return family


    def cpu_seconds(self) -> float:
        """Processor time that the processes have used so far, with that of children that ended; 0 where there is no /proc."""
        ticks = 0
        for pid in self.pids():
            with suppress(OSError):
                user, system, *ended = _read_stat(pid)[11:15]
                ticks += int(user) + int(system) + sum(map(int, ended))
        return ticks / os.sysconf("SC_CLK_TCK")


def _read_stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name: state, parent, …; see proc(5)."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def find_local_postmaster(connection: psycopg.Connection) -> Running | None:
    """The PostgreSQL server behind a connection, if it runs on this machine and can be looked at."""
    try:
        parent = int(_read_stat(connection.info.backend_pid)[1])
        return Running(parent, 0, 0.0) if "postgres" in Path(f"/proc/{parent}/cmdline").read_text() else None
    except OSError:
        return None


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def fetch_status(port: int, path: str) -> int | None:
    """The HTTP status of a GET, or None while nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except OSError:
        return None
    finally:
        connection.close()


@contextmanager
def run_server(command: Sequence[str], *, port: int, environment: Mapping[str, str], log: Path, ready: str) -> Iterator[Running]:
    """Run an HTTP server until the block is left. It is ready once a GET of `ready` gives 200."""
    began = time.perf_counter()
    with run(command, environment=environment, log=log) as process:
        while fetch_status(port, ready) != 200:
            _check_alive(process, log, since=began)
            time.sleep(0.005)
        yield Running(process.pid, port, time.perf_counter() - began)


@contextmanager
def run(command: Sequence[str], *, environment: Mapping[str, str], log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a process, in a session of its own so that Ctrl-C reaches only us, and end it when the block is left."""
    with log.open("ab") as output:
        process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _check_alive(process: "subprocess.Popen[bytes]", log: Path, *, since: float) -> None:
    if process.poll() is not None or time.perf_counter() - since > PATIENCE:
        raise SystemExit(f"{Path(str(process.args[0])).name} did not start:\n{log.read_text(errors='replace')[-2000:]}")  # type: ignore[index]
