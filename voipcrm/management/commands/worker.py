import asyncio
import signal
from argparse import ArgumentParser
from contextlib import suppress

from django.core.management.base import BaseCommand

from integrations.jobs import work


class Command(BaseCommand):
    help = "Work on jobs until SIGTERM or SIGINT. Run as many of these as you like, on as many machines as you like."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--concurrency", type=int, default=4, help="jobs at once (default: 4)")

    def handle(self, *args: object, concurrency: int, **options: object) -> None:
        asyncio.run(_until_stopped(concurrency))


async def _until_stopped(concurrency: int) -> None:
    """Finishes jobs in progress first."""
    working = asyncio.create_task(work(queues=["default"], concurrency=concurrency))
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, working.cancel)
    with suppress(asyncio.CancelledError):
        await working
