"""Runs programs side by side: a program that ends is restarted, and all are stopped together.

For `make run` on one machine. In production systemd or the container engine does this: docs/deployment.md.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType

PAUSES = (1, 2, 5, 10, 30)
"""Seconds before a program is restarted: the first time, the second, and so on."""
STEADY = 60.0
"""Seconds after which an exit no longer counts as another failure in a row."""
PATIENCE = 10.0
"""Seconds a program may take to stop; the SIP dialer needs up to four to hang up its calls."""


@dataclass(frozen=True)
class Program:
    """environment: the complete one. keep_open: file descriptors that it inherits. after: what it waits for before its first start."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    keep_open: Sequence[int] = ()
    after: threading.Event | None = None


class Supervisor:
    def __init__(self, programs: Sequence[Program]) -> None:
        self._programs = programs
        self._width = max(len(program.name) for program in programs)
        self._running: dict[str, subprocess.Popen[str]] = {}
        self._lock = threading.Lock()  # over what runs, and whether anything may still be started
        self._over = threading.Event()
        self._signals = 0

    def run(self) -> None:
        """Runs until SIGINT, SIGTERM or SIGHUP; a second signal kills what has not stopped. Must be called in the main thread."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._count)
        threads = [threading.Thread(target=self._keep, args=(program,)) for program in self._programs]
        for thread in threads:
            thread.start()
        while not self._signals:  # the handler only counts: what it interrupts may hold any lock
            time.sleep(0.1)
        self._say("system", "ending")
        self._over.set()
        self._signal_all(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE
        while any(thread.is_alive() for thread in threads):
            if time.monotonic() > deadline or self._signals > 1:
                self._signal_all(signal.SIGKILL)
            time.sleep(0.05)

    def _count(self, _number: int, _frame: FrameType | None) -> None:
        self._signals += 1

    def _keep(self, program: Program) -> None:
        while program.after and not self._over.is_set() and not program.after.wait(0.1):
            pass
        failures = 0
        while process := self._start(program):
            began = time.monotonic()
            code = process.wait()
            with suppress(ProcessLookupError):  # processes it started and left behind
                os.killpg(process.pid, signal.SIGKILL)
            if self._over.is_set():
                return
            failures = 1 if time.monotonic() - began > STEADY else failures + 1
            pause = PAUSES[min(failures, len(PAUSES)) - 1]
            self._say("system", f"{program.name} {_describe(code)}, is started again in {pause} s")
            self._over.wait(pause)

    def _start(self, program: Program) -> "subprocess.Popen[str] | None":
        with self._lock:
            if self._over.is_set():
                return None
            process = self._running[program.name] = subprocess.Popen(
                [*_ended_with_this_process(), *program.command],
                env=program.environment,
                cwd=program.folder,
                pass_fds=program.keep_open,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                start_new_session=True,  # only this process receives Ctrl-C and passes it on
            )
        threading.Thread(target=self._pass_on_output, args=(program.name, process), daemon=True).start()
        self._say("system", f"{program.name} started (process {process.pid})")
        return process

    def _pass_on_output(self, name: str, process: "subprocess.Popen[str]") -> None:
        assert process.stdout is not None
        with process.stdout as lines:
            for line in lines:
                self._say(name, line.rstrip("\n"))

    def _say(self, name: str, line: str) -> None:
        with suppress(OSError):  # the terminal was closed: the shutdown must go on
            sys.stdout.write(f"{name:<{self._width}} | {line}\n")
            sys.stdout.flush()

    def _signal_all(self, number: signal.Signals) -> None:
        with self._lock:
            for process in self._running.values():
                if process.poll() is None:
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, number)


def _describe(code: int) -> str:
    return f"ended by {signal.Signals(-code).name}" if code < 0 else f"ended with code {code}"


@cache
def _ended_with_this_process() -> list[str]:
    """Lets the kernel stop the programs if this process is killed; requires util-linux."""
    command = ["setpriv", "--pdeathsig", "TERM"]
    known = shutil.which("setpriv") and not subprocess.call([*command, "true"], stderr=subprocess.DEVNULL)
    return command if known else []
