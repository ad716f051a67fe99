"""The upkeep of the job queue: what dead workers left undone."""

from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from procrastinate import JobContext
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.jobs import Status

from voipcrm.tasks import delete_old_jobs, retry_stalled_jobs

pytestmark = pytest.mark.django_db(transaction=True)

ALIVE, DEAD = 5, 60
"""Seconds since a worker's last heartbeat."""


def retry() -> None:
    async_to_sync(retry_stalled_jobs.func)(cast("JobContext", SimpleNamespace(app=app)), timestamp=0)


def worker(seconds_silent: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - make_interval(secs => %s)) RETURNING id",
            [seconds_silent],
        )
        return int(cursor.fetchone()[0])


def job_of(worker_id: int | None, *, queue: str = "sip", queueing_lock: str | None = None) -> int:
    """A job in the hands of that worker."""
    configured: dict[str, Any] = {"queue": queue, "queueing_lock": queueing_lock}
    job_id = app.configure_task("integrations.dial_by_sip", **configured).defer(call_id=0)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE id = %s", [worker_id, job_id]
        )
    return job_id


def status(job_id: int) -> str:
    return str(ProcrastinateJob.objects.get(pk=job_id).status)


@pytest.mark.parametrize("queue", ["default", "sip"])
def test_the_jobs_of_a_dead_worker_are_given_back_whatever_their_queue(queue: str) -> None:
    left = job_of(worker(DEAD), queue=queue)

    retry()

    assert status(left) == "todo"


def test_the_jobs_of_a_worker_that_was_pruned_are_given_back() -> None:
    left = job_of(None)

    retry()

    assert status(left) == "todo"


def test_the_jobs_of_the_living_are_left_alone() -> None:
    kept = job_of(worker(ALIVE))

    retry()

    assert status(kept) == "doing"


def test_a_job_whose_successor_waits_already_does_not_keep_the_others() -> None:
    dead = worker(DEAD)
    periodic, dialing = job_of(dead, queueing_lock="every minute"), job_of(dead)
    waiting = app.configure_task("integrations.dial_by_sip", queue="sip", queueing_lock="every minute").defer(call_id=0)

    retry()

    assert {name: status(job) for name, job in (("old", periodic), ("new", waiting), ("dialing", dialing))} == {
        "old": "failed",
        "new": "todo",
        "dialing": "todo",
    }


def test_a_job_that_ended_meanwhile_does_not_keep_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    dead = worker(DEAD)
    slow, dialing = job_of(dead), job_of(dead)
    find = app.job_manager.get_stalled_jobs

    async def find_and_be_overtaken() -> Any:
        found = await find()
        await app.job_manager.finish_job_by_id_async(slow, status=Status.SUCCEEDED, delete_job=False)
        return found

    monkeypatch.setattr(app.job_manager, "get_stalled_jobs", find_and_be_overtaken)
    retry()

    assert (status(slow), status(dialing)) == ("succeeded", "todo")


def test_jobs_that_ended_are_kept_for_a_week() -> None:
    context = mock.Mock()
    context.app.job_manager.delete_old_jobs = mock.AsyncMock()

    async_to_sync(delete_old_jobs.func)(context, timestamp=0)

    (asked,) = context.app.job_manager.delete_old_jobs.call_args_list
    assert asked.kwargs["nb_hours"] == 168
