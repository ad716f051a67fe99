"""A line that loses some of what is sent over it, in either direction."""

import random
import selectors
import socket
import threading

Address = tuple[str, int]


class LossyLine:
    """Carries UDP between whoever speaks to `port` and one server, like a NAT: each speaker has a way back of its own."""

    def __init__(self, *, loss: float, seed: int) -> None:
        self.lost = 0
        self._loss = loss
        self._chance = random.Random(seed)
        self._front = _socket()
        self.port: int = self._front.getsockname()[1]
        self._server: Address = ("127.0.0.1", 0)
        self._ways: dict[Address, socket.socket] = {}
        self._choice = selectors.DefaultSelector()
        self._choice.register(self._front, selectors.EVENT_READ)
        self._is_open = True
        self._thread = threading.Thread(target=self._carry, daemon=True)

    def lead_to(self, server_port: int) -> None:
        self._server = ("127.0.0.1", server_port)
        self._thread.start()

    def close(self) -> None:
        self._is_open = False
        self._thread.join(5)
        self._choice.close()
        for way in (self._front, *self._ways.values()):
            way.close()

    def _carry(self) -> None:
        while self._is_open:
            for key, _events in self._choice.select(0.1):
                data, sender = key.fileobj.recvfrom(65535)  # type: ignore[union-attr]
                way_back: Address | None = key.data
                if self._chance.random() < self._loss:
                    self.lost += 1
                elif way_back is None:
                    self._way_of(sender).sendto(data, self._server)
                else:
                    self._front.sendto(data, way_back)

    def _way_of(self, sender: Address) -> socket.socket:
        if sender not in self._ways:
            self._ways[sender] = _socket()
            self._choice.register(self._ways[sender], selectors.EVENT_READ, sender)
        return self._ways[sender]


def _socket() -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.bind(("127.0.0.1", 0))
    return opened
