"""The HTTP client for providers.

A request is sent once, to an address that was resolved once and checked, without redirects and without the environment's proxies. It ends in a
response or in one of two errors: `NotSent` if certainly nothing reached the provider, else `Unanswered`.

Built on httpcore, the engine of httpx, because its network backend is the documented place to control the address, the total time, and whether
a byte of the request was sent.
"""

import logging
import re
import ssl
import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from urllib.parse import urlsplit

import httpcore
from django.conf import settings

from integrations.outbound.wire import Deadline, Forbidden, Wire
from integrations.providers.foundation.events import OutboundRequest, OutboundResponse

logger = logging.getLogger(__name__)

_PORTS = {"https": 443, "http": 80}
_ADDRESS = re.compile(r"[\x21-\x7e]+")
_METHOD = re.compile(r"[A-Z]{1,20}")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\x20-\x7e\t]*")
USER_AGENT = "voipcrm"


class OutboundError(Exception):
    """No response. The message is for staff and holds neither keys nor the whole URL."""


class NotSent(OutboundError):
    """Nothing has reached the provider."""


class Unanswered(OutboundError):
    """The request may have reached the provider and been carried out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestLimits:
    """Time and size limits; times in seconds."""

    connect: float = 5
    "For DNS and TCP to one address, and again for TLS."
    read: float = 15
    "Between two reads of the response."
    total: float = 25
    "In all."
    answer_bytes: int = 8 * 1024 * 1024


LIMITS = RequestLimits()


@dataclass(frozen=True, slots=True)
class _Target:
    scheme: str
    host: str
    port: int
    path: str


def send(request: OutboundRequest, limits: RequestLimits = LIMITS) -> OutboundResponse:
    """The provider's response with any status; a redirect is a response too and is not followed. Raises NotSent, Unanswered."""
    target = _target(request.url)
    headers = _headers(request)
    wire = Wire(allowed=settings.OUTBOUND_ALLOWED, deadline=Deadline(limits.total))
    began = time.monotonic()
    try:
        with httpcore.ConnectionPool(ssl_context=_tls(), network_backend=wire, max_connections=1) as pool:
            response = _exchange(pool, target, request, headers, limits)
    except OutboundError:
        raise
    except Forbidden as problem:
        raise NotSent(str(problem)) from None
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError, OSError) as problem:
        if wire.has_sent:
            raise Unanswered(f"{target.host} did not answer: {_cause(problem)}.") from problem
        raise NotSent(f"{target.host} could not be reached: {_cause(problem)}.") from problem
    seconds = round(time.monotonic() - began, 3)
    logger.info(
        "operator_asked",
        extra={"method": request.method, "host": target.host, "status": response.status, "seconds": seconds},
    )
    return response


def _exchange(
    pool: httpcore.ConnectionPool,
    target: _Target,
    request: OutboundRequest,
    headers: list[tuple[str, str]],
    limits: RequestLimits,
) -> OutboundResponse:
    url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
    waits = {"connect": limits.connect, "read": limits.read, "write": limits.read, "pool": limits.connect}
    with pool.stream(
        request.method, url, headers=headers, content=request.body, extensions={"timeout": waits}
    ) as response:
        body = _read(response.iter_stream(), target, limits)
        return OutboundResponse(status=response.status, body=body, url=request.url)


def _read(pieces: Iterable[bytes], target: _Target, limits: RequestLimits) -> bytes:
    body = bytearray()
    for piece in pieces:
        body += piece
        if len(body) > limits.answer_bytes:
            raise Unanswered(f"{target.host} answered with more than {limits.answer_bytes} bytes.")
    return bytes(body)


def _target(url: str) -> _Target:
    """The parts of a URL. Refuses URLs that two parsers could read differently."""
    if not _ADDRESS.fullmatch(url):
        raise NotSent("The API address is missing or has characters that no address may have.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise NotSent("The API address is no address; write it like https://api.example.com.") from None
    if parts.scheme not in _PORTS or not host:
        raise NotSent("The API address must begin with https:// or http:// and name a host.")
    if "@" in parts.netloc or "\\" in url or "%" in host:
        raise NotSent("The API address must hold no name, no password and no backslash.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return _Target(parts.scheme, host, port or _PORTS[parts.scheme], path)


def _headers(request: OutboundRequest) -> list[tuple[str, str]]:
    if not _METHOD.fullmatch(request.method):
        raise NotSent("The HTTP method is none.")
    for name, value in request.headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise NotSent(f"The header {name[:50]!r} holds characters that no header may have.")
    given = {name.lower() for name in request.headers}
    own = {"User-Agent": USER_AGENT, "Accept": "*/*", "Connection": "close"}
    return [*request.headers.items(), *((name, value) for name, value in own.items() if name.lower() not in given)]


def _cause(problem: BaseException) -> str:
    if isinstance(problem, httpcore.TimeoutException):
        return "it took too long"
    if isinstance(problem, httpcore.ProtocolError):
        return "its response is not HTTP, or was cut off"
    return str(problem) or "the connection broke"


@cache
def _tls() -> ssl.SSLContext:
    """Certificates are verified against the system's authorities (or SSL_CERT_FILE) and Mozilla's."""
    context: ssl.SSLContext = httpcore.default_ssl_context()
    return context
