"""Addresses of machines, and the networks they belong to."""

import ipaddress
from functools import cache

from django.core.exceptions import ImproperlyConfigured

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_address(text: str) -> Address:
    """The address; an IPv4 one also where a socket of both families writes it as `::ffff:192.0.2.1`. Raises ValueError."""
    address = ipaddress.ip_address(text)
    return getattr(address, "ipv4_mapped", None) or address


@cache
def parse_networks(entries: tuple[str, ...]) -> tuple[Network, ...]:
    """Raises ValueError for what is neither an address nor a network."""
    return tuple(ipaddress.ip_network(entry, strict=False) for entry in entries)


def is_within(address: str, entries: list[str]) -> bool:
    """Whether an address belongs to one of the networks; what is no address belongs to none."""
    try:
        parsed = parse_address(address)
    except ValueError:
        return False
    return any(parsed in network for network in parse_networks(tuple(entries)))


def check(setting: str, entries: list[str]) -> list[str]:
    """The entries of that setting. Raises ImproperlyConfigured unless each is an address or a network."""
    try:
        parse_networks(tuple(entries))
    except ValueError as problem:
        raise ImproperlyConfigured(f"{setting}: {problem}.") from problem
    return entries
