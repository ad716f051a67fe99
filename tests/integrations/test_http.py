import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from loopback import Operator, dripping, operator, raw_server, resolve_to, saying

from integrations.events import OutboundRequest, OutboundResponse
from integrations.http import Limits, OutboundError, send

QUICK = Limits(connect_seconds=0.3, total_seconds=0.6, body_bytes=10_000)
SECRET = "s3cret-key"


@pytest.fixture
def shop() -> Iterator[Operator]:
    with operator() as played:
        yield played


def ask(url: str, *, method: str = "GET", private_allowed: bool = True, **fields: Any) -> OutboundResponse:
    request = OutboundRequest(
        method=method,
        url=url,
        headers=fields.pop("headers", {"Authorization": f"Bearer {SECRET}"}),
        body=fields.pop("body", b""),
    )
    return send(request, private_allowed=private_allowed, limits=fields.pop("limits", QUICK), **fields)


def failing(url: str, **fields: Any) -> OutboundError:
    """The error, which never holds what is secret."""
    with pytest.raises(OutboundError) as caught:
        ask(url, **fields)
    assert SECRET not in str(caught.value)
    return caught.value


def test_a_request_arrives_as_it_was_made(shop: Operator) -> None:
    shop.answer(200, b"fine")

    url = f"{shop.url}/api/calls?to=%2B48&x=a%20b"
    answer = ask(url, method="POST", headers={"X-Key": "1", "Content-Type": "text/plain"}, body=b"body")

    assert (shop.request.method, shop.request.target, shop.request.body) == (
        "POST",
        url.removeprefix(shop.url),
        b"body",
    )
    assert shop.request.headers == {
        "host": shop.url.removeprefix("http://"),
        "connection": "close",
        "user-agent": "voipcrm",
        "accept-encoding": "identity",
        "x-key": "1",
        "content-type": "text/plain",
        "content-length": "4",
    }
    assert answer == OutboundResponse(status=200, body=b"fine", url=url)


def test_a_post_without_a_body_says_that_it_has_none(shop: Operator) -> None:
    shop.answer(204)

    assert ask(shop.url, method="POST").status == 204
    assert shop.request.headers["content-length"] == "0"


def test_a_get_without_a_body_does_not_speak_of_one(shop: Operator) -> None:
    shop.answer(200)
    ask(shop.url)

    assert "content-length" not in shop.request.headers


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_an_answer_and_not_followed(shop: Operator, status: int) -> None:
    shop.answer(status, b"away", headers={"Location": f"{shop.url}/elsewhere"})

    assert ask(shop.url).status == status
    assert len(shop.received) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 429, 500, 503])
def test_an_error_status_is_an_answer(shop: Operator, status: int) -> None:
    shop.answer(status, b"no")

    assert ask(shop.url) == OutboundResponse(status=status, body=b"no", url=shop.url)


