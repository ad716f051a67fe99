"""A telephone operator that does not exist, as a server on the loopback: it takes orders of the provider `simulator` and reports on the calls.

The last two digits of the number choose what happens, as in the telephony tests: 02 busy, 03 nobody answers, 04 fails, 08 declined; others answer.
"""

import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count, pairwise
from typing import Any

from calls.statuses import Kind, Status
from integrations.providers.simulator import tell_story

logger = logging.getLogger(__name__)

LARGEST_ORDER = 64 * 1024
RESULTS = {"02": Status.BUSY, "03": Status.NO_ANSWER, "04": Status.FAILED, "08": Status.CANCELED}
RING_SECONDS, TALK_SECONDS = 4, 12

Tell = Callable[[str, bytes], None]
"""Delivers a webhook: address and body."""


@dataclass(frozen=True, slots=True)
class Report:
    """One webhook, `after` seconds from the order."""

    after: float
    body: bytes


def reports(order: Mapping[str, Any], call_id: str, now: datetime) -> list[Report]:
    """What will be told of the call. Raises KeyError for an order that lacks something."""
    story = tell_story(
        call_id=call_id,
        started_at=now,
        number_from=order["from"],
        number_to=order["to"],
        line=order["line"],
        kind=Kind.OUTGOING,
        result=RESULTS.get(str(order["to"])[-2:], Status.ANSWERED),
        ring_seconds=RING_SECONDS,
        talk_seconds=TALK_SECONDS,
    )
    moments = [datetime.fromisoformat(json.loads(body)["at"]) for body in story]
    return [Report((moment - now).total_seconds(), body) for moment, body in zip(moments, story, strict=True)]


def serve(port: int, tell: Tell, *, pace: float = 1) -> ThreadingHTTPServer:
    """The server, bound and not yet running. `pace` stretches time: 0 tells everything at once."""
    numbers = count(1)
    born = f"{datetime.now(UTC):%Y%m%d%H%M%S}"
    stopping = threading.Event()

    def play(address: str, told: list[Report]) -> None:
        for before, report in pairwise([Report(0, b""), *told]):
            if stopping.wait((report.after - before.after) * pace):
                return
            tell(address, report.body)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 10

        def do_POST(self) -> None:
            try:
                length = int(self.headers.get("Content-Length", "0"))
                order = json.loads(self.rfile.read(min(length, LARGEST_ORDER)))
                call_id = f"sim-{born}-{next(numbers)}"
                told = reports(order, call_id, datetime.now(UTC))
                address = str(order["callback_url"])
            except (ValueError, KeyError, TypeError, AttributeError):
                self._answer(400, {"detail": "The body is no order."})
                return
            self._answer(201, {"call_id": call_id})
            threading.Thread(target=play, args=(address, told), daemon=True).start()

        def _answer(self, status: int, content: Mapping[str, str]) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            logger.debug("simulated_operator", extra={"request": format % args})

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def server_close(self) -> None:
            stopping.set()
            super().server_close()

    return Server(("127.0.0.1", port), Handler)
