"""(b) Pages of the list of calls, by turns from a small database and from a large one."""

import http.client
import json
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from statistics import median
from urllib.parse import urlencode

import psycopg

from bench import database
from bench.desk import fill, make_desks, make_token
from bench.product import HOST, Program, running
from bench.report import Table, verdict
from bench.scale import Scale
from sips.models import Sip
from voipcrm.rest.pagination import Cursor

SMALL = 10_000
LARGE = "voipcrm_large"
FLAT = 1.2
WARM_UP = 8
COMMON = "+48501000007"
"""A number of many calls."""
FACTS = {
    "status": "NO ANSWER",
    "kind": "incoming",
    "client_id": "1007",
    "contact_id": "1007",
    "number": COMMON,
    "number_from": COMMON,
    "number_to": COMMON,
    "duration_min": "600",
    "duration_max": "20",
    "missed": "true",
    "provider_call_id": "bench-7",
    "placed_by": "1",
    "outcome_id": "1",
    "q": "complaint",
}
FIGURES = {
    "finished": "true",
    "answered": "false",
    "reason": "operator_busy",
    "returned": "false",
    "returned_within": "3600",
    "kind_known": "false",
    "number_known": "false",
    "time_to_answer_min": "8",
    "time_to_answer_max": "20",
    "weekday": "1",
    "hour": "9",
}
"""Filters of the lists that figures link to."""
Page = dict[str, str]
"""A request's parameters."""


class Reader:
    """A client of one web process, on a connection that stays open."""

    def __init__(self, web: Program, token: str) -> None:
        self._connection = http.client.HTTPConnection(HOST, web.port)
        self._headers = {"Authorization": f"Bearer {token}"}

    def fetch(self, page: Page) -> tuple[float, int]:
        """Milliseconds to the last byte, and rows. Raises RuntimeError for any other answer than 200."""
        began = time.perf_counter()
        self._connection.request("GET", f"/voip/calls.json?{urlencode(page)}", headers=self._headers)
        answer = self._connection.getresponse()
        content = answer.read()
        milliseconds = (time.perf_counter() - began) * 1000
        if answer.status != 200:
            raise RuntimeError(f"{page}: {answer.status} {content[:300]!r}")
        return milliseconds, len(json.loads(content)["results"])


def measure(scale: Scale) -> list[Table]:
    make_desks()
    token = make_token()
    few_pages = prepare(database.address(), SMALL)
    database.copy(LARGE)
    many_pages = prepare(database.address(LARGE), scale.large)
    columns = ["page", "rows", f"{SMALL:,}", f"{scale.large:,}", "ratio", f"aim {FLAT}"]
    table = Table("GET /voip/calls.json by the number of calls in the log", columns)
    with running("web") as few, running("web", **database.environment(LARGE)) as many:
        readers = Reader(few, token), Reader(many, token)
        for name, page in few_pages.items():
            table.add(name, *compare(readers, (page, many_pages[name]), scale.pages))
    table.notes.append(f"Milliseconds, medians of {scale.pages} requests each, one at a time, by turns.")
    return [table]


def prepare(address: str, calls: int) -> dict[str, Page]:
    """Fill a database and give the pages to fetch from it."""
    with psycopg.connect(address, autocommit=True) as connection:
        fill(connection, calls)
        place = "SELECT start_time, id FROM calls_call ORDER BY start_time DESC, id DESC OFFSET %s LIMIT 1"
        middle = connection.execute(place, [calls // 2]).fetchone()
    assert middle is not None
    return pages(deep=Cursor(backwards=False, time=middle[0], pk=middle[1]).encode())


def pages(*, deep: str) -> dict[str, Page]:
    """The first page, a deep one, and each filter with a value of many calls and with one of none."""
    line = Sip.objects.order_by("pk").first()
    assert line is not None
    days_ago = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    return {
        "first": {},
        "first, 200 rows": {"per_page": "200"},
        "deep: the middle of the log": {"cursor": deep},
        **{name: {name: value} for name, value in filters(line, days_ago=days_ago).items()},
        "weekday and hour on another clock": {"weekday": "1", "hour": "9", "time_zone": "America/New_York"},
        "number: its last six digits": {"number": COMMON[-6:]},
        "number: its last three digits": {"number": COMMON[-3:]},
        "number of nobody": {"number": "+48999888777"},
        "q: a number": {"q": COMMON},
        "q: a word of no call": {"q": "nonesuch"},
        "duration_min of no call": {"duration_min": "100000"},
        "status and voip_id": {"status": "BUSY", "voip_id": str(line.voip_id)},
        "missed, start_time_before": {"missed": "true", "start_time_before": days_ago},
        "voip_id, start_time_before": {"voip_id": str(line.voip_id), "start_time_before": days_ago},
    }


def filters(line: Sip, *, days_ago: str) -> dict[str, str]:
    """Each filter with a value that many calls have."""
    hours_ago = (datetime.now(UTC) - timedelta(hours=3)).isoformat()
    return {
        **FACTS,
        **FIGURES,
        "voip_id": str(line.voip_id),
        "sip_id": str(line.pk),
        "start_time_after": hours_ago,
        "start_time_before": days_ago,
        "updated_since": hours_ago,
    }


def compare(readers: Sequence[Reader], asked: Sequence[Page], times: int) -> tuple[str, ...]:
    """The cells of a row: number of rows, milliseconds of each reader, their ratio, and whether the aim is met."""
    measured: list[list[float]] = [[], []]
    for _warm_up in range(WARM_UP):
        rows = [reader.fetch(page)[1] for reader, page in zip(readers, asked, strict=True)]
    for _time in range(times):
        for reader, page, kept in zip(readers, asked, measured, strict=True):
            kept.append(reader.fetch(page)[0])
    few, many = map(median, measured)
    counted = str(rows[0]) if rows[0] == rows[1] else f"{rows[0]}, {rows[1]}"
    return counted, f"{few:.1f}", f"{many:.1f}", f"{many / few:.2f}", verdict(many / few, aim=FLAT, at_most=True)
