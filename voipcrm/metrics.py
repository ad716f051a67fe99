"""Counts webhooks under the names that django-prometheus uses for all other requests.

Its middleware writes a dozen values of a mapped file for every request. Here they are gathered and written together: `/metrics` may be a second late.
"""

import atexit
import threading
import time
from collections import Counter as Multiset
from functools import cache
from typing import NamedTuple

from django.http import HttpRequest
from django_prometheus.middleware import Metrics
from prometheus_client import Counter, Histogram

from voipcrm.steps import Begun

LATEST = 1.0
"""Seconds until what was gathered is written."""
MOST = 64
"""Requests after which it is written before that: one millisecond of work."""

_all = Metrics.get_instance()


class _Labels(NamedTuple):
    """All have few values; clients cannot choose any freely."""

    view: str
    method: str
    status: int
    transport: str
    charset: str


class _Measured(NamedTuple):
    labels: _Labels
    seconds: float
    received: int
    sent: int
    """Bytes of the bodies."""


@cache
def _counters(labels: _Labels) -> list[Counter]:
    view, method, status, transport, charset = labels
    return [
        _all.requests_total,
        _all.responses_total,
        _all.requests_by_method.labels(method=method),
        _all.requests_by_transport.labels(transport=transport),
        _all.requests_by_view_transport_method.labels(view=view, transport=transport, method=method),
        _all.responses_by_status.labels(status=str(status)),
        _all.responses_by_status_view_method.labels(status=str(status), view=view, method=method),
        _all.responses_by_charset.labels(charset=charset),
    ]


@cache
def _durations(labels: _Labels) -> list[Histogram]:
    by_view = _all.requests_latency_by_view_method.labels(view=labels.view, method=labels.method)
    return [_all.requests_latency_before, by_view]


class Gathered:
    """Requests of this process that are counted and not written yet."""

    def __init__(self) -> None:
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._measured: list[_Measured] = []
        self._is_any = threading.Event()
        self._writer: threading.Thread | None = None

    def add(self, measured: _Measured) -> None:
        with self._lock:
            self._measured.append(measured)
            is_full = len(self._measured) >= MOST
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_each_second, name="metrics", daemon=True)
                self._writer.start()
        if not self._is_any.is_set():
            self._is_any.set()
        if is_full:
            self.write()

    def write(self) -> None:
        """To the counters and histograms that `/metrics` reads: all that was added before, whoever else is writing."""
        with self._writing:
            with self._lock:
                measured, self._measured = self._measured, []
            for labels, times in Multiset(each.labels for each in measured).items():
                for counter in _counters(labels):
                    counter.inc(times)
            for each in measured:
                for histogram in _durations(each.labels):
                    histogram.observe(each.seconds)
                _all.requests_body_bytes.observe(each.received)
                _all.responses_body_bytes.observe(each.sent)

    def _write_each_second(self) -> None:
        while self._is_any.wait():
            time.sleep(LATEST)
            self._is_any.clear()
            self.write()


gathered = Gathered()
atexit.register(gathered.write)


def counted(request: HttpRequest) -> Begun:
    began = time.perf_counter()
    response = yield
    took = time.perf_counter() - began
    view = request.resolver_match.view_name if request.resolver_match else ""
    labels = _Labels(view, request.method or "", response.status_code, request.scheme or "http", response.charset)
    received = int(request.META.get("CONTENT_LENGTH") or 0)
    gathered.add(_Measured(labels, took, received, len(response.content)))
    return response
