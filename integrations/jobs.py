"""Runs procrastinate's worker so that it survives restarts of the database, and so that jobs deferred by a job belong to its transaction."""

import asyncio
import logging
from typing import Any

import psycopg
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import InterfaceError, OperationalError, connections
from procrastinate import App, RetryStrategy
from procrastinate.contrib.django import app as jobs
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.exceptions import ConnectorException

logger = logging.getLogger(__name__)

POLLING = 1.0
"""Seconds between two looks for scheduled jobs. New jobs are notified at once, unless a transaction pooler is in between."""
PATIENCE = 1.0
"""Seconds between two attempts to reach the database."""


AGAIN = RetryStrategy(max_attempts=60, wait=1, retry_exceptions={OperationalError, InterfaceError})
"""For jobs that are deferred once: they are retried when the database was gone. Each claims its row first, so nothing is done twice."""


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
    """Work until canceled, or with `wait=False` until nothing is left. options: of procrastinate's `run_worker_async`.

    A database that goes away ends procrastinate's worker, with an error or without one; here another one begins. What it had under way is taken up
    again like the jobs of a worker that died.
    """
    options.setdefault("listen_notify", not settings.TRANSACTION_POOLING)
    while True:
        app = worker_app()
        try:
            async with app.open_async():
                await app.run_worker_async(
                    fetch_job_polling_interval=POLLING, delete_jobs="never", install_signal_handlers=False, **options
                )
        except (ConnectorException, psycopg.OperationalError) as problem:
            logger.warning("worker_lost_database", extra={"problem": str(problem)})
        else:
            if not options.get("wait", True):
                return
            logger.warning("worker_lost_database")
        finally:
            # Periodic jobs are deferred through a connection of Django's in asgiref's one thread for such things, which nobody else tidies up.
            await sync_to_async(connections.close_all)()
        await asyncio.sleep(PATIENCE)
