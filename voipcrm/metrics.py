"""Counts webhooks under the names that django-prometheus uses for all other requests.

Its middleware looks up a dozen labelled counters for every request; here those of a method and status are looked up once.
"""

from functools import cache
from time import perf_counter
from typing import NamedTuple

from django.http import HttpRequest
from django_prometheus.middleware import Metrics
from prometheus_client import Counter, Histogram

from voipcrm.steps import Begun

_all = Metrics.get_instance()


class _Counters(NamedTuple):
    requests: list[Counter]
    seconds: list[Histogram]


@cache
def _counters(view: str, method: str, status: int, transport: str, charset: str) -> _Counters:
    """All labels have few values; clients cannot choose any freely."""
    return _Counters(
        [
            _all.requests_total,
            _all.responses_total,
            _all.requests_by_method.labels(method=method),
            _all.requests_by_transport.labels(transport=transport),
            _all.requests_by_view_transport_method.labels(view=view, transport=transport, method=method),
            _all.responses_by_status.labels(status=str(status)),
            _all.responses_by_status_view_method.labels(status=str(status), view=view, method=method),
            _all.responses_by_charset.labels(charset=charset),
        ],
        [_all.requests_latency_before, _all.requests_latency_by_view_method.labels(view=view, method=method)],
    )


def counted(request: HttpRequest) -> Begun:
    began = perf_counter()
    response = yield
    took = perf_counter() - began
    view = request.resolver_match.view_name if request.resolver_match else ""
    transport, status = request.scheme or "http", response.status_code
    counters = _counters(view, request.method or "", status, transport, response.charset)
    for counter in counters.requests:
        counter.inc()
    for histogram in counters.seconds:
        histogram.observe(took)
    _all.requests_body_bytes.observe(int(request.META.get("CONTENT_LENGTH") or 0))
    _all.responses_body_bytes.observe(len(response.content))
    return response
