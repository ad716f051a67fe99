"""The nightly retention jobs, as the worker runs them."""

from datetime import timedelta
from typing import Any

import make
import pytest
from django.utils import timezone
from procrastinate.contrib.django import app

from autocalls.models import UsedFormToken
from calls.models import Call
from integrations.models import WebhookDelivery

JOBS = (
    "calls.erase_old_calls",
    "autocalls.forget",
    "integrations.forget_deliveries",
    "voipcrm.forget_logins",
    "voipcrm.forget_audit_entries",
)


@pytest.mark.parametrize("name", JOBS)
def test_retention_runs_every_night_and_never_twice_at_once(name: str) -> None:
    (planned,) = [job for job in app.periodic_registry.periodic_tasks.values() if job.task.name == name]

    minute, hour, *days = planned.cron.split()
    assert (hour, days) == ("3", ["*"] * 3)
    assert minute.isdecimal()
    assert planned.task.queueing_lock == name


@pytest.mark.django_db
def test_retention_jobs_delete_old_rows(settings: Any) -> None:
    settings.CALL_NUMBERS_KEPT = timedelta(days=100)
    long_ago = timezone.now() - timedelta(days=101)
    call = make.call(number_from="+48501502503", start_time=long_ago)
    WebhookDelivery.objects.create(voip=make.voip(), fingerprint="f", method="POST", body=b"x", received_at=long_ago)
    UsedFormToken.objects.create(nonce="n", used_at=long_ago)

    for name in JOBS:
        app.tasks[name](timestamp=0)

    assert Call.objects.get(pk=call.pk).number_from == ""
    assert not WebhookDelivery.objects.exists()
    assert not UsedFormToken.objects.exists()
