"""Sends stories over sixteen connections: with wrk where it is installed, else with `bench/client.py`, which costs more of the processor."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import client, stories
from bench.stories import Sent

CONNECTIONS = 16
SENDERS = 2
"""wrk's threads; each has its own calls and half of the connections."""

_SCRIPT = Path(__file__).with_name("load.lua")


class Void(Exception):
    """The round measured nothing: something was refused, broken, lost or used up."""


@dataclass(frozen=True, slots=True)
class Load:
    """What was sent, all of it answered with 200, and how fast."""

    sent: Sequence[Sent]
    seconds: float
    p50: float
    "Milliseconds, as the next."
    p99: float

    @property
    def rate(self) -> float:
        return len(self.sent) / self.seconds


def generator() -> str:
    return "wrk" if shutil.which("wrk") else "bench/client.py (wrk is not installed)"


def send(tales: Sequence[Sequence[Sent]], *, port: int, path: str, seconds: float, folder: Path) -> Load:
    """Send each sender's stories in order for that many seconds, then wait for the answers still due. Raises Void.

    path: the address without the event, ending in a slash.
    """
    if shutil.which("wrk"):
        return _send_by_wrk(tales, address=f"http://127.0.0.1:{port}", path=path, seconds=seconds, folder=folder)
    report = client.send(tales, port=port, path=path, seconds=seconds, connections=CONNECTIONS // SENDERS)
    sent = [one for tale, count in zip(tales, report.sent_by, strict=True) for one in tale[:count]]
    return Load(sent, seconds, p50=percentile(report.latencies, 0.5), p99=percentile(report.latencies, 0.99))


def _send_by_wrk(tales: Sequence[Sequence[Sent]], *, address: str, path: str, seconds: float, folder: Path) -> Load:
    for sender, tale in enumerate(tales):
        stories.write(tale, folder / f"stories-{sender}")
    options = [f"-t{len(tales)}", f"-c{CONNECTIONS}", f"-d{seconds + 2:.0f}s", f"-s{_SCRIPT}", address]
    arguments = [str(folder / "stories-"), path, str(seconds)]
    done = subprocess.run(["wrk", *options, "--", *arguments], check=True, capture_output=True, text=True)
    report = json.loads(done.stdout.splitlines()[-1])
    sent = [one for tale, count in zip(tales, report["sent_by"], strict=True) for one in tale[:count]]
    if report["refused"] or report["broken"] or report["exhausted"] or report["answered"] != len(sent):
        raise Void(f"{len(sent)} were sent; wrk says {report}")
    return Load(sent, seconds, p50=report["p50"], p99=report["p99"])


def percentile(latencies: Sequence[float], share: float) -> float:
    return sorted(latencies)[int(share * (len(latencies) - 1))]
