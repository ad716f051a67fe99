"""(c) The processes: memory after work, and time to start."""

from statistics import median

from django.conf import settings
from procrastinate.contrib.django import app as jobs
from procrastinate.contrib.django.models import ProcrastinateJob

from bench.desk import make_token
from bench.intake import make_desk, posting_to
from bench.pages import Reader
from bench.product import SHIPPED, Program, free_port, running, shipped, started
from bench.report import Table, verdict
from bench.scale import Scale
from integrations.models import Dialer
from voipcrm import embedded_postgres

LARGEST = 120
"""Megabytes of a web worker."""
LATEST = 3
"""Seconds of `make run`, the second time."""
JOBS = 200


def measure(scale: Scale) -> list[Table]:
    memory = Table("Memory", ["process, after", "resident MB", f"aim {LARGEST} MB"])
    readiness = Table("Start", ["until", "seconds", f"aim {LATEST} s"])
    with running("web") as web:
        readiness.add("web answers", f"{web.age():.1f}", "")
        load(web, scale)
        workers = web.memory()
        memory.add(
            "web worker, webhooks and pages", f"{workers[0]:.0f}", verdict(workers[0], aim=LARGEST, at_most=True)
        )
        memory.add("granian's own process", f"{workers[-1]:.0f}", "")
    with running("worker") as worker:
        readiness.add("worker has done a job", f"{seconds_until_done(worker, 1):.1f}", "")
        seconds_until_done(worker, JOBS)
        memory.add(f"worker, {JOBS} jobs", f"{worker.memory()[0]:.0f}", "")
    with running("sip_dialer") as dialer:
        dialer.wait_until(Dialer.objects.exists, "the dialer's first heartbeat")
        readiness.add("sip_dialer is ready", f"{dialer.age():.1f}", "")
        memory.add("sip_dialer, idle", f"{dialer.memory()[0]:.0f}", "")
    memory.notes.append(f"With the packages of {'the product alone' if SHIPPED.exists() else 'development as well'}.")
    first, *later = (start_everything() for _start in range(1 + scale.rounds))
    readiness.add("`make run` answers, the first time", f"{first:.1f}", "")
    readiness.add("`make run` answers, later", f"{median(later):.1f}", verdict(median(later), aim=LATEST, at_most=True))
    return [memory, readiness]


def load(web: Program, scale: Scale) -> None:
    posting_to(web, make_desk())(0, scale.seconds)
    token = make_token()
    for _client in range(8):  # so that both workers get some
        reader = Reader(web, token)
        for _page in range(scale.pages):
            reader.fetch({"per_page": "200"})


def seconds_until_done(worker: Program, count: int) -> float:
    """Since the worker was started."""
    for _job in range(count):
        jobs.configure_task("autocalls.run_due").defer()
    worker.wait_until(
        lambda: (
            not ProcrastinateJob.objects.filter(task_name="autocalls.run_due", status__in=("todo", "doing")).exists()
        ),
        "the jobs are done",
    )
    return worker.age()


def start_everything() -> float:
    """Seconds until `make run` answers, on a database of its own; then it is ended."""
    port = free_port()
    folder = settings.DATA_DIR / "run"
    environment = {"VOIPCRM_DATA_DIR": str(folder), "PORT": str(port)}
    try:
        with started(
            ["python", "manage.py", "quickstart"], "quickstart", environment, port=port, programs=shipped()
        ) as everything:
            everything.wait_until(everything.answers, "`make run` answers")
            return everything.age()
    finally:
        embedded_postgres.stop(folder / "postgres")  # should anything have had to be killed