def test_proxies_and_passwords_of_the_environment_are_not_used(
    shop: Operator, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login anna password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    shop.answer(200)

    assert ask(shop.url, headers={}).status == 200
    assert "authorization" not in shop.request.headers


def test_an_answer_as_long_as_is_allowed_is_read(shop: Operator) -> None:
    shop.answer(200, b"x" * QUICK.body_bytes)

    assert len(ask(shop.url).body) == QUICK.body_bytes


@pytest.mark.parametrize("head", [b"Content-Length: 10001", b"Transfer-Encoding: chunked", b"Connection: close"])
def test_a_longer_answer_is_given_up(head: bytes) -> None:
    body = b"2711\r\n" + b"x" * 10001 + b"\r\n0\r\n\r\n" if b"chunked" in head else b"x" * 10001
    with raw_server(saying(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n", body)) as url:
        error = failing(url)

    assert (error.sent, error.permanent) == (True, True)
    assert "10000 bytes" in str(error)


@pytest.mark.parametrize(
    ("head", "drop"),
    [
        (b"", b""),
        (b"HTTP/1.1 200 OK\r\n", b"X-A: a\r\n"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", b"x"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    ],
)
def test_the_whole_exchange_has_one_deadline(head: bytes, drop: bytes) -> None:
    started = time.monotonic()
    with raw_server(dripping(head, drop)) as url:
        error = failing(url)
        seconds = time.monotonic() - started

    assert (error.sent, error.permanent) == (True, False)
    assert str(error) == f"{url.removeprefix('http://')} did not answer within 0.6 seconds."
    assert 0.5 < seconds < 1.5


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"\x00\x01\x02\xff" * 50,
        b"HTTP/1.1 two OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000,
    ],
)
def test_a_broken_answer_leaves_open_what_the_operator_did(answer: bytes) -> None:
    with raw_server(saying(answer)) as url:
        error = failing(url, method="POST", body=b"call me")

    assert (error.sent, error.permanent) == (True, False)


def test_a_connection_cut_at_once_is_not_certainly_unsent() -> None:
    with raw_server(lambda _connection: None) as url:
        error = failing(url, method="POST", body=b"call me" * 1000)

    assert error.sent


def test_a_refused_connection_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = failing(f"http://127.0.0.1:{port}/{SECRET}?key={SECRET}")

    assert (error.sent, error.permanent) == (False, False)
    assert str(error) == f"127.0.0.1:{port} could not be reached."


def test_a_connection_that_nobody_accepts_sent_nothing() -> None:
    with ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(3):  # what fits into the queue of a server that accepts nothing
            waiting = sockets.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        error = failing(f"http://127.0.0.1:{listener.getsockname()[1]}")

    assert (error.sent, error.permanent) == (False, False)
    assert "could not be reached within 0.3 seconds" in str(error)


def test_the_next_address_is_tried_when_one_refuses(shop: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.answer(200)
    resolve_to(monkeypatch, "127.0.0.2", "127.0.0.1")  # the server listens on the second alone

    assert ask(shop.url.replace("127.0.0.1", "operator.example")).status == 200
    assert shop.request.headers["host"] == shop.url.replace("http://127.0.0.1", "operator.example")


def test_an_unknown_name_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def look_up(*_name: Any, **_kind: Any) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    error = failing("https://operator.example/api")

    assert (error.sent, error.permanent) == (False, False)
    assert str(error) == "operator.example is not a known name."


@pytest.mark.parametrize("host", [f"{'a' * 64}.example", "a..example"])
def test_a_name_that_cannot_be_asked_for_sent_nothing(host: str) -> None:
    assert not failing(f"http://{host}/").sent


def test_a_look_up_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_name, **_kind: answered.wait(5) and [])
    error = failing("http://operator.example/")
    answered.set()

    assert (error.sent, error.permanent) == (False, False)
    assert "within 0.3 seconds" in str(error)


def test_an_address_that_is_not_public_is_refused_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, "10.0.0.5")
    error = failing(f"http://operator.example/{SECRET}", private_allowed=False)

    assert (error.sent, error.permanent) == (False, True)
    assert str(error) == "operator.example leads to no address that is allowed here."


@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "[::1]"])
def test_no_writing_of_the_loopback_gets_through(host: str) -> None:
    assert failing(f"http://{host}:9/", private_allowed=False).permanent


def test_only_the_checked_address_is_connected_to(shop: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that answers differently the second time is asked but once."""
    shop.answer(200)
    asked = resolve_to(monkeypatch, "127.0.0.1")
    ask(shop.url.replace("127.0.0.1", "operator.example"))

    assert asked == ["operator.example"]


def test_of_several_addresses_the_forbidden_ones_are_passed_over(
    shop: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.answer(200)
    resolve_to(monkeypatch, "169.254.169.254", "127.0.0.1")

    assert ask(shop.url.replace("127.0.0.1", "operator.example")).status == 200


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/api/calls",
        "operator.example/api",
        "ftp://operator.example/",
        "file:///etc/passwd",
        "http://",
        "https:///api",
        "http://operator.example:0/",
        "http://operator.example:70000/",
        "http://operator.example:x/",
        f"http://anna:{SECRET}@operator.example/",
        "http://operator.example/\r\nX-Evil: 1",
        "http://operator.example\r\n/",
        "http://[::1/",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    error = failing(url)

    assert (error.sent, error.permanent) == (False, True)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Key": f"{SECRET}\r\nX-Evil: 1"},
        {"X-Key": "a\nb"},
        {"X-Key": "a\0"},
        {"X-Key": "ł"},
        {"X-Key\r\nX-Evil": "1"},
        {"": "1"},
        {"Host": "evil.example"},
        {"content-length": "0"},
        {"Transfer-Encoding": "chunked"},
    ],
)
def test_headers_cannot_be_smuggled(shop: Operator, headers: Mapping[str, str]) -> None:
    error = failing(shop.url, headers=headers)

    assert (error.sent, error.permanent, shop.received) == (False, True, [])


@pytest.mark.parametrize("method", ["", "get", "CONNECT", "GET / HTTP/1.1\r\nX: 1\r\n\r\nPOST"])
def test_methods_are_of_a_short_list(shop: Operator, method: str) -> None:
    assert failing(shop.url, method=method).permanent
    assert shop.received == []


def test_nothing_secret_is_logged(shop: Operator, caplog: pytest.LogCaptureFixture) -> None:
    shop.answer(200)
    caplog.set_level("DEBUG")
    ask(f"{shop.url}/{SECRET}?key={SECRET}", method="POST", body=SECRET.encode())

    assert SECRET not in caplog.text
