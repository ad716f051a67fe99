"""The worker: what a job defers is part of the job's own transaction, and a restart of the database is no end."""

import asyncio
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import make
import pytest
from django.db import connection, transaction
from procrastinate.contrib.django import app as jobs
from procrastinate.contrib.django.models import ProcrastinateJob
from relay import Relay
from telephony.bed import PATIENCE, wait_until
from telephony.processes import Processes

from calls.models import Call, Via
from calls.services import request_call
from integrations.jobs import work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def work_on() -> Iterator[Callable[[Callable[[], Any]], None]]:
    """Has the worker carry out a function as a job."""
    names: list[str] = []

    def carry_out(function: Callable[[], Any]) -> None:
        name = f"test.{function.__name__}"
        names.append(name)
        jobs.task(name=name)(function)
        jobs.configure_task(name).defer()
        asyncio.run(work(queues=["default"], wait=False, listen_notify=False))

    yield carry_out
    for name in names:
        del jobs.tasks[name]


def dial_jobs() -> int:
    return ProcrastinateJob.objects.filter(task_name="integrations.dial_by_sip").count()


def test_a_job_that_is_rolled_back_has_deferred_nothing(work_on: Callable[[Callable[[], Any]], None]) -> None:
    line = make.sip()

    def give_up() -> None:
        with transaction.atomic():
            request_call(via=Via.SIP, sip=line.sip, number_to="+48501502503")
            transaction.set_rollback(True)

    work_on(give_up)

    assert ProcrastinateJob.objects.get(task_name="test.give_up").status == "succeeded"
    assert (Call.objects.count(), dial_jobs()) == (0, 0)


def test_a_call_and_its_dialing_are_seen_together(work_on: Callable[[Callable[[], Any]], None]) -> None:
    line = make.sip()
    seen: list[int] = []

    def request() -> None:
        with transaction.atomic():
            request_call(via=Via.SIP, sip=line.sip, number_to="+48501502503")
            seen.append(jobs_seen_by_others())

    work_on(request)

    assert (seen, Call.objects.count(), dial_jobs()) == ([0], 1, 1)


def jobs_seen_by_others() -> int:
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'integrations.dial_by_sip'")
        count = int(cursor.fetchone()[0])
    other.close()
    return count


@pytest.fixture
def relay() -> Iterator[Relay]:
    relay = Relay()
    yield relay
    relay.close()


@pytest.fixture
def worker(relay: Relay) -> Iterator["subprocess.Popen[bytes]"]:
    with Processes(relay.host) as processes:
        yield processes.start("worker")


def wait_until_done(job_id: int) -> None:
    wait_until(lambda: status_of(job_id) == "succeeded", what=f"job {job_id}")


def status_of(job_id: int) -> str:
    return str(ProcrastinateJob.objects.values_list("status", flat=True).get(pk=job_id))


def test_the_worker_goes_on_after_its_database_was_restarted(worker: "subprocess.Popen[bytes]", relay: Relay) -> None:
    wait_until_done(jobs.configure_task("autocalls.run_due").defer())

    relay.cut()
    relay.mend()

    wait_until_done(jobs.configure_task("autocalls.run_due").defer())
    assert worker.poll() is None


def test_the_worker_ends_in_order_when_it_is_told_to(worker: "subprocess.Popen[bytes]") -> None:
    wait_until_done(jobs.configure_task("autocalls.run_due").defer())

    worker.terminate()

    assert worker.wait(PATIENCE) == 0
