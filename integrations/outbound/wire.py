"""Connections to checked addresses, within one deadline, that record whether anything was sent."""

import ipaddress
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterable
from typing import Any

import httpcore

from integrations.outbound.addresses import Address, Allowed


class Forbidden(Exception):
    """The host is, or resolves to, an address that may not be reached; the message is for staff."""


class Deadline:
    """A point in time on the monotonic clock."""

    def __init__(self, seconds: float) -> None:
        self._moment = time.monotonic() + seconds

    def within(self, seconds: float | None) -> float:
        """That many seconds, or the remaining time if it is shorter; at least a millisecond, because zero would mean not waiting for available data.

        Raises httpcore.ReadTimeout if no time is left.
        """
        left = self._moment - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the deadline has passed")
        return max(0.001, left if seconds is None else min(seconds, left))


class Wire(httpcore.NetworkBackend):
    """Makes the connection of one request. The name is resolved once, all its addresses are checked, and only those are used."""

    def __init__(self, *, allowed: Allowed, deadline: Deadline) -> None:
        self._allowed = allowed
        self._deadline = deadline
        self._backend = httpcore.SyncBackend()
        self.has_sent = False
        "Whether a byte of a request may have been sent; the TLS handshake does not count."

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: "Iterable[httpcore.SOCKET_OPTION] | None" = None,
    ) -> httpcore.NetworkStream:
        addresses = _resolve(host, port, self._deadline.within(timeout))
        if not all(self._allowed.permits(host, address) for address in addresses):
            raise Forbidden(
                f"{host} leads to a machine inside a private network. If it is meant, allow it in OUTBOUND_ALLOWED_NETWORKS."
            )
        problem: Exception | None = None
        for address in addresses:
            try:
                stream = self._backend.connect_tcp(
                    str(address), port, self._deadline.within(timeout), local_address, socket_options
                )
                return _Stream(stream, self)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as failure:
                problem = failure
        raise problem or httpcore.ConnectError("the name has no address")

    def within(self, seconds: float | None) -> float:
        return self._deadline.within(seconds)


class _Stream(httpcore.NetworkStream):
    def __init__(self, stream: httpcore.NetworkStream, wire: Wire) -> None:
        self._stream = stream
        self._wire = wire

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._wire.within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        seconds = self._wire.within(timeout)
        self._wire.has_sent = True
        self._stream.write(buffer, seconds)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, self._wire.within(timeout)), self._wire)

    def get_extra_info(self, info: str) -> object:
        return self._stream.get_extra_info(info)


def _resolve(host: str, port: int, seconds: float) -> list[Address]:
    """The host's addresses in the system's order. The system's resolver has no timeout, so it is abandoned when it takes too long."""
    answer: queue.SimpleQueue[list[Any] | OSError | UnicodeError] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answer.put(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as problem:
            answer.put(problem)

    threading.Thread(target=ask, name=f"resolve {host}", daemon=True).start()
    try:
        found = answer.get(timeout=seconds)
    except queue.Empty:
        raise httpcore.ConnectTimeout("the name was not found in time") from None
    if isinstance(found, OSError | UnicodeError):
        raise httpcore.ConnectError("no such host") from found
    return list(dict.fromkeys(ipaddress.ip_address(entry[4][0].partition("%")[0]) for entry in found))
