import ipaddress

import pytest

from integrations.outbound.addresses import is_public, parse_allowed

PRIVATE = [
    "127.0.0.1", "127.8.9.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fc00::1", "fd12::1", "ff02::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
    "::ffff:169.254.169.254", "64:ff9b::10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "2002:a00:1::1", "::127.0.0.1", "2001:db8::1", "fec0::1",
    "2001:0:0:0:0:0:80ff:fffe",
]  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_machines_that_are_not_on_the_public_internet_are_told_apart(address: str) -> None:
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "185.45.152.42", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"]
)
def test_public_machines_are_public_in_every_writing(address: str) -> None:
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203"])
def test_an_allowed_network_may_be_reached_in_every_writing_of_its_addresses(address: str) -> None:
    allowed = parse_allowed(["10.1.0.0/16"])

    assert allowed.permits("pbx", ipaddress.ip_address(address))
    assert not allowed.permits("pbx", ipaddress.ip_address("10.2.0.1"))


def test_an_allowed_host_may_lead_anywhere_and_no_other_may() -> None:
    allowed = parse_allowed(["pbx.example.lan"])

    assert allowed.permits("PBX.example.lan", ipaddress.ip_address("192.168.1.5"))
    assert not allowed.permits("other.example.lan", ipaddress.ip_address("192.168.1.5"))


@pytest.mark.parametrize(
    "entry", ["", "10.0.0.0/33", "10.0.0.1/8", "1.2.3", "http://pbx", "pbx:80", "a b", "-pbx", "*.lan"]
)
def test_an_entry_that_is_neither_a_network_nor_a_host_is_named(entry: str) -> None:
    with pytest.raises(ValueError, match="neither a network nor a host"):
        parse_allowed(["10.0.0.0/8", entry])
