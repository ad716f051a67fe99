"""(f) The figures of a period, by the number of calls in the log, and the whole log as a file."""

import http.client
from datetime import date, timedelta
from statistics import median
from time import perf_counter
from urllib.parse import urlencode

import psycopg

from bench import database
from bench.desk import fill, make_desks, make_token
from bench.product import HOST, Program, running
from bench.report import Table, verdict
from bench.scale import Scale
from sips.models import Sip

AIMS = {1: 1.0, 5: 3.0}
"""Seconds at most, by the size of the log: the large one, and one five times as large."""
TIMES = 5
EXPORTED = 200_000
MOST_MEMORY = 60
"""Megabytes by which a web process may grow while it exports so many rows."""


def measure(scale: Scale) -> list[Table]:
    make_desks()
    token = make_token()
    questions = _questions()
    figures = Table("GET /voip/stats.json by the number of calls in the log", ["question", "calls", "seconds", "aim"])
    exports = Table("GET /voip/calls.csv", ["rows", "seconds", "MB more memory", f"aim {MOST_MEMORY} MB"])
    for times, aim in AIMS.items():
        calls = scale.large * times
        with psycopg.connect(database.address(), autocommit=True) as connection:
            fill(connection, calls)
        with running("web") as web:
            for name, question in questions.items():
                seconds = median(
                    _read(web, token, f"/voip/stats.json?{urlencode(question)}")[0] for _time in range(TIMES)
                )
                figures.add(name, f"{calls:,}", f"{seconds:.2f}", verdict(seconds, aim=aim, at_most=True))
            if times == 1:
                exports.add(*_export(web, token))
    figures.notes.append(f"Medians of {TIMES} requests, one at a time.")
    return [figures, exports]


def _questions() -> dict[str, dict[str, str]]:
    line = Sip.objects.order_by("pk").first()
    assert line is not None
    year = (date.today() - timedelta(days=364)).isoformat()  # noqa: DTZ011 - a day more or less costs the same
    return {
        "today": {"period": "today"},
        "7 days": {"period": "7_days"},
        "30 days": {"period": "30_days"},
        "30 days of a configuration": {"period": "30_days", "voip_id": str(line.voip_id)},
        "30 days of a line": {"period": "30_days", "sip_id": str(line.pk)},
        "a year": {"from": year},
    }


def _export(web: Program, token: str) -> tuple[str, ...]:
    """Export the newest calls; fewer where the log has fewer."""
    since = (date.today() - timedelta(days=EXPORTED * 30 // 86_400)).isoformat()  # noqa: DTZ011
    before = max(web.memory())
    seconds, rows, largest = _read(web, token, f"/voip/calls.csv?start_time_after={since}T00:00:00Z")
    more = largest - before
    return f"{rows:,}", f"{seconds:.1f}", f"{more:.0f}", verdict(more, aim=MOST_MEMORY, at_most=True)


def _read(web: Program, token: str, path: str) -> tuple[float, int, float]:
    """Seconds to the last byte, lines, and the most memory of a process meanwhile. Raises RuntimeError for any other answer than 200."""
    connection = http.client.HTTPConnection(HOST, web.port)
    began, lines, largest = perf_counter(), 0, 0.0
    connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
    answer = connection.getresponse()
    if answer.status != 200:
        raise RuntimeError(f"{path}: {answer.status} {answer.read(300)!r}")
    while piece := answer.read(1_000_000):
        lines, largest = lines + piece.count(b"\n"), max(largest, *web.memory())
    return perf_counter() - began, lines - 1, largest
