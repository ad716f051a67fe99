from datetime import timedelta

import pytest
from django.conf import LazySettings
from django.db import OperationalError, connection
from django.utils import timezone
from procrastinate.contrib.django import app
from rest_framework.test import APIClient

from integrations.sip_dialer import presence

pytestmark = pytest.mark.django_db


def defer(*, due_for: timedelta, queue: str = "default") -> None:
    """A job that should have been taken up that long ago."""
    app.configure_task("calls.expire_stale_calls", queue=queue, schedule_at=timezone.now() - due_for).defer(timestamp=0)


def test_healthz_is_200_while_no_job_is_late(stranger: APIClient) -> None:
    answer = stranger.get("/healthz")

    assert answer.status_code == 200
    assert answer.json() == {
        "status": "ok",
        "database": "ok",
        "jobs": "ok",
        "oldest_job_seconds": 0.0,
        "sip_dialers": 0,
    }


def test_a_job_that_waits_too_long_is_a_failure(stranger: APIClient, settings: LazySettings) -> None:
    settings.JOBS_LATE_AFTER = timedelta(seconds=60)
    defer(due_for=timedelta(seconds=90))

    answer = stranger.get("/healthz")

    assert (answer.status_code, answer.json()["status"], answer.json()["jobs"]) == (503, "failing", "late")
    assert 85 < answer.json()["oldest_job_seconds"] < 100


def test_a_job_waiting_briefly_is_healthy(stranger: APIClient, settings: LazySettings) -> None:
    settings.JOBS_LATE_AFTER = timedelta(seconds=60)
    defer(due_for=timedelta(seconds=30))

    assert stranger.get("/healthz").status_code == 200


@pytest.mark.parametrize(("is_alive", "code"), [(False, 200), (True, 503)])
def test_a_request_to_dial_by_sip_waits_only_where_a_dialer_runs(
    stranger: APIClient, settings: LazySettings, is_alive: bool, code: int
) -> None:
    settings.JOBS_LATE_AFTER = timedelta(seconds=60)
    defer(due_for=timedelta(seconds=90), queue="sip")
    if is_alive:
        presence.beat("deaf", 0)

    assert stranger.get("/healthz").status_code == code


def test_a_job_of_the_future_does_not_wait(stranger: APIClient) -> None:
    defer(due_for=-timedelta(days=1))

    assert stranger.get("/healthz").json()["oldest_job_seconds"] == 0


def test_healthz_is_503_without_a_database(stranger: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def cursor() -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(connection, "cursor", cursor)

    answer = stranger.get("/healthz")

    assert (answer.status_code, answer.json()) == (503, {"status": "failing", "database": "unreachable"})


def test_metrics_are_for_the_allowed_addresses(stranger: APIClient, settings: LazySettings) -> None:
    settings.METRICS_ALLOWED_IPS = ["10.0.0.0/8"]

    assert stranger.get("/metrics", REMOTE_ADDR="10.1.2.3").status_code == 200
    assert stranger.get("/metrics", REMOTE_ADDR="192.0.2.1").status_code == 404
    assert stranger.get("/metrics", REMOTE_ADDR="192.0.2.1", HTTP_X_FORWARDED_FOR="10.1.2.3").status_code == 404


def test_metrics_count_requests(stranger: APIClient) -> None:
    stranger.get("/healthz")

    assert b"django_http_requests_total" in stranger.get("/metrics").content
