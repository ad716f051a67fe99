import socket
import threading
from ipaddress import ip_address
from typing import Any

import pytest
from loopback import resolve_to

from integrations.addresses import is_allowed, look_up

PUBLIC = ("93.184.215.14", "2606:2800:21f:cb07::1", "::ffff:93.184.215.14", "64:ff9b::5db8:d70e")
PRIVATE = (
    "127.0.0.1",
    "127.9.9.9",
    "10.0.0.5",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "::1",
    "fc00::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
)
NEVER = (
    "0.0.0.0",
    "169.254.169.254",
    "168.63.129.16",
    "100.100.100.200",
    "224.0.0.1",
    "255.255.255.255",
    "::",
    "fe80::1%1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "::7f00:1",
)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_always_allowed(address: str) -> None:
    assert is_allowed(ip_address(address), private_allowed=False)
    assert is_allowed(ip_address(address), private_allowed=True)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_private_address_is_allowed_where_that_is_said(address: str) -> None:
    assert not is_allowed(ip_address(address), private_allowed=False)
    assert is_allowed(ip_address(address), private_allowed=True)


@pytest.mark.parametrize("address", NEVER)
def test_metadata_link_local_multicast_and_tunnels_are_never_allowed(address: str) -> None:
    assert not is_allowed(ip_address(address), private_allowed=False)
    assert not is_allowed(ip_address(address), private_allowed=True)


def test_a_name_has_its_addresses_once_and_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve_to(monkeypatch, "192.0.2.7", "2001:db8::1", "192.0.2.7")

    assert [str(each) for each in look_up("operator.example", 443, seconds=5)] == ["192.0.2.7", "2001:db8::1"]


@pytest.mark.parametrize("writing", ["127.0.0.1", "2130706433", "0x7f000001", "127.1"])
def test_an_address_in_any_writing_is_that_address(writing: str) -> None:
    assert [str(each) for each in look_up(writing, 80, seconds=5)] == ["127.0.0.1"]


@pytest.mark.parametrize("name", ["a" * 64 + ".example", "a..example", "a\0b"])
def test_what_is_no_name_is_an_os_error(name: str) -> None:
    with pytest.raises(OSError):
        look_up(name, 80, seconds=5)


def test_an_unknown_name_is_an_os_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_name: Any, **_kind: Any) -> list[Any]:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    with pytest.raises(socket.gaierror):
        look_up("operator.example", 443, seconds=5)


def test_a_look_up_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    answered = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_name, **_kind: answered.wait(5) and [])
    with pytest.raises(TimeoutError):
        look_up("operator.example", 443, seconds=0.05)
    answered.set()
