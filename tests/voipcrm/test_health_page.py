"""One page that says whether all of it works, in sentences."""

import html
from datetime import timedelta
from typing import Any

import make
import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from procrastinate.contrib.django import app as jobs
from roles import in_role
from staff import sign_in, superuser, told

from integrations.models import Dialer, SyncCursor, WebhookDelivery

pytestmark = pytest.mark.django_db
PAGE = "/admin/health/"


def text(client: Client) -> str:
    return html.unescape(told(client.get(PAGE).content.decode()))


def execute(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def deliver(voip: Any, **fields: Any) -> None:
    WebhookDelivery.objects.create(voip=voip, fingerprint="1", body=b"x", received_at=timezone.now(), **fields)


def test_processes_that_are_not_running_are_named_with_what_to_start() -> None:
    make.sip()
    page = text(superuser())
    assert "No worker is running" in page
    assert "No SIP dialer is running" in page


def test_processes_that_run_are_counted() -> None:
    Dialer.objects.create(name="one", seen_at=timezone.now(), calls=2)
    for _worker in range(3):  # one of them the dialer's own
        execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
    page = text(superuser())
    assert "2 workers are running." in page
    assert "1 dialer is running. Calls that they hold: 2." in page


def test_without_lines_that_dial_no_dialer_is_missed() -> None:
    assert "None is running, and no line needs one." in text(superuser())


def test_a_job_that_waits_too_long_is_a_fault_and_one_that_failed_is_named() -> None:
    jobs.configure_task("voipcrm.nothing").defer()
    execute("UPDATE procrastinate_events SET at = now() - interval '1 hour'")
    page = superuser().get(PAGE).content.decode()
    assert "has waited for 3600 seconds: too few workers" in told(page)
    execute("UPDATE procrastinate_jobs SET status = 'failed'")
    assert "1 job failed; the latest, voipcrm.nothing, on" in text(sign_in(in_role("Set-up")))
    execute("DELETE FROM procrastinate_jobs")


def test_each_configuration_tells_its_last_delivery_and_what_was_not_read() -> None:
    quiet, good, bad = make.voip(name="Quiet"), make.voip(name="Good"), make.voip(name="Bad")
    deliver(good, processed_at=timezone.now())
    deliver(bad, error="x")
    page = superuser().get(PAGE).content.decode()
    assert "Quiet: webhooks (look at it) Nothing has been delivered yet." in told(page)
    assert "Good: webhooks (in order) Last delivery:" in told(page)
    assert "Today 1 could not be read and 0 could be read only in part." in told(page)
    assert f"?voip={bad.pk}&amp;state=unreadable" in page
    assert f"/admin/sips/voip/{quiet.pk}/change/" in page


def test_a_list_of_calls_that_cannot_be_read_is_a_fault_with_its_reason() -> None:
    voip = make.voip(name="Office")
    SyncCursor.objects.create(
        voip=voip, read_until=timezone.now() - timedelta(hours=3), read_at=timezone.now(), error="Telecube refused."
    )
    page = text(superuser())
    assert "Office: the provider's list of calls (at fault) It could not be read on" in page
    assert "Telecube refused." in page


@pytest.mark.parametrize(
    ("role", "status"), [("Operator", 403), ("Supervisor", 403), ("Set-up", 200), ("Administrator", 200)]
)
def test_set_up_and_administrators_see_it(role: str, status: int) -> None:
    client = sign_in(in_role(role))
    assert client.get(PAGE).status_code == status
    assert (PAGE in client.get("/admin/").content.decode()) is (status == 200)


def test_more_configurations_take_no_more_queries() -> None:
    client = superuser()
    make.voip()
    with CaptureQueriesContext(connection) as few:
        client.get(PAGE)
    for _voip in range(5):
        make.voip()
    with CaptureQueriesContext(connection) as many:
        client.get(PAGE)
    assert len(many) == len(few)
