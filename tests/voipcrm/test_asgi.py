"""What reads requests before any thread sees them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any, cast

import pytest
from asgiref.typing import HTTPScope
from django.conf import settings
from django.http import StreamingHttpResponse

from voipcrm import asgi
from voipcrm.asgi import Application, Bodies, BodyRefused
from voipcrm.wsgi_request import environ_of

PROMPT = {"type": "http.request", "body": b"whole", "more_body": False}
Receive = Callable[[], Awaitable[Any]]


def receiving(*messages: dict[str, Any]) -> Receive:
    """These messages, and after them nothing for ever."""
    coming = list(messages)

    async def receive() -> dict[str, Any]:
        if not coming:
            await asyncio.Event().wait()
        return coming.pop(0)

    return receive


def piece(content: bytes) -> dict[str, Any]:
    return {"type": "http.request", "body": content, "more_body": True}


def bodies(*, largest: int = 10, seconds: float = 60, most: int = 2) -> Bodies:
    return Bodies(largest=largest, seconds=seconds, most=most)


def read(receive: Receive, reader: Bodies | None = None, headers: Iterable[tuple[bytes, bytes]] = ()) -> bytes:
    given = headers or [(b"transfer-encoding", b"chunked")]
    return asyncio.run((reader or bodies()).read(given, receive))


def scope(path: str = "/", **changed: object) -> "HTTPScope":
    given = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": path,
        "query_string": b"",
        "headers": [],
        "client": ("192.0.2.1", 5060),
        "server": ("127.0.0.1", 8000),
        **changed,
    }
    return cast("HTTPScope", given)


def test_a_body_is_read_to_its_end() -> None:
    assert read(receiving(piece(b"in "), piece(b"parts"), {"type": "http.request"})) == b"in parts"


def test_without_a_length_nothing_is_waited_for() -> None:
    assert asyncio.run(bodies().read([], receiving())) == b""


def test_a_body_that_does_not_end_is_given_up() -> None:
    with pytest.raises(BodyRefused) as refused:
        read(receiving(piece(b"slow")), bodies(seconds=0.01))

    assert refused.value.status == 408


def test_a_length_over_the_limit_is_refused_unread() -> None:
    with pytest.raises(BodyRefused) as refused:
        read(receiving(), headers=[(b"content-length", b"11")])

    assert refused.value.status == 413


def test_a_body_over_the_limit_is_refused_whatever_length_it_claims() -> None:
    with pytest.raises(BodyRefused) as refused:
        read(receiving(piece(b"123456"), piece(b"789012")))

    assert refused.value.status == 413


def test_half_a_body_is_no_request() -> None:
    with pytest.raises(BodyRefused, match="cut short") as refused:
        read(receiving(piece(b"half"), {"type": "http.disconnect"}))
    assert refused.value.status == 400


def test_of_too_many_unfinished_bodies_the_oldest_gives_way() -> None:
    async def story() -> tuple[bytes, list[asyncio.Task[bytes]]]:
        reader, headers = bodies(most=2), [(b"content-length", b"5")]
        slow = [asyncio.create_task(reader.read(headers, receiving(piece(b"s")))) for _ in range(3)]
        await asyncio.wait(slow, return_when=asyncio.FIRST_COMPLETED)
        prompt = await reader.read(headers, receiving(PROMPT))
        await asyncio.wait(slow[1:2])
        for task in slow[2:]:
            task.cancel()
        await asyncio.wait(slow)
        return prompt, slow

    prompt, slow = asyncio.run(story())

    assert prompt == b"whole"
    assert [isinstance(task.exception(), BodyRefused) for task in slow[:2]] == [True, True]
    assert slow[2].cancelled()  # the youngest was still waited for


def test_a_refusal_says_why_and_ends_the_connection() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    def never(_environ: Any, _start: Any) -> Any:
        raise AssertionError("a thread was given to it")

    application = Application(never, bodies())  # type: ignore[arg-type]
    asyncio.run(application(scope(headers=[(b"content-length", b"11")]), receiving(), send))

    assert (sent[0]["status"], dict(sent[0]["headers"])[b"connection"]) == (413, b"close")
    assert sent[1]["body"] == b'{"detail": "The body of a request may have at most 10 bytes."}'


WEBHOOK = "/voip/webhooks/simulator/secret/"


@pytest.mark.parametrize(
    ("busy", "asked"),
    [
        (["/admin/"], ["/healthz", WEBHOOK]),
        (["/admin/", WEBHOOK], ["/healthz"]),  # a database that is slow, or a lock, holds webhooks too
    ],
)
def test_webhooks_and_monitoring_do_not_wait_behind_pages(busy: list[str], asked: list[str]) -> None:
    """With every thread for the others taken, they are still answered."""
    told: list[Any] = []

    async def story() -> None:
        free = asyncio.Event()
        loop = asyncio.get_running_loop()

        def serve(environ: Any, start: Any) -> Any:
            if environ["PATH_INFO"] in busy:
                asyncio.run_coroutine_threadsafe(free.wait(), loop).result()
            start("200 OK", [])
            return _Answer()

        async def send(message: Any) -> None:
            told.append(message.get("status"))

        application = Application(serve, bodies())  # type: ignore[arg-type]
        waiting = [asyncio.create_task(application(scope(path), receiving(), send)) for path in busy * 9]
        for path in asked:
            await asyncio.wait_for(application(scope(path), receiving(), send), 60)
        assert told == [200, None] * len(asked)
        free.set()
        await asyncio.gather(*waiting)

    asyncio.run(story())


def test_no_thread_waits_for_the_connection_of_another() -> None:
    threads = (
        asgi.THREADS_FOR_MONITORING
        + asgi.THREADS_FOR_WEBHOOKS
        + asgi.THREADS_FOR_ALL_ELSE
        + asgi.CONNECTIONS_FOR_WEBHOOKS
    )

    assert threads <= settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"]


class _Answer(list[bytes]):
    def close(self) -> None:
        """As Django's answers have it."""


