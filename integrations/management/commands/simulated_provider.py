"""Runs the simulated provider."""

import logging
from argparse import ArgumentParser

from django.core.management.base import BaseCommand, CommandError

from integrations.outbound import http
from integrations.providers.foundation.events import OutboundRequest
from integrations.simulated_provider import serve

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Run a simulated telephone provider on the loopback, for configurations of the provider `simulator` whose api_url is its address. "
        "OUTBOUND_ALLOWED_NETWORKS must allow 127.0.0.1, for the orders and for its reports on them."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=8001)

    def handle(self, *args: object, port: int, **options: object) -> None:
        try:
            server = serve(port, deliver)
        except OSError as problem:
            raise CommandError(f"Port {port} cannot be used: {problem.strerror}.") from problem
        self.stdout.write(f"A simulated provider listens at http://127.0.0.1:{port}")
        self.stdout.flush()
        with server:
            try:
                server.serve_forever()
            except KeyboardInterrupt:
                self.stdout.write("Stopped.")


def deliver(address: str, body: bytes) -> None:
    """Deliver a webhook once, without retries."""
    request = OutboundRequest(method="POST", url=address, headers={"Content-Type": "application/json"}, body=body)
    try:
        http.send(request)
    except http.OutboundError as problem:
        logger.warning("report_lost", extra={"problem": str(problem)})
