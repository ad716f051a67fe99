"""Webhooks are counted as all other requests are, and written a little later."""

import threading

import make
import pytest
from prometheus_client import REGISTRY
from rest_framework.test import APIClient
from telephony.bed import wait_until

from voipcrm import metrics

pytestmark = pytest.mark.django_db

BY_VIEW = "django_http_requests_total_by_view_transport_method_total"
BY_STATUS = "django_http_responses_total_by_status_view_method_total"
SECONDS = "django_http_requests_latency_seconds_by_view_method"
RECEIVED, SENT = "django_http_requests_body_total_bytes", "django_http_responses_body_total_bytes"


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


def post(stranger: APIClient, body: str) -> None:
    """A delivery of that many bytes."""
    address = f"/voip/webhooks/telecube/{make.voip().webhook_secret}/call_end/"
    assert stranger.post(address, body, content_type="application/json").status_code == 200


@pytest.fixture
def nobody_else(monkeypatch: pytest.MonkeyPatch) -> metrics.Gathered:
    """Counts for this test alone, written when it says so."""
    metrics.gathered.write()  # what earlier tests have sent
    monkeypatch.setattr(metrics, "LATEST", 3600.0)
    mine = metrics.Gathered()
    monkeypatch.setattr(metrics, "gathered", mine)
    return mine


def test_what_is_written_is_each_request_with_its_time_and_sizes(
    stranger: APIClient, nobody_else: metrics.Gathered
) -> None:
    body = '{"call_id": "1", "status": "BUSY"}'
    webhooks = {"view": "webhook", "transport": "http", "method": "POST"}
    accepted = {"status": "200", "view": "webhook", "method": "POST"}
    timed = {"view": "webhook", "method": "POST"}

    def read() -> list[float]:
        return [
            value(BY_VIEW, **webhooks),
            value(BY_STATUS, **accepted),
            value(f"{SECONDS}_count", **timed),
            value(f"{RECEIVED}_count"),
            value(f"{RECEIVED}_sum"),
            value(f"{SENT}_sum"),
        ]

    nobody_else.write()
    before, took = read(), value(f"{SECONDS}_sum", **timed)
    for _delivery in range(3):
        post(stranger, body)
    assert read() == before
    nobody_else.write()
    nobody_else.write()

    counted = [now - then for now, then in zip(read(), before, strict=True)]
    assert counted == [3, 3, 3, 3, 3 * len(body), 3 * len(b'{"status": "ok"}')]
    assert 0 < value(f"{SECONDS}_sum", **timed) - took < 60


def test_many_are_written_without_waiting(
    stranger: APIClient, nobody_else: metrics.Gathered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metrics, "MOST", 2)
    labels = {"view": "webhook", "transport": "http", "method": "POST"}
    before = value(BY_VIEW, **labels)

    post(stranger, "{}")
    assert value(BY_VIEW, **labels) == before
    post(stranger, "{}")

    assert value(BY_VIEW, **labels) == before + 2


def test_few_are_written_soon(stranger: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    metrics.gathered.write()
    monkeypatch.setattr(metrics, "LATEST", 0.01)
    monkeypatch.setattr(metrics, "gathered", metrics.Gathered())
    labels = {"view": "webhook", "transport": "http", "method": "POST"}
    before = value(BY_VIEW, **labels)

    for times in (1, 2):
        post(stranger, "{}")
        wait_until(lambda times=times: value(BY_VIEW, **labels) == before + times)  # type: ignore[misc]


def test_none_is_lost_where_many_threads_count(nobody_else: metrics.Gathered) -> None:
    labels = metrics._Labels("webhook", "POST", 200, "http", "utf-8")
    before = value(f"{RECEIVED}_count")
    nobody_else.write()

    def count() -> None:
        for _request in range(500):
            nobody_else.add(metrics._Measured(labels, 0.001, 1, 2))

    threads = [threading.Thread(target=count) for _thread in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    nobody_else.write()

    assert value(f"{RECEIVED}_count") - before == 2000


def test_who_asks_is_told_of_what_was_not_written_yet(
    stranger: APIClient, nobody_else: metrics.Gathered, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("voipcrm.health.gathered", nobody_else)
    labels = {"view": "webhook", "transport": "http", "method": "POST"}
    before = value(BY_VIEW, **labels)
    post(stranger, "{}")

    assert stranger.get("/metrics").status_code == 200
    assert value(BY_VIEW, **labels) == before + 1
