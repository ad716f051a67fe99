"""The one way out: every request to an operator's API leaves through `send`.

What it promises: the address that was checked is the one connected to, so a name that resolves differently the second time gains nothing; no
redirect, cookie, proxy or password of the environment is followed; TLS is verified; time and size are bounded; and it is known for certain
whether anything was sent. It stands on httpx's own engine, httpcore, because `httpx.Client` logs whole addresses, and addresses can hold keys.
"""

import re
import ssl
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpcore
import httpx

from integrations.addresses import is_allowed, look_up
from integrations.events import OutboundRequest, OutboundResponse

MOST_ADDRESSES = 6
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE"})
_PORTS = {"http": 80, "https": 443}
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e]*", re.ASCII)
_OURS = frozenset({"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "trailer", "expect"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    connect_seconds: float = 5
    "From looking the name up to the end of the TLS handshake."
    total_seconds: float = 20
    body_bytes: int = 4 * 1024 * 1024
    "Of an answer: a page of a thousand calls has about one megabyte."


LIMITS = Limits()


class OutboundError(Exception):
    """There is no answer. The message is a sentence for staff and names the host, never the rest of the address or a key."""

    def __init__(self, message: str, *, sent: bool, permanent: bool) -> None:
        super().__init__(message)
        self.sent = sent
        "False only where it is certain that no part of the request left the house."
        self.permanent = permanent
        "Trying again is of no use until somebody changes the configuration."


def send(
    request: OutboundRequest, *, private_allowed: bool, limits: Limits = LIMITS, tls: ssl.SSLContext | None = None
) -> OutboundResponse:
    """Send the request once and return the answer, whatever its status: a redirect too is an answer. Raises OutboundError.

    private_allowed: whether the operator may be in our own network (a PBX in the cellar) or on this machine. Link-local addresses and those where
    clouds keep a machine's secrets are refused in any case. tls: instead of the usual authorities, for tests.
    """
    url = _check_url(request.url)
    headers = _check_headers(request, url)
    trip = _Trip(_name_of(url), limits)
    network = _Network(trip, private_allowed=private_allowed)
    target = httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=_port_of(url), target=url.raw_path)
    content = request.body if request.body or request.method != "GET" else None
    with (
        _explained(trip),
        httpcore.ConnectionPool(ssl_context=tls or _authorities(), network_backend=network) as pool,
        pool.stream(request.method, target, headers=headers, content=content) as answer,
    ):
        body = bytearray()
        for part in answer.iter_stream():
            body += part
            if len(body) > limits.body_bytes:
                raise trip.error(f"sent more than {limits.body_bytes} bytes", permanent=True)
        return OutboundResponse(status=answer.status, body=bytes(body), url=request.url)


def _check_url(text: str) -> httpx.URL:
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError) as problem:
        raise _misconfigured("The operator's address cannot be read.") from problem
    if url.scheme not in _PORTS or not url.host or not 0 < _port_of(url) < 65536:
        raise _misconfigured("The operator's address must begin with https:// or http:// and name a host.")
    if url.userinfo:
        raise _misconfigured("The operator's address may hold no user and password; use api_login and api_key.")
    return url


def _check_headers(request: OutboundRequest, url: httpx.URL) -> list[tuple[str, str]]:
    if request.method not in _METHODS:
        raise _misconfigured(f"The method must be one of {', '.join(sorted(_METHODS))}.")
    for name, value in request.headers.items():
        if not _HEADER_NAME.fullmatch(name) or name.lower() in _OURS:
            raise _misconfigured("A header of the request has a name that cannot be used.")
        if not _HEADER_VALUE.fullmatch(value):
            raise _misconfigured(
                f"The header {name} has characters that no header can carry; check api_login and api_key."
            )
    given = {name.lower(): (name, value) for name, value in request.headers.items()}
    own = {"user-agent": ("User-Agent", "voipcrm"), "accept-encoding": ("Accept-Encoding", "identity")}
    fixed = [("Host", url.netloc.decode("ascii")), ("Connection", "close")]
    return [*fixed, *(own | given).values()]


