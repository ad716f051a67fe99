"""Runs procrastinate's worker so that it survives database restarts, and jobs deferred by a job belong to its transaction."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import psycopg
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import InterfaceError, OperationalError, connections
from procrastinate import App, RetryStrategy
from procrastinate.connector import Notify
from procrastinate.contrib.django import app as jobs
from procrastinate.contrib.django.django_connector import DjangoConnector
from procrastinate.contrib.django.utils import connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.psycopg_connector import PsycopgConnector

logger = logging.getLogger(__name__)

POLLING = 1.0
"""Seconds between two looks for scheduled jobs. New jobs are notified at once, unless a transaction pooler is in between."""
PATIENCE = 1.0
"""Seconds between two attempts to reach the database."""


AGAIN = RetryStrategy(max_attempts=60, wait=1, retry_exceptions={OperationalError, InterfaceError})
"""For jobs that are deferred once: they are retried after a database outage. Each claims its row first, so nothing is done twice."""


Look = Callable[[], Awaitable[None]]
"""Looks at what has come into the queue. Must not raise."""


class HeedingConnector(PsycopgConnector):
    """Of a worker that looks at new jobs together before it fetches what is left one by one."""

    def __init__(self, look: Look) -> None:
        super().__init__(kwargs=connector_params())
        self._look = look

    async def listen_notify(self, on_notification: Notify, channels: Iterable[str]) -> None:
        told: list[tuple[str, str]] = []
        news = asyncio.Event()

        async def note(*, channel: str, payload: str) -> None:
            told.append((channel, payload))
            news.set()

        async def look() -> None:
            while await news.wait():
                news.clear()
                await self._look()
                while told:
                    channel, payload = told.pop(0)
                    await on_notification(channel=channel, payload=payload)

        looking = asyncio.create_task(look())
        try:
            await super().listen_notify(note, channels)
        finally:
            looking.cancel()


def worker_app(look: Look | None = None) -> App:
    """The app for a worker: a copy of the one that our code defers with.
    procrastinate's own worker command gives the app itself a connection of the worker while it runs. A job that stores a call and defers its
    dialing would then defer outside its transaction: the dialing could start before the call is committed. Only the copy has that connection; our
    code continues to use Django's.
    """
    connector = jobs.connector
    assert isinstance(connector, DjangoConnector)
    return jobs.with_connector(HeedingConnector(look) if look else connector.get_worker_connector())


async def work(look: Look | None = None, **options: Any) -> None:
    """Work until canceled, or with `wait=False` until nothing is left. options: of procrastinate's `run_worker_async`.

    look: called before new jobs are fetched, where their coming is told at once.

    A database outage ends procrastinate's worker, with or without an error; then a new one is started. Jobs in progress are taken up again like
    those of a dead worker.
    """
    options.setdefault("listen_notify", not settings.TRANSACTION_POOLING)
    while True:
        app = worker_app(look)
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
