import asyncio
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from calls.jobs import work


class Command(BaseCommand):
    help = "Work on jobs until SIGTERM or SIGINT. Run as many of these as you like, on as many machines as you like."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--concurrency", type=int, default=4, help="jobs at once (default: 4)")

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(work(queues=["default"], concurrency=options["concurrency"]))
