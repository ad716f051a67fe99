"""Plays the demo's calls."""

import logging
import signal
import threading
from argparse import ArgumentParser

from django.conf import settings
from django.core.management.base import BaseCommand

from integrations.management.commands.simulated_provider import deliver
from voipcrm import demo_pulse


class Command(BaseCommand):
    help = (
        "Let a call come in to the demo's configurations every now and then, as `make run` does, until SIGINT or SIGTERM. How often is the "
        "setting DEMO_CALLS_EVERY_SECONDS. OUTBOUND_ALLOWED_NETWORKS must allow 127.0.0.1."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8000, help="where the product listens on this machine")

    def handle(self, *args: object, **options: object) -> None:
        over = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_signal: over.set())
        every = settings.DEMO_CALLS_EVERY_SECONDS
        if not every:
            self.stdout.write("DEMO_CALLS_EVERY_SECONDS is 0: there are no calls.")
            return
        logging.getLogger("integrations.outbound").setLevel(logging.WARNING)  # the web process logs each as well
        self.stdout.write(f"A call comes in every {every} seconds or so.")
        self.stdout.flush()
        demo_pulse.run(f"http://127.0.0.1:{options['port']}", every=every, deliver=deliver, over=over)
