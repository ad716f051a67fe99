"""Programs that die, stay and do not want to end, under a supervisor in a process of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from django.conf import settings
from telephony.bed import PATIENCE, wait_until

RUN = """
import os, signal, sys, threading
from pathlib import Path
from voipcrm import supervisor
told = threading.Event()
signal.signal(signal.SIGUSR1, lambda _number, _frame: told.set())
supervisor.PAUSES, supervisor.PATIENCE = (0.1,), float(sys.argv[1])
programs = [
    supervisor.Program(
        f"program{number}", [sys.executable, "-u", "-c", code], os.environ, Path.cwd(), after=told if code.endswith("# waits") else None
    )
    for number, code in enumerate(sys.argv[2:])
]
supervisor.Supervisor(programs).run()
"""
LIVES = "import os, time; print('lives', os.getpid()); time.sleep(600)"
WAITS = f"{LIVES}  # waits"
"""Is started once the supervisor has received SIGUSR1."""
DEAF = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {LIVES}"
PARENT = f"import subprocess, sys; subprocess.Popen([sys.executable, '-uc', {LIVES!r}]); {LIVES}"


class Supervised:
    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process, self._log = process, log

    def living(self, program: int = 0) -> list[int]:
        """The process ids that a program has told, first to last."""
        lines = self.log.splitlines()
        return [int(line.split()[-1]) for line in lines if line.startswith(f"program{program} | lives")]

    @property
    def log(self) -> str:
        return self._log.read_text()

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@contextmanager
def supervising(folder: Path, *programs: str, patience: float = PATIENCE) -> Iterator[Supervised]:
    log = folder / "output"
    command = [sys.executable, "-c", RUN, str(patience), *programs]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=output, stderr=output, start_new_session=True)
    try:
        yield Supervised(process, log)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def is_alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return False


def test_a_dead_program_is_restarted_while_the_others_go_on(tmp_path: Path) -> None:
    with supervising(tmp_path, LIVES, LIVES) as run:
        wait_until(lambda: bool(run.living(0) and run.living(1)))
        os.kill(run.living(0)[0], signal.SIGKILL)
        wait_until(lambda: len(run.living(0)) == 2)

        assert "program0 ended by SIGKILL, is started again in 0.1 s" in run.log
        assert is_alive(run.living(1)[0])
        assert len(run.living(1)) == 1


def test_a_program_that_waits_for_another_is_started_when_that_is_ready(tmp_path: Path) -> None:
    with supervising(tmp_path, LIVES, WAITS) as run:
        wait_until(lambda: bool(run.living(0)))
        assert "program1 started" not in run.log
        run.process.send_signal(signal.SIGUSR1)

        wait_until(lambda: bool(run.living(1)))


def test_a_program_that_still_waits_is_not_started_by_the_end(tmp_path: Path) -> None:
    with supervising(tmp_path, LIVES, WAITS) as run:
        wait_until(lambda: bool(run.living(0)))

        assert run.end(signal.SIGTERM) == 0
        assert "program1 started" not in run.log


def test_a_program_that_ends_is_restarted(tmp_path: Path) -> None:
    with supervising(tmp_path, "import os; print('lives', os.getpid())") as run:
        wait_until(lambda: len(run.living()) > 3)

        assert "program0 ended with code 0, is started again in 0.1 s" in run.log


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all(number: signal.Signals, tmp_path: Path) -> None:
    with supervising(tmp_path, LIVES, LIVES) as run:
        wait_until(lambda: bool(run.living(0) and run.living(1)))

        assert run.end(number) == 0
        assert not any(map(is_alive, (*run.living(0), *run.living(1))))


def test_a_program_that_does_not_end_in_time_is_killed(tmp_path: Path) -> None:
    with supervising(tmp_path, DEAF, patience=0.5) as run:
        wait_until(lambda: bool(run.living()))

        assert run.end(signal.SIGTERM) == 0
        assert not is_alive(run.living()[0])


def test_a_second_signal_kills(tmp_path: Path) -> None:
    with supervising(tmp_path, DEAF, patience=600) as run:
        wait_until(lambda: bool(run.living()))
        run.process.send_signal(signal.SIGINT)
        wait_until(lambda: "ending" in run.log)

        assert run.end(signal.SIGINT) == 0
        assert not is_alive(run.living()[0])


def test_what_a_killed_program_had_started_does_not_stay_beside_the_new_one(tmp_path: Path) -> None:
    with supervising(tmp_path, PARENT) as run:
        wait_until(lambda: len(run.living()) == 2)
        before = run.living()
        started = int(run.log.split("program0 started (process ")[1].split(")")[0])
        os.kill(started, signal.SIGKILL)
        wait_until(lambda: len(run.living()) == 4)

        assert not any(map(is_alive, before))


def test_a_killed_supervisor_leaves_nothing_running(tmp_path: Path) -> None:
    with supervising(tmp_path, LIVES) as run:
        wait_until(lambda: bool(run.living()))
        run.process.kill()

        wait_until(lambda: not is_alive(run.living()[0]))