def _misconfigured(message: str) -> OutboundError:
    return OutboundError(message, sent=False, permanent=True)


def _port_of(url: httpx.URL) -> int:
    return _PORTS[url.scheme] if url.port is None else url.port


def _name_of(url: httpx.URL) -> str:
    return f"{url.host}:{url.port}" if url.port else url.host


@cache
def _authorities() -> ssl.SSLContext:
    return httpx.create_ssl_context(trust_env=False)


class _Trip:
    """One request's deadlines, and whether any of it has left."""

    def __init__(self, name: str, limits: Limits) -> None:
        self.name = name
        self.sent = False
        started = time.monotonic()
        self._limits = limits
        self._connected_by = started + min(limits.connect_seconds, limits.total_seconds)
        self._done_by = started + limits.total_seconds

    def to_connect(self) -> float:
        return self._left(self._connected_by)

    def to_finish(self) -> float:
        return self._left(self._done_by)

    def _left(self, deadline: float) -> float:
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            raise httpcore.TimeoutException
        return seconds

    def error(self, what_happened: str, *, permanent: bool = False) -> OutboundError:
        return OutboundError(f"{self.name} {what_happened}.", sent=self.sent, permanent=permanent)

    def too_slow(self) -> OutboundError:
        if self.sent:
            return self.error(f"did not answer within {self._limits.total_seconds:g} seconds")
        return self.error(f"could not be reached within {self._limits.connect_seconds:g} seconds")


@contextmanager
def _explained(trip: _Trip) -> Iterator[None]:
    """Turns the engine's errors into ours."""
    try:
        yield
    except httpcore.TimeoutException as problem:
        raise trip.too_slow() from problem
    except (httpcore.NetworkError, httpcore.ProtocolError) as problem:
        what_happened = "broke the connection off or answered something else than HTTP"
        raise trip.error(what_happened if trip.sent else "could not be reached") from problem


class _Network(httpcore.NetworkBackend):
    """Connects to none but checked addresses. The engine's own timeouts are not used: the trip's deadlines hold for everything together."""

    def __init__(self, trip: _Trip, *, private_allowed: bool) -> None:
        self._trip = trip
        self._private_allowed = private_allowed
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = self._addresses(host, port)
        for left in range(len(addresses), 0, -1):
            seconds = self._trip.to_connect() / left
            try:
                stream = self._sockets.connect_tcp(addresses[-left], port, seconds, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if left == 1:
                    raise
            else:
                return _Stream(stream, self._trip)
        raise self._trip.error("leads to no address that is allowed here", permanent=True)

    def _addresses(self, host: str, port: int) -> list[str]:
        """Those of the name that we may connect to, the first few."""
        try:
            found = look_up(host, port, seconds=self._trip.to_connect())
        except TimeoutError:
            raise httpcore.ConnectTimeout from None
        except OSError as problem:
            raise self._trip.error("is not a known name") from problem
        allowed = [str(each) for each in found if is_allowed(each, private_allowed=self._private_allowed)]
        return allowed[:MOST_ADDRESSES]


class _Stream(httpcore.NetworkStream):
    """A connection that keeps to the trip's deadlines and notes when something is sent."""

    def __init__(self, stream: httpcore.NetworkStream, trip: _Trip) -> None:
        self._stream = stream
        self._trip = trip

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._trip.to_finish())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        seconds = self._trip.to_finish()
        self._trip.sent = True
        self._stream.write(buffer, seconds)

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        try:
            secured = self._stream.start_tls(ssl_context, server_hostname, self._trip.to_connect())
        except httpcore.ConnectError as problem:
            if isinstance(problem.__cause__, ssl.SSLCertVerificationError):
                raise self._trip.error("shows no valid certificate for its name", permanent=True) from problem
            raise self._trip.error("offers no TLS connection") from problem
        except httpcore.TimeoutException:
            self.close()
            raise
        return _Stream(secured, self._trip)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
