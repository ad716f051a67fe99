"""A server on the loopback that stands for a provider's: it keeps what it was sent and answers as a test says, well or badly."""

import json
import random
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.parser import BytesParser
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

SLOWEST = 10
"""Seconds after which the server gives up on a client."""

Behaviour = Callable[[socket.socket], None]


@dataclass(frozen=True)
class Received:
    """One request as it came over the wire."""

    method: str
    target: str
    headers: dict[str, str]
    "Names in lower case."
    body: bytes

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(self.target.partition("?")[2], keep_blank_values=True)

    @property
    def form(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode(), keep_blank_values=True)


@dataclass
class ProviderServer:
    """The server's address, what it received, and what it will do next."""

    url: str
    port: int
    received: list[Received] = field(default_factory=list)
    connections: int = 0
    behaviours: list[Behaviour] = field(default_factory=list)

    def will(self, *behaviours: Behaviour) -> None:
        """One behaviour for each coming request; the last one stays."""
        self.behaviours = list(behaviours)

    def await_request(self) -> None:
        """A client with little patience may give up before this server has got round to reading what it sent."""
        deadline = time.monotonic() + SLOWEST
        while not self.received and time.monotonic() < deadline:
            time.sleep(0.01)

    @property
    def only(self) -> Received:
        (request,) = self.received
        return request


def answering(status: int = 200, body: Any = b"", **headers: str) -> Behaviour:
    """Answer like a good server. A body that is not bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}", f"Content-Length: {len(content)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return sending("\r\n".join(lines).encode() + b"\r\n\r\n" + content)


def sending(*pieces: bytes, pause: float = 0) -> Behaviour:
    """Send these bytes, one after the other with a pause before each, and close."""

    def behave(connection: socket.socket) -> None:
        for piece in pieces:
            if pause:
                threading.Event().wait(pause)
            connection.sendall(piece)

    return behave


def resetting(connection: socket.socket) -> None:
    """Break the connection instead of closing it."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
    connection.close()


def silent(connection: socket.socket) -> None:
    """Say nothing until the client goes away."""
    connection.settimeout(SLOWEST)
    connection.recv(1)


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def listening_port() -> int:
    """A free port for a server that begins to listen only later.

    It is outside the range from which the kernel takes ports for clients: there it may become a client's meanwhile, and cannot be listened on for a
    minute after that one has gone (TIME_WAIT).
    """
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.randrange(10_000, first)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


@contextmanager
def provider_server(*, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[ProviderServer]:
    """A running server; answers 200 and nothing unless told otherwise."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.create_server((host, 0), family=family)
    port = listener.getsockname()[1]
    name = f"[{host}]" if ":" in host else host
    state = ProviderServer(f"{'https' if tls else 'http'}://{name}:{port}", port, behaviours=[answering()])
    thread = threading.Thread(target=_accept, args=(listener, state, tls), daemon=True)
    thread.start()
    try:
        yield state
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(SLOWEST)


def _accept(listener: socket.socket, state: ProviderServer, tls: ssl.SSLContext | None) -> None:
    while True:
        try:
            connection, _address = listener.accept()
        except OSError:
            return
        state.connections += 1
        threading.Thread(target=_serve, args=(connection, state, tls), daemon=True).start()


def _serve(connection: socket.socket, state: ProviderServer, tls: ssl.SSLContext | None) -> None:
    connection.settimeout(SLOWEST)
    with suppress(OSError), connection:
        stream = tls.wrap_socket(connection, server_side=True) if tls else connection
        with stream:
            if (request := _read(stream)) is None:
                return
            state.received.append(request)
            behave = state.behaviours.pop(0) if len(state.behaviours) > 1 else state.behaviours[0]
            behave(stream)


def _read(connection: socket.socket) -> Received | None:
    """The whole request, or None when the client only connected, does not speak HTTP, or was gone before its last byte."""
    with connection.makefile("rb") as lines:
        method, _, rest = lines.readline().decode("latin-1").strip().partition(" ")
        if not rest.endswith(" HTTP/1.1"):
            return None
        raw, line = b"", b""
        while line != b"\r\n":
            raw += line
            if not (line := lines.readline()):
                return None
        headers = {name.lower(): value for name, value in BytesParser().parsebytes(raw).items()}
        length = int(headers.get("content-length", 0))
        body = lines.read(length)
    return Received(method, rest.rpartition(" ")[0], headers, body) if len(body) == length else None