@pytest.mark.parametrize("name", [b"x_forwarded_for", b"x-forwarded_for", b"x_forwarded-for"])
def test_a_name_with_an_underscore_does_not_pass_for_a_proxys(name: bytes) -> None:
    headers = [(name, b"10.0.0.1"), (b"x-forwarded-for", b"192.0.2.9"), (name, b"10.0.0.1")]

    assert environ_of(scope(headers=headers), b"")["HTTP_X_FORWARDED_FOR"] == "192.0.2.9"


def test_a_header_that_comes_twice_is_one_list() -> None:
    headers = [
        (b"x-forwarded-for", b"10.0.0.1"),
        (b"x-forwarded-for", b"192.0.2.9"),
        (b"cookie", b"a=1"),
        (b"cookie", b"b=2"),
    ]

    environ = environ_of(scope(headers=headers), b"")

    assert (environ["HTTP_X_FORWARDED_FOR"], environ["HTTP_COOKIE"]) == ("10.0.0.1,192.0.2.9", "a=1; b=2")


def test_a_chunked_body_has_the_length_it_turned_out_to_have() -> None:
    environ = environ_of(scope(headers=[(b"transfer-encoding", b"chunked")]), b"12345")

    assert environ["CONTENT_LENGTH"] == "5"
    assert "HTTP_TRANSFER_ENCODING" not in environ


def test_a_unix_socket_has_neither_address_nor_port() -> None:
    environ = environ_of(scope(client=None, server=None), b"")

    assert (environ["REMOTE_ADDR"], environ["SERVER_NAME"], environ["SERVER_PORT"]) == ("", "localhost", "80")


def test_a_long_answer_is_sent_in_pieces_as_the_client_takes_them() -> None:
    """The second piece is not made before the first one is taken: nothing of the answer is kept."""
    made: list[bytes] = []

    def pieces() -> Iterator[bytes]:
        for piece_of_it in (b"one", b"two"):
            made.append(piece_of_it)
            yield piece_of_it

    def wsgi(environ: dict[str, Any], start_response: Any) -> StreamingHttpResponse:
        answer = StreamingHttpResponse(pieces())
        start_response("200 OK", list(answer.items()))
        return answer

    sent: list[tuple[Any, int]] = []

    async def send(message: Any) -> None:
        sent.append((message.get("body", message.get("status")), len(made)))

    application = Application(wsgi, bodies())  # type: ignore[arg-type]
    asyncio.run(application(scope(method="GET"), receiving(), send))

    assert sent == [(200, 0), (b"one", 1), (b"two", 2), (b"", 2)]
