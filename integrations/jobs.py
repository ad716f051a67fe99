"""Runs procrastinate's worker so that it survives database restarts, and jobs deferred by a job belong to its transaction."""

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
"""For jobs that are deferred once: they are retried after a database outage. Each claims its row first, so nothing is done twice."""


def worker_app() -> App:
    """The app for a worker: a copy of the one that our code defers with.
    procrastinate's own worker command gives the app itself a connection of the worker while it runs. A job that stores a call and defers its
    dialing would then defer outside its transaction: the dialing could start before the call is committed. Only the copy has that connection; our
    code continues to use Django's.
    """
    connector = jobs.connector
    assert isinstance(connector, DjangoConnector)
    return jobs.with_connector(connector.get_worker_connector())


async def work(**options: Any) -> None:
    """Work until canceled, or with `wait=False` until nothing is left. options: of procrastinate's `run_worker_async`.

    A database outage ends procrastinate's worker, with or without an error; then a new one is started. Jobs in progress are taken up again like
    those of a dead worker.
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
            # Periodic jobs are deferred through a Django connection in asgiref's thread for sync code, which nobody else closes.
            await sync_to_async(connections.close_all)()
        await asyncio.sleep(PATIENCE)
