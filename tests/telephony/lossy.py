"""A wire that loses datagrams: the same ones in every run, on a quiet machine and on a busy one."""

import random
import re
import selectors
import socket
import threading
from collections import Counter

MOST_IN_A_ROW = 2
"""Copies of one message that are lost one after the other: with more, a run of bad luck would look like a dead line."""


class LossyWire:
    """Between the dialer and a server on the loopback; both ways lose that share of the datagrams.

    What becomes of a message hangs on what it is and on how often it was sent, and neither on the order in which the messages of several calls
    happen to come nor on the identifiers in it, which are others in each run.
    """

    def __init__(self, server_port: int, *, share: float, seed: int) -> None:
        self._server = ("127.0.0.1", server_port)
        self._share, self._seed = share, seed
        self._calls: dict[str, int] = {}
        """References of calls, by their order."""
        self._sent: Counter[str] = Counter()
        self._lost_in_a_row: Counter[str] = Counter()
        self._near = self._socket()
        self.port: int = self._near.getsockname()[1]
        self._far: dict[tuple[str, int], socket.socket] = {}
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._near, selectors.EVENT_READ)
        self.lost = 0
        self._stopping = False
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopping = True
        self._thread.join(5)
        self._selector.close()
        for end in (self._near, *self._far.values()):
            end.close()

    def _carry(self) -> None:
        while not self._stopping:
            for key, _events in self._selector.select(0.1):
                end = key.fileobj
                assert isinstance(end, socket.socket)
                datagram, source = end.recvfrom(65535)
                if self._is_lost(datagram):
                    self.lost += 1
                elif end is self._near:
                    self._towards_server(source).sendto(datagram, self._server)
                else:
                    self._near.sendto(datagram, key.data)

    def _is_lost(self, datagram: bytes) -> bool:
        text = datagram.decode(errors="replace")
        first, second = text.split(maxsplit=2)[:2]
        reference, _dash, side = _header("Call-ID", text).rpartition("-")
        call = self._calls.setdefault(reference, len(self._calls))
        message = f"{call} {side} {second if first == 'SIP/2.0' else first} {_header('CSeq', text)}"
        self._sent[message] += 1
        chance = random.Random(f"{self._seed} {message} {self._sent[message]}").random()
        is_lost = chance < self._share and self._lost_in_a_row[message] < MOST_IN_A_ROW
        self._lost_in_a_row[message] = self._lost_in_a_row[message] + 1 if is_lost else 0
        return is_lost

    def _towards_server(self, dialer: tuple[str, int]) -> socket.socket:
        if dialer not in self._far:
            self._far[dialer] = self._socket()
            self._selector.register(self._far[dialer], selectors.EVENT_READ, dialer)
        return self._far[dialer]

    @staticmethod
    def _socket() -> socket.socket:
        end = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        end.bind(("127.0.0.1", 0))
        return end


def _header(name: str, text: str) -> str:
    found = re.search(rf"^{name}:[ \t]*(.*?)\r?$", text, re.IGNORECASE | re.MULTILINE)
    return found[1] if found else ""
