"""Processor time of a delivery in the web processes and in PostgreSQL. Other load on the machine changes it less than it changes a rate."""

from collections.abc import Sequence
from pathlib import Path

import psutil
from django.conf import settings
from django.db import connection

from bench.load import Measure
from bench.product import Program


class Cost:
    """Sums the processor time and the deliveries of several rounds."""

    def __init__(self, measure: Measure, program: Program) -> None:
        self._measure = measure
        self._program = program
        self.deliveries = 0.0
        self.web = self.database = 0.0
        "Seconds."

    def __call__(self, number: int, seconds: int) -> float:
        before = self._spent()
        rate = self._measure(number, seconds)
        if number:  # 0 warms up
            web, database = (after - earlier for after, earlier in zip(self._spent(), before, strict=True))
            self.web, self.database, self.deliveries = (
                self.web + web,
                self.database + database,
                self.deliveries + rate * seconds,
            )
        return rate

    def milliseconds(self) -> tuple[float, float]:
        """Per delivery: in the web processes, and in PostgreSQL."""
        return self.web / self.deliveries * 1000, self.database / self.deliveries * 1000

    def _spent(self) -> tuple[float, float]:
        return _seconds(self._program.family()), _seconds(_postgres())


def _postgres() -> list[psutil.Process]:
    """The processes that serve a connection. Vacuum and checkpoints run at any time, and would be charged to whatever is measured just then."""
    pid = int(Path(settings.DATA_DIR / "postgres" / "cluster" / "postmaster.pid").read_text().split()[0])
    served = f"postgres: {connection.settings_dict['USER']} "
    return [process for process in psutil.Process(pid).children() if _title(process).startswith(served)]


def _title(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.NoSuchProcess:
        return ""


def _seconds(processes: Sequence[psutil.Process]) -> float:
    """User and system time, including that of children that have ended."""
    spent = 0.0
    for process in processes:
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        spent += times.user + times.system + times.children_user + times.children_system
    return spent
