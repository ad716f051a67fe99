"""Where the requests of an order go, and where they may not."""

import socket
from collections.abc import Iterator
from typing import Any

import dns.resolver
import pytest
from telephony.name_server import NameServer

from integrations.outbound.addresses import Allowed, parse_allowed
from integrations.sip_dialer import destinations
from integrations.sip_dialer.destinations import Destination, ForbiddenDestination, NoDestination, find, may_reach
from integrations.sip_dialer.orders import SipOrder

NOTHING = Allowed()
ADDRESSES = {"pbx.example.com": "198.51.100.1", "a.example.com": "198.51.100.2", "b.example.com": "198.51.100.3"}
RECORDS = {
    ("_sip._udp.srv.example.com.", "SRV"): ["20 0 5070 b.example.com.", "10 0 5060 a.example.com."],
    ("_sip._udp.none.example.com.", "SRV"): ["0 0 0 ."],
    ("_sip._tcp.tcp.example.com.", "SRV"): ["0 0 5060 a.example.com."],
    ("_sips._tcp.tcp.example.com.", "SRV"): ["0 0 5061 a.example.com."],
}


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[NameServer]:
    """A name server for SRV, and the addresses above."""

    def look_up(host: str, port: int, **_options: Any) -> list[Any]:
        if host not in ADDRESSES and not host[0].isdigit():
            raise socket.gaierror(-2, "Name or service not known")
        return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", (ADDRESSES.get(host, host), port))]

    server = NameServer(RECORDS)
    monkeypatch.setattr(dns.resolver, "Resolver", server.resolver)
    monkeypatch.setattr(destinations, "_cache", dns.resolver.LRUCache())
    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    # documentation networks (RFC 5737) stand for public ones
    monkeypatch.setattr(destinations, "may_reach", lambda *_address, **_options: True)
    yield server
    server.stop()


def order(**fields: Any) -> SipOrder:
    account = {"host": "pbx.example.com", "username": "100", "password": "p"}
    return SipOrder(**({"reference": "r", "operator": "100", "number": "1"} | account | fields))


def test_records_of_the_service_are_taken_by_their_priority(names: NameServer) -> None:
    assert find(order(host="srv.example.com"), NOTHING) == [
        Destination("198.51.100.2", 5060),
        Destination("198.51.100.3", 5070),
    ]


def test_a_name_without_records_is_its_own_address(names: NameServer) -> None:
    assert find(order(), NOTHING) == [Destination("198.51.100.1", 5060)]
    assert names.asked == ["SRV _sip._udp.pbx.example.com."]


@pytest.mark.parametrize(("host", "port"), [("pbx.example.com", 5080), ("198.51.100.9", None)])
def test_a_port_or_an_address_asks_for_no_records(names: NameServer, host: str, port: int | None) -> None:
    (found,) = find(order(host=host, port=port), NOTHING)

    assert (found.port, names.asked) == (port or 5060, [])


@pytest.mark.parametrize(
    ("proxy", "destination"),
    [
        ("a.example.com", Destination("198.51.100.2", 5060)),
        ("a.example.com:5090", Destination("198.51.100.2", 5090)),
        ("198.51.100.9:5061", Destination("198.51.100.9", 5061)),
    ],
)
def test_an_outbound_proxy_goes_before_the_domain(names: NameServer, proxy: str, destination: Destination) -> None:
    assert find(order(proxy=proxy, port=5080), NOTHING) == [destination]


def test_a_server_without_udp_is_reported(names: NameServer) -> None:
    with pytest.raises(
        NoDestination,
        match=r"^tcp.example.com: its SRV records offer SIP by TCP, TLS alone, and only UDP is spoken here$",
    ):
        find(order(host="tcp.example.com"), NOTHING)


@pytest.mark.parametrize("host", ["none.example.com", "nowhere.example.com"])
def test_a_name_without_an_address_is_reported(names: NameServer, host: str) -> None:
    with pytest.raises(NoDestination, match=f"^{host}: the name has no address$"):
        find(order(host=host), NOTHING)


def test_without_a_name_server_the_name_is_looked_up_all_the_same(
    names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unconfigured() -> dns.resolver.Resolver:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.resolver, "Resolver", unconfigured)

    assert find(order(), NOTHING) == [Destination("198.51.100.1", 5060)]


def test_a_name_server_that_says_nothing_is_not_waited_for(names: NameServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(destinations, "SRV_SECONDS", 0.05)
    names.stop()

    assert find(order(), NOTHING) == [Destination("198.51.100.1", 5060)]


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "10.1.2.3", "192.168.0.10", "172.16.0.1", "2606:4700::1", "[fd00::1]", "100.64.0.1", "::ffff:10.0.0.1"],
)
def test_public_and_private_servers_may_be_called(address: str) -> None:
    assert may_reach(address, NOTHING)


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "127.8.8.8", "::1", "[::1]", "::ffff:127.0.0.1", "64:ff9b::7f00:1"),
        *("169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fe80::1%eth0"),
        *("224.0.0.1", "ff02::1", "0.0.0.0", "::", "255.255.255.255", "240.0.0.1"),
    ],
)
def test_loopback_link_local_and_multicast_are_forbidden(address: str) -> None:
    assert not may_reach(address, NOTHING)
    assert may_reach(address, parse_allowed(["0.0.0.0/0", "::/0"]))


def test_a_forbidden_server_is_told_with_the_cure() -> None:
    with pytest.raises(
        ForbiddenDestination, match=r"^169\.254\.169\.254 leads to 169\.254\.169\.254, .*OUTBOUND_ALLOWED_NETWORKS"
    ):
        find(order(host="169.254.169.254"), NOTHING)

    assert find(order(host="127.0.0.1"), parse_allowed(["127.0.0.1"])) == [Destination("127.0.0.1", 5060)]
