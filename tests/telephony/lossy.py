"""A wire that loses datagrams, the same ones in every run."""

import random
import selectors
import socket
import threading


class LossyWire:
    """Between the dialer and a server on the loopback; both ways lose that share of the datagrams."""

    def __init__(self, server_port: int, *, share: float, seed: int) -> None:
        self._server = ("127.0.0.1", server_port)
        self._share, self._random = share, random.Random(seed)
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
                if self._random.random() < self._share:
                    self.lost += 1
                elif end is self._near:
                    self._towards_server(source).sendto(datagram, self._server)
                else:
                    self._near.sendto(datagram, key.data)

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
