"""The ASGI application: bodies are read on the event loop, and only a complete request occupies a thread.

If threads read bodies, a few clients with bodies that never end (slow loris) could block a server without any login. Here an unfinished body
costs only its bytes. When there are too many, the oldest is dropped; a provider's few hundred bytes arrive at once.

Any ASGI server can load it; the lifespan protocol is not needed.
"""

import asyncio
import json
import resource
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from http import HTTPStatus
from typing import TYPE_CHECKING, Required, TypedDict, cast
from wsgiref.types import WSGIEnvironment

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import FileResponse, HttpResponse, StreamingHttpResponse

from voipcrm.wsgi import application as wsgi_application

# Only after Django has been set up by that.
# isort: split
from calls.sql import EventLoop
from voipcrm.desk_path import DESK_CHANGES, answer_desk
from voipcrm.loop_connections import LoopConnections
from voipcrm.webhook_path import WEBHOOKS, answer_webhook
from voipcrm.widget_path import WIDGET_DATA, answer_widget_data
from voipcrm.wsgi_request import environ_of

if TYPE_CHECKING:
    from wsgiref.types import StartResponse

    from asgiref.typing import Scope

BODY_SECONDS = 10.0
"""How long a body may take to arrive."""
PIECE_SECONDS = 60.0
"""How long a client may take to read one chunk of a streamed response, which occupies a thread; then the connection is closed."""
MOST_UNFINISHED = 64
"""Unfinished bodies per process, each up to DATA_UPLOAD_MAX_MEMORY_SIZE in memory."""

MOST_FILES = 32_768
"""Open files of a process, one per connection; fewer where the system's hard limit is lower."""

