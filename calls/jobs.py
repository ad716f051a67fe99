"""Working on jobs: through restarts of the database, and so that what a job itself defers belongs to its transaction."""

import asyncio
import logging
from typing import Any

import psycopg
from procrastinate import App
from procrastinate.contrib.django import app as jobs
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import ConnectorException

logger = logging.getLogger(__name__)

POLLING = 1.0
"""Seconds within which a job whose time has come is taken up. New jobs are told of at once."""
PATIENCE = 1.0
"""Seconds before the database is tried again."""


def worker_app() -> App:
    """The app for a worker: a copy of the one that our code defers with.

    procrastinate's own worker command gives the app itself a connection of the worker's while it runs. A job that stores a call and defers its
    dialing would then have it taken up before the call is committed, and found missing. The copy alone has that connection; our code goes on
    through Django's.
    """
    connector = jobs.connector
    assert isinstance(connector, DjangoConnector)
    return jobs.with_connector(connector.get_worker_connector())


async def work(**options: Any) -> None:
    """Work until told to stop, or with `wait=False` until nothing is left. options: of procrastinate's `run_worker_async`.

    A database that goes away ends procrastinate's worker; here another one begins when it is back. What it had under way is taken up again like
    the jobs of a worker that died.
    """
    while True:
        app = worker_app()
        try:
            async with app.open_async():
                await app.run_worker_async(fetch_job_polling_interval=POLLING, delete_jobs="never", **options)
        except (ConnectorException, psycopg.OperationalError) as problem:
            logger.warning("worker_waits_for_database", extra={"problem": str(problem)})
            await asyncio.sleep(PATIENCE)
        else:
            return
