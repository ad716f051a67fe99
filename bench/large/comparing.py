"""What each page takes at the database of a desk of ten thousand calls and of one of ten million, by turns."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from statistics import median
from typing import Any

import psycopg
from django.conf import settings
from django.contrib.auth.models import User

from bench import database
from bench.desk import make_desks
from bench.large.filling import FASTER, Desk, fill
from bench.large.pages import pages
from bench.report import Table
from bench.scale import Scale
from calls.models import Outcome
from sips.models import Voip
from voipcrm import embedded_postgres
from widgets.models import Widget

SMALL, SMALL_CALLS = "voipcrm_small", 10_000
MOST_CALLS = 5
"""Times as many as the other parts have."""
FLAT, MARGIN, LONGEST = 1.2, 1.0, 50
"""The ratio, the milliseconds within which two measurements of the same differ anyway, and those that nineteen of twenty pages may take."""
_READ = "import django; django.setup(); from bench.large.reader import main; main()"


def measure(scale: Scale) -> list[Table]:
    calls = scale.large * MOST_CALLS
    now = _fill(calls)
    table = Table(
        "At ten million calls: milliseconds at the database",
        ["page", f"{SMALL_CALLS:,}", f"{calls:,}", "p95", f"aim {FLAT}, {LONGEST} ms"],
    )
    with _reader(SMALL) as few, _reader("") as many:
        for page in pages(now):
            table.add(page.replace("|", "%7C"), *_compare(few, many, page, scale.pages))
    table.notes.append(
        f"Medians of {scale.pages} requests, one at a time, by turns; all statements of a page together. 400: refused after five seconds."
    )
    return [table]


def _fill(calls: int) -> datetime:
    """Both databases; the server then works as the product starts it."""
    make_desks()
    first = User.objects.bulk_create(User(username=f"operator-{number}", is_staff=True) for number in range(20))[0].pk
    User.objects.create_superuser("bench")
    outcome = Outcome.objects.bulk_create(Outcome(name=f"Outcome {number}") for number in range(10))[0].pk
    widget = Widget.objects.create(name="Shop", voip=Voip.objects.order_by("pk")[0]).pk
    database.copy(SMALL)
    now = datetime.now(UTC)
    for name, count in ((SMALL, SMALL_CALLS), ("", calls)):
        desk = Desk(
            calls=count,
            reported=max(count // 4, min(count, SMALL_CALLS)),
            per_day=calls // 730 or 1,
            now=now,
            outcome=outcome,
            operator=first,
            widget=widget,
        )
        fill(partial(psycopg.connect, database.address(name)), desk, tell=_tell)
    database.end()
    embedded_postgres.SETTINGS = {
        name: value for name, value in embedded_postgres.SETTINGS.items() if name not in FASTER
    }
    embedded_postgres.ensure_running(settings.DATA_DIR / "postgres")
    return now


def _tell(line: str) -> None:
    sys.stderr.write(f"{datetime.now(UTC):%H:%M:%S} {line}\n")


@contextmanager
def _reader(name: str) -> Iterator["subprocess.Popen[str]"]:
    environment = database.environment(name) | {
        "ALLOWED_HOSTS": "testserver",
        "LOG_LEVEL": "CRITICAL",
    }
    command = [sys.executable, "-c", _READ]
    with subprocess.Popen(
        command, env=os.environ | environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as reader:
        yield reader
        reader.terminate()


def _ask(reader: "subprocess.Popen[str]", page: str) -> dict[str, Any]:
    """Raises RuntimeError where it has ended."""
    if reader.stdin is None or reader.stdout is None:
        raise RuntimeError("a reader without its pipes")
    reader.stdin.write(f"bench {page}\n")
    reader.stdin.flush()
    for line in reader.stdout:
        if line.startswith('{"status"'):
            answer: dict[str, Any] = json.loads(line)
            return answer
    raise RuntimeError(f"{page}: the reader has ended")


def _compare(few: "subprocess.Popen[str]", many: "subprocess.Popen[str]", page: str, times: int) -> tuple[str, ...]:
    """The cells of a row."""
    taken: list[list[float]] = [[], []]
    for _time in range(times + 1):
        for reader, kept in zip((few, many), taken, strict=True):
            answer = _ask(reader, page)
            if answer["status"] != 200:
                return "", "", "", str(answer["status"])
            kept.append(answer["milliseconds"])
    small, large = (median(kept[1:]) for kept in taken)  # the first request of a page warms up
    slow = sorted(taken[1][1:])[int(0.95 * (times - 1))]
    met = large <= FLAT * small + MARGIN and slow < LONGEST
    return f"{small:.1f}", f"{large:.1f}", f"{slow:.1f}", "met" if met else f"missed: {large / small:.1f} ×"
