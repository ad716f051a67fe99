"""Requests to providers over real sockets: to whom they go, how long they take, and which of the two errors they end in."""

import logging
import socket
import ssl
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

import httpcore
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from loopback import ProviderServer, answering, provider_server, resetting, sending, silent

from integrations.outbound import http, wire
from integrations.outbound.addresses import parse_allowed
from integrations.outbound.http import NotSent, RequestLimits, Unanswered, send
from integrations.providers.foundation.events import OutboundRequest

QUICK = RequestLimits(connect=0.4, read=0.4, total=0.8, answer_bytes=10_000)


@pytest.fixture(autouse=True)
def loopback_allowed(settings: Any) -> None:
    settings.OUTBOUND_ALLOWED = parse_allowed(["127.0.0.0/8", "::1"])


@pytest.fixture
def server() -> Iterator[ProviderServer]:
    with provider_server() as running:
        yield running


def get(url: str, **more: Any) -> OutboundRequest:
    return OutboundRequest(method="GET", url=url, **more)


def test_a_request_arrives_as_it_was_written(server: ProviderServer) -> None:
    server.will(answering(201, b"made"))
    request = OutboundRequest(
        method="POST",
        url=f"{server.url}/a%20b?x=1&y=%2B",
        headers={"X-Key": "k", "Content-Type": "text/plain"},
        body=b"\xc5\x82",
    )

    response = send(request)

    assert (response.status, response.body) == (201, b"made")
    assert (server.only.method, server.only.target, server.only.body) == ("POST", "/a%20b?x=1&y=%2B", b"\xc5\x82")
    assert server.only.headers == {
        "host": f"127.0.0.1:{server.port}", "x-key": "k", "content-type": "text/plain", "content-length": "2",
        "user-agent": "voipcrm", "accept": "*/*", "connection": "close",
    }  # fmt: skip


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_returned_and_not_followed(server: ProviderServer, status: int) -> None:
    server.will(answering(status, Location=f"{server.url}/elsewhere"))

    assert send(get(server.url)).status == status
    assert [each.target for each in server.received] == ["/"]


@pytest.mark.parametrize("status", [400, 401, 404, 429, 500, 503])
def test_an_error_status_is_a_response(server: ProviderServer, status: int) -> None:
    server.will(answering(status, {"message": "no"}))

    assert send(get(server.url)).body == b'{"message": "no"}'


def test_proxies_of_the_environment_are_not_used(server: ProviderServer, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    assert send(get(server.url)).status == 200


@pytest.mark.parametrize(
    "behave",
    [
        silent,
        resetting,
        sending(),
        sending(b"\x00\x01\x02 what\r\n\r\n"),
        sending(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"),
        sending(b"HTTP/1.1 200 OK\r\nContent-Le"),
        sending(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"),
        sending(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000),
        answering(200, b"x" * 10_001),
        sending(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 10_001),
    ],
    ids=["silent", "reset", "closed", "garbage", "half-body", "half-headers", "bad-chunk", "huge-headers", "huge-body", "endless-body"],
)  # fmt: skip
def test_a_request_without_a_whole_answer_may_have_been_received(server: ProviderServer, behave: Any) -> None:
    server.will(behave)

    with pytest.raises(Unanswered, match=r"^127\.0\.0\.1 "):
        send(get(server.url), QUICK)
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "trickle",
    [
        [b"HTTP/1.1 200 OK\r\n\r\n", *[b"x"] * 100],
        [b"HTTP/1.1 200 OK\r\nX-Slow: ", *[b"x"] * 100],
        [b"HTTP/1.1 100 Continue\r\n\r\n"] * 100,
    ],
    ids=["body", "headers", "continue"],
)
def test_a_trickling_answer_is_cut_at_the_deadline(server: ProviderServer, trickle: list[bytes]) -> None:
    server.will(sending(*trickle, pause=0.1))
    began = time.monotonic()

    with pytest.raises(Unanswered, match="too long"):
        send(get(server.url), QUICK)
    assert time.monotonic() - began < 2


def test_a_refused_connection_sent_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]

    with pytest.raises(NotSent, match="refused"):
        send(get(f"http://127.0.0.1:{port}"))


def test_an_unknown_host_is_not_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_more: Any) -> Any:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    with pytest.raises(NotSent, match=r"^api\.example\.com could not be reached: no such host"):
        send(get("https://api.example.com/"))


def test_a_resolver_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: time.sleep(3))

    with pytest.raises(NotSent, match="too long"):
        send(get("https://api.example.com/"), QUICK)


