import asyncio
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from calls.jobs import worker_app

POLLING = 1.0
"""Seconds within which a job whose time has come is taken up. New jobs are told of at once."""


class Command(BaseCommand):
    help = "Work on jobs until SIGTERM or SIGINT. Run as many of these as you like, on as many machines as you like."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--concurrency", type=int, default=4, help="jobs at once (default: 4)")

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(work(concurrency=options["concurrency"]))


async def work(**options: Any) -> None:
    """options: of procrastinate's `run_worker_async`."""
    app = worker_app()
    async with app.open_async():
        await app.run_worker_async(
            queues=["default"], fetch_job_polling_interval=POLLING, delete_jobs="never", **options
        )
