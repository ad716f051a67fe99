"""Load by wrk, whose result is rejected if any request failed; and measuring by turns."""

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.scale import Scale

SCRIPTS = Path(__file__).parent / "wrk"
CONNECTIONS = 16
WARM_UP = 2
"""Seconds that do not count."""

Measure = Callable[[int, int], float]
"""Takes the number of the round and its seconds; returns a rate per second."""


class Missing(Exception):
    """A program that is needed to measure this is not installed; the message names it."""


def by_turns(measures: Mapping[str, Measure], scale: Scale) -> dict[str, list[float]]:
    """Each round measures all of them, so that other load on the machine affects all alike."""
    for measure in measures.values():
        measure(0, WARM_UP)
    rates: dict[str, list[float]] = {name: [] for name in measures}
    for number in range(1, scale.rounds + 1):
        for name, measure in measures.items():
            rates[name].append(measure(number, scale.seconds))
    return rates


def requests_per_second(address: str, script: str = "", *arguments: str, seconds: int) -> float:
    """Load an address for so long, by GET or as a script of the folder wrk/ says. Raises Missing, and RuntimeError when any request failed."""
    wrk = shutil.which("wrk")
    if wrk is None:
        raise Missing("wrk")
    options = f"--threads 2 --connections {CONNECTIONS} --timeout 20s --duration {seconds}s"
    scripted = ["--script", str(SCRIPTS / f"{script}.lua")] if script else []
    command = [wrk, *options.split(), *scripted, address, *arguments]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    rate = re.search(r"^Requests/sec: +([0-9.]+)", answer.stdout, re.MULTILINE)
    if rate is None or answer.returncode or re.search(r"Non-2xx|Socket errors", answer.stdout):
        raise RuntimeError(f"wrk against {address}:\n{answer.stdout}{answer.stderr}")
    return float(rate[1])