@pytest.mark.parametrize(
    "url",
    [
        "", "api.example.com", "ftp://api.example.com/", "file:///etc/passwd", "https://", "https:///x", "https://user:pass@api.example.com/",
        "https://api.example.com\\@127.0.0.1/", "https://api.example.com/a b", "https://api.example.com/\r\nX: y", "https://api.example.com:99999/",
        "https://[::1/", "https://[fe80::1%25eth0]/", "https://ąę.example.com/",
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_without_showing_it(url: str) -> None:
    with pytest.raises(NotSent, match=r"^The API address ") as caught:
        send(get(url))
    assert "pass" not in str(caught.value).replace("password", "")


@pytest.mark.parametrize("header", [("X-Key", "a\r\nX-Evil: 1"), ("X-Key", "ł"), ("X Key", "a"), ("", "a")])
def test_a_header_that_would_break_the_request_is_refused_without_showing_its_value(
    server: ProviderServer, header: tuple[str, str]
) -> None:
    with pytest.raises(NotSent, match="header") as caught:
        send(get(server.url, headers=dict([header])))
    assert "Evil" not in str(caught.value)
    assert not server.connections


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"],
)
def test_this_machine_may_not_be_reached_in_any_writing(server: ProviderServer, settings: Any, host: str) -> None:
    settings.OUTBOUND_ALLOWED = parse_allowed([])

    with pytest.raises(NotSent, match="OUTBOUND_ALLOWED_NETWORKS"):
        send(get(f"http://{host}:{server.port}/"))
    assert not server.connections


def addresses(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
    """Let the resolver give these answers, one a question."""
    told = iter(answers)
    real = socket.getaddrinfo

    def resolve(host: str, port: int, *args: Any, **more: Any) -> Any:
        if host != "api.example.com":
            return real(host, port, *args, **more)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in next(told)]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def test_one_private_address_among_public_ones_forbids_the_host(
    server: ProviderServer, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.OUTBOUND_ALLOWED = parse_allowed([])
    addresses(monkeypatch, ["8.8.8.8", "127.0.0.1"])

    with pytest.raises(NotSent, match="private network"):
        send(get(f"http://api.example.com:{server.port}/"))
    assert not server.connections


def test_a_name_is_resolved_once_and_only_what_was_checked_is_connected_to(
    server: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses(monkeypatch, ["127.0.0.1"], ["10.0.0.1"])

    assert send(get(f"http://api.example.com:{server.port}/")).status == 200
    assert server.only.headers["host"] == f"api.example.com:{server.port}"


def test_the_next_address_is_tried_when_one_is_dead(server: ProviderServer, monkeypatch: pytest.MonkeyPatch) -> None:
    addresses(monkeypatch, ["127.0.0.2", "127.0.0.1"])

    assert send(get(f"http://api.example.com:{server.port}/")).status == 200


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For api.example.com, by itself, with its key in the same file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "api.example.com")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("api.example.com")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(secret + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[ProviderServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with provider_server(tls=context) as running:
        yield running


@pytest.fixture
def trusting(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "_tls", lambda: ssl.create_default_context(cafile=certificate))


@pytest.mark.usefixtures("trusting")
def test_a_certificate_is_checked_against_the_name_and_not_the_address(
    tls_server: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses(monkeypatch, ["127.0.0.1"])
    tls_server.will(answering(200, b"safe"))

    assert send(get(f"https://api.example.com:{tls_server.port}/")).body == b"safe"


@pytest.mark.usefixtures("trusting")
def test_a_certificate_of_another_name_is_refused_before_anything_is_sent(tls_server: ProviderServer) -> None:
    with pytest.raises(NotSent, match="certificate"):
        send(get(tls_server.url))
    assert not tls_server.received


def test_a_certificate_that_nobody_vouches_for_is_refused(
    tls_server: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses(monkeypatch, ["127.0.0.1"])

    with pytest.raises(NotSent, match="certificate"):
        send(get(f"https://api.example.com:{tls_server.port}/"))
    assert not tls_server.received


def test_a_server_without_encryption_is_not_spoken_to(server: ProviderServer) -> None:
    with pytest.raises(NotSent):
        send(get(server.url.replace("http:", "https:")), QUICK)


@pytest.mark.usefixtures("trusting")
def test_a_connection_broken_after_the_handshake_may_have_carried_the_request(
    tls_server: ProviderServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses(monkeypatch, ["127.0.0.1"])
    tls_server.will(resetting)

    with pytest.raises(Unanswered):
        send(get(f"https://api.example.com:{tls_server.port}/"))


def test_logs_and_errors_hold_no_key(server: ProviderServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    request = get(f"{server.url}/key-1/?api_key=key-2", headers={"Authorization": "Bearer key-3"})

    send(request)

    (record,) = [each for each in caplog.records if each.message == "operator_asked"]
    assert (record.__dict__["host"], record.__dict__["status"]) == ("127.0.0.1", 200)
    assert "key-" not in " ".join(str(each.__dict__) for each in caplog.records) + repr(request)


def test_nothing_has_been_sent_until_the_first_byte_is_written(server: ProviderServer) -> None:
    line = wire.Wire(allowed=parse_allowed(["127.0.0.1"]), deadline=wire.Deadline(5))
    stream = line.connect_tcp("127.0.0.1", server.port, 1)

    before = line.has_sent
    stream.write(b"G", 1)

    assert (before, line.has_sent) == (False, True)
    stream.close()


def test_a_write_that_breaks_off_may_have_arrived() -> None:
    """However little of it: nobody knows what the other side has read."""
    broken = mock.Mock(spec=httpcore.NetworkStream)
    broken.write.side_effect = httpcore.WriteError
    line = wire.Wire(allowed=parse_allowed([]), deadline=wire.Deadline(5))

    with pytest.raises(httpcore.WriteError):
        wire._Stream(broken, line).write(b"GET", 1)

    assert line.has_sent


def test_the_handshake_takes_no_more_than_what_is_left_of_the_time() -> None:
    slow = mock.Mock(spec=httpcore.NetworkStream)
    line = wire.Wire(allowed=parse_allowed([]), deadline=wire.Deadline(2))

    wire._Stream(slow, line).start_tls(ssl.create_default_context(), "a.example.com", 60)

    assert slow.start_tls.call_args.args[2] <= 2


def test_an_address_with_a_backslash_is_none() -> None:
    with pytest.raises(NotSent, match="backslash"):
        send(get("https://a.example.com/b\\c"))


def test_a_header_that_is_given_is_sent_once(server: ProviderServer) -> None:
    send(get(server.url, headers={"accept": "application/json"}))

    assert server.only.headers["accept"] == "application/json"


def test_a_passed_deadline_allows_nothing_more() -> None:
    with pytest.raises(httpcore.ReadTimeout):
        wire.Deadline(-1).within(5)
