"""A provider that sends webhooks at a steady rate, asks the next web process where one does not answer, and sends again what was not acknowledged."""

import http.client
import itertools
import json
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Self

PAUSE = 0.2
"""Seconds before a delivery that was not acknowledged is sent again."""
PATIENCE = 30


class SteadyProvider:
    """Sends between `with` and its end; then whatever was begun is acknowledged, or `acknowledged` lacks it.

    ports: of web processes on the loopback. path: of the webhook's address. rate: deliveries a second.
    """

    def __init__(self, ports: Sequence[int], path: str, *, rate: float, senders: int = 12) -> None:
        self._ports, self._path, self._rate = ports, path, rate
        self._numbers = itertools.count()
        self._began = time.monotonic()
        self._stopping, self._giving_up = threading.Event(), threading.Event()
        self.acknowledged: dict[str, float] = {}
        """By id of the call that each tells of, when, by `time.monotonic`."""
        self.repeated = 0
        self._threads = [threading.Thread(target=self._send_all, args=(place,)) for place in range(senders)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *failure: object) -> None:
        self._stopping.set()
        if any(failure):
            self._giving_up.set()
        for thread in self._threads:
            thread.join()

    def longest_silence(self, since: float = 0) -> float:
        """Seconds in which nothing was acknowledged."""
        moments = sorted(at for at in self.acknowledged.values() if at >= since)
        return max((after - before for before, after in itertools.pairwise(moments)), default=0.0)

    def _send_all(self, place: int) -> None:
        connections: dict[int, http.client.HTTPConnection] = {}
        while not self._stopping.is_set():
            number = next(self._numbers)
            self._stopping.wait(max(0.0, self._began + number / self._rate - time.monotonic()))
            self._send(f"op-{number}", number, place, connections)
        for connection in connections.values():
            connection.close()

    def _send(self, call: str, number: int, place: int, connections: dict[int, http.client.HTTPConnection]) -> None:
        """Until it is acknowledged."""
        body = json.dumps({"event": "call.ended", "id": call, "status": "BUSY", "duration": number % 3600})
        for attempt in itertools.count():
            port = self._ports[(place + attempt) % len(self._ports)]
            with suppress(OSError, http.client.HTTPException):
                if self._post(port, body, connections) == 200:
                    self.acknowledged[call] = time.monotonic()
                    return
            connections.pop(port).close()
            self.repeated += 1
            if self._giving_up.wait(PAUSE):
                return

    def _post(self, port: int, body: str, connections: dict[int, http.client.HTTPConnection]) -> int:
        connection = connections.setdefault(port, http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE))
        connection.request("POST", self._path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        return answer.status
