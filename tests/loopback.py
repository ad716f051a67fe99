"""An operator's API on the loopback: keeps what it is asked and answers what the test tells it to, or breaks off as badly as it is told to."""

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest


@dataclass(frozen=True)
class Received:
    """One request as it arrived."""

    method: str
    target: str
    "Path and query, as written."
    headers: Mapping[str, str]
    "Names in lower case."
    body: bytes

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> list[tuple[str, str]]:
        return parse_qsl(urlsplit(self.target).query, keep_blank_values=True)

    @property
    def form(self) -> list[tuple[str, str]]:
        return parse_qsl(self.body.decode(), keep_blank_values=True)

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Operator:
    """Answers its requests with what `answer` was told, in that order, and goes on with the last one."""

    url: str
    received: list[Received] = field(default_factory=list)
    answers: list[tuple[int, Mapping[str, str], bytes]] = field(default_factory=list)

    def answer(self, status: int, body: object = b"", *, headers: Mapping[str, str] | None = None) -> None:
        """body: bytes, or what is sent as JSON."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.answers.append((status, headers or {}, raw))

    @property
    def request(self) -> Received:
        """The only request."""
        (only,) = self.received
        return only


@contextmanager
def operator() -> Iterator[Operator]:
    class Desk(BaseHTTPRequestHandler):
        def serve(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length", 0)))
            played.received.append(Received(self.command, self.path, headers, body))
            status, more, content = played.answers[0] if len(played.answers) == 1 else played.answers.pop(0)
            self.send_response(status)
            for name, value in {**more, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = serve  # noqa: N815 - names of the base class

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    played = Operator(url=f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield played
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def raw_server(behave: Callable[[socket.socket], None], *, backlog: int = 5) -> Iterator[str]:
    """A server that does with each connection what it is told, and then drops it."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=backlog)
    listener.settimeout(5)

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _address = listener.accept()
                with connection, suppress(OSError):
                    behave(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def saying(*parts: bytes) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        for part in parts:
            connection.sendall(part)

    return behave


def dripping(head: bytes, drop: bytes) -> Callable[[socket.socket], None]:
    """Never silent for long and never done."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(head)
        gone = threading.Event()
        for _ in range(100):
            connection.sendall(drop)
            gone.wait(0.02)

    return behave


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Lets every name have these addresses at the first look-up and none later; returns the names that were looked up."""
    asked: list[str] = []
    read_literal = socket.getaddrinfo

    def look_up(host: str, port: int, *more: Any, **_kind: Any) -> list[Any]:
        if more:  # the socket module's own reading of an address that is written out
            return list(read_literal(host, port, *more))
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses if len(asked) == 1]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked
