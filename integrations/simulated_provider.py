"""A simulated provider as a loopback server: it accepts dial orders of the provider `simulator` and sends webhooks about the calls.

The last two digits of the number determine the result, as in the telephony tests: 02 busy, 03 no answer, 04 failed, 08 declined; others answer.
"""

import json
import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count, pairwise

from calls.statuses import Kind, Status
from integrations.providers.simulator import tell_story

logger = logging.getLogger(__name__)

LARGEST_ORDER = 64 * 1024
RESULTS = {"02": Status.BUSY, "03": Status.NO_ANSWER, "04": Status.FAILED, "08": Status.CANCELED}
RING_SECONDS, TALK_SECONDS = 4, 12

Deliver = Callable[[str, bytes], None]
"""Delivers a webhook: address and body."""


@dataclass(frozen=True, slots=True)
class Report:
    """One webhook, `after` seconds from the order."""

    after: float
    body: bytes


def reports(order: Mapping[str, str], call_id: str, now: datetime) -> list[Report]:
    """The webhooks of the call. Raises KeyError for an incomplete order."""
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


def serve(port: int, deliver: Deliver, *, time_factor: float = 1) -> ThreadingHTTPServer:
    """The server, bound and not yet running. time_factor: multiplies the delays; 0 sends everything at once."""
    return _Server(port, deliver, time_factor)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, deliver: Deliver, time_factor: float) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self._deliver, self._pace = deliver, time_factor
        self._numbers = count(1)
        self._born = f"{datetime.now(UTC):%Y%m%d%H%M%S}"
        self._stopping = threading.Event()

    def take(self, order: Mapping[str, str]) -> str:
        """Start playing the ordered call. Returns its id; raises KeyError or TypeError for an invalid order."""
        call_id = f"sim-{self._born}-{next(self._numbers)}"
        webhooks = reports(order, call_id, datetime.now(UTC))
        threading.Thread(target=self._play, args=(str(order["callback_url"]), webhooks), daemon=True).start()
        return call_id

    def server_close(self) -> None:
        self._stopping.set()
        super().server_close()

    def _play(self, address: str, webhooks: list[Report]) -> None:
        for before, report in pairwise([Report(0, b""), *webhooks]):
            if self._stopping.wait((report.after - before.after) * self._pace):
                return
            self._deliver(address, report.body)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10
    server: _Server

    def do_POST(self) -> None:
        try:
            length = int(self.headers.get("Content-Length", "0"))
            order = json.loads(self.rfile.read(min(length, LARGEST_ORDER)))
            call_id = self.server.take(order)
        except (ValueError, KeyError, TypeError, AttributeError):
            self._answer(400, {"detail": "The body is no order."})
        else:
            self._answer(201, {"call_id": call_id})

    def _answer(self, status: int, content: Mapping[str, str]) -> None:
        body = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        logger.debug("simulated_provider", extra={"request": format % args})
