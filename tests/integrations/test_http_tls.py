import datetime as dt
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from loopback import dripping, raw_server, resolve_to, saying

from integrations.events import OutboundRequest
from integrations.http import Limits, OutboundError, send

QUICK = Limits(connect_seconds=0.3, total_seconds=0.6)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"


def ask(url: str, *, tls: ssl.SSLContext | None = None) -> bytes:
    return send(OutboundRequest(method="GET", url=url), private_allowed=True, limits=QUICK, tls=tls).body


def failing(url: str, *, tls: ssl.SSLContext | None = None) -> OutboundError:
    with pytest.raises(OutboundError) as caught:
        ask(url, tls=tls)
    return caught.value


def certificate(name: str, folder: Path) -> ssl.SSLContext:
    """A server's context with a certificate of its own making for that name; `folder/ca.pem` is what to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, private = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (folder / "ca.pem").write_bytes(made.public_bytes(pem))
    (folder / "key.pem").write_bytes(key.private_bytes(pem, private, serialization.NoEncryption()))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder / "ca.pem", folder / "key.pem")
    return context


@contextmanager
def tls_server(name: str, folder: Path) -> Iterator[str]:
    context = certificate(name, folder)
    asked_for: list[str] = []
    context.sni_callback = lambda _socket, sni, _context: asked_for.append(sni)

    def behave(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(65536)
            secured.sendall(OK)
            assert asked_for == [name]

    with raw_server(behave) as url:
        yield url.replace("http://127.0.0.1", f"https://{name}")


def test_tls_names_and_verifies_the_host_though_the_address_is_connected_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, "127.0.0.1")
    with tls_server("operator.example", tmp_path) as url:
        assert ask(url, tls=ssl.create_default_context(cafile=tmp_path / "ca.pem")) == b"OK"


def test_a_certificate_of_an_unknown_authority_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, "127.0.0.1")
    with tls_server("operator.example", tmp_path) as url:
        error = failing(url)

    assert (error.sent, error.permanent) == (False, True)
    assert "no valid certificate" in str(error)


def test_a_certificate_of_another_name_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, "127.0.0.1")
    with tls_server("operator.example", tmp_path) as url:
        trusting = ssl.create_default_context(cafile=tmp_path / "ca.pem")
        error = failing(url.replace("operator.example", "other.example"), tls=trusting)

    assert (error.sent, error.permanent) == (False, True)


@pytest.mark.parametrize("answer", [OK, b""])
def test_a_server_without_tls_is_not_spoken_to(answer: bytes) -> None:
    with raw_server(saying(answer)) as url:
        error = failing(url.replace("http", "https"))

    assert (error.sent, error.permanent) == (False, False)


@pytest.mark.parametrize("drop", [b"", b"\x16"])
def test_a_tls_handshake_that_hangs_is_given_up(drop: bytes) -> None:
    with raw_server(dripping(b"", drop)) as url:
        error = failing(url.replace("http", "https"))

    assert (error.sent, error.permanent) == (False, False)