THREADS_FOR_MONITORING = 1
CONNECTIONS_FOR_WEBHOOKS = max(1, min(4, settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"] // 3))
"""Of the event loop, which keeps them; two thirds of DATABASE_POOL_SIZE are left for all else."""
THREADS_FOR_WEBHOOKS = 2
"""For those that need more than one statement. Each keeps its connection (`voipcrm.kept_connection`)."""
THREADS_FOR_ALL_ELSE = 4
"""All together at most the default DATABASE_POOL_SIZE, so that no thread waits for another's connection."""


class Received(TypedDict, total=False):
    """A message from the server: a piece of the body, or that the client has gone."""

    type: Required[str]
    body: bytes
    more_body: bool


Sent = dict[str, object]
"""A message to the server: the status and the headers, or a piece of the body."""
Receive = Callable[[], Awaitable[Received]]
Send = Callable[[Sent], Awaitable[None]]
OnLoop = Callable[[WSGIEnvironment, EventLoop], Awaitable[HttpResponse | None]]
Answer = tuple[int, list[tuple[bytes, bytes]], bytes]
ON_LOOP = (WEBHOOKS, WIDGET_DATA, DESK_CHANGES)
"""How the paths begin that `answer_on_loop` knows."""


class BodyRefused(Exception):
    """The request is refused while its body is read."""

    def __init__(self, status: HTTPStatus, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail

    def answer(self) -> Answer:
        """With `Connection: close`, because the rest of the body may still arrive."""
        body = json.dumps({"detail": self.detail}).encode()
        headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
        return self.status, [*headers, (b"content-length", b"%d" % len(body))], body


class Bodies:
    """Reads the bodies of one process's requests, within limits of size, time and number."""

    def __init__(self, *, largest: int, seconds: float, most: int) -> None:
        self._largest = largest
        self._seconds = seconds
        self._most = most
        self._unfinished: dict[asyncio.Timeout, None] = {}  # the oldest first

    async def read(self, headers: Iterable[tuple[bytes, bytes]], receive: Receive) -> bytes:
        """Raises BodyRefused."""
        given = dict(headers)
        length = given.get(b"content-length", b"")
        if not length and b"transfer-encoding" not in given:
            return b""
        if length.isdigit() and int(length) > self._largest:
            raise self._too_large()
        try:
            async with asyncio.timeout(self._seconds) as patience:
                self._make_room()
                self._unfinished[patience] = None
                try:
                    return await self._receive_all(receive)
                finally:
                    self._unfinished.pop(patience, None)
        except TimeoutError:
            raise BodyRefused(HTTPStatus.REQUEST_TIMEOUT, "The body of the request took too long to arrive.") from None

    async def _receive_all(self, receive: Receive) -> bytes:
        pieces, size = [], 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise BodyRefused(
                    HTTPStatus.BAD_REQUEST, "The body of the request was cut short, or its chunks cannot be read."
                )
            piece = message.get("body", b"")
            size += len(piece)
            if size > self._largest:
                raise self._too_large()
            pieces.append(piece)
            if not message.get("more_body"):
                return b"".join(pieces)

    def _make_room(self) -> None:
        if len(self._unfinished) >= self._most:
            oldest = next(iter(self._unfinished))
            del self._unfinished[oldest]
            oldest.reschedule(0)  # a time that has passed

    def _too_large(self) -> BodyRefused:
        return BodyRefused(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body of a request may have at most {self._largest} bytes."
        )


class Application:
    """Runs the WSGI application behind a body reader, in one process of an ASGI server."""

    def __init__(self, wsgi: WSGIHandler, bodies: Bodies, on_loop: OnLoop | None = None) -> None:
        """on_loop: answers the paths of ON_LOOP on the event loop, without the WSGI application; None where that has to answer after all."""
        self._wsgi = wsgi
        self._bodies = bodies
        self._on_loop = on_loop
        self._for_monitoring = ThreadPoolExecutor(THREADS_FOR_MONITORING, "monitoring")
        self._for_webhooks = ThreadPoolExecutor(THREADS_FOR_WEBHOOKS, "webhooks")
        self._for_all_else = ThreadPoolExecutor(THREADS_FOR_ALL_ELSE, "pages")
        self._loop = LoopConnections(self._for_webhooks, most=CONNECTIONS_FOR_WEBHOOKS)

    async def __call__(self, scope: "Scope", receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            raise NotImplementedError(f"{scope['type']} is not spoken here.")
        try:
            body = await self._bodies.read(scope["headers"], receive)
            environ = environ_of(scope, body)
        except BodyRefused as refused:
            answer: Answer | None = refused.answer()
        else:
            answer = await self._answer(environ, send)
        if answer is not None:
            status, headers, content = answer
            await send({"type": "http.response.start", "status": status, "headers": headers})
            await send({"type": "http.response.body", "body": content})

    async def _answer(self, environ: WSGIEnvironment, send: Send) -> Answer | None:
        """The whole response; None where it was streamed."""
        path = environ["PATH_INFO"]
        if self._on_loop and path.startswith(ON_LOOP) and (answered := await self._on_loop(environ, self._loop)):
            return answered.status_code, _headers(answered.items()), answered.content
        loop = asyncio.get_running_loop()

        async def pass_on(message: Sent) -> None:
            await send(message)

        def send_now(message: Sent) -> None:
            asyncio.run_coroutine_threadsafe(pass_on(message), loop).result(PIECE_SECONDS)

        return await loop.run_in_executor(self._threads(path), self._serve, environ, send_now)

    def _threads(self, path: str) -> ThreadPoolExecutor:
        """Webhooks and monitoring have their own threads, so that slow pages do not delay them."""
        if path == "/healthz":
            return self._for_monitoring
        return self._for_webhooks if path.startswith(WEBHOOKS) else self._for_all_else

    def _serve(self, environ: WSGIEnvironment, send_now: Callable[[Sent], None]) -> Answer | None:
        """In a thread, what `_answer` says."""
        started: list[tuple[int, list[tuple[bytes, bytes]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _problem: object = None) -> None:
            started[:] = [(int(status[:3]), _headers(headers))]

        answer = self._wsgi(environ, cast("StartResponse", start_response))
        try:
            if isinstance(answer, StreamingHttpResponse) and not isinstance(answer, FileResponse):
                [(status, headers)] = started
                send_now({"type": "http.response.start", "status": status, "headers": headers})
                for piece in answer:
                    send_now({"type": "http.response.body", "body": piece, "more_body": True})
                send_now({"type": "http.response.body", "body": b""})
                return None
            body = b"".join(answer)
        finally:
            answer.close()  # gives the thread's connection back
        [(status, headers)] = started
        return status, headers, body


def _headers(given: Iterable[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    return [(name.lower().encode(), value.encode("latin-1")) for name, value in given]


async def answer_on_loop(environ: WSGIEnvironment, loop: EventLoop) -> HttpResponse | None:
    """None where a thread has to answer."""
    if environ["PATH_INFO"] == WIDGET_DATA:
        return await answer_widget_data(environ, loop)
    if environ["PATH_INFO"] == DESK_CHANGES:
        return await answer_desk(environ, loop)
    return await answer_webhook(environ, loop)


def allow_connections() -> None:
    """Many connections may be open and idle (`--backpressure` in the Procfile); the usual soft limit of 1024 files is too low for that."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


allow_connections()
application = Application(
    wsgi_application,
    Bodies(largest=settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0, seconds=BODY_SECONDS, most=MOST_UNFINISHED),
    answer_on_loop,
)
