"""IP addresses and networks."""

import ipaddress
import re
from functools import cache, lru_cache

from django.core.exceptions import ImproperlyConfigured

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


_WITH_PORT = re.compile(r"(?:\[(?P<v6>[^\[\]]+)\]|(?P<v4>[0-9.]+))(?::[0-9]{1,5})?", re.ASCII)


@lru_cache(maxsize=1024)  # a provider sends from few
def parse_address(text: str) -> Address:
    """The address without the port and brackets that some proxies add (`192.0.2.1:5060`, `[2001:db8::1]:443`) and without a zone (`fe80::1%eth0`);
    an IPv4-mapped address (`::ffff:192.0.2.1`) as IPv4. Raises ValueError."""
    found = _WITH_PORT.fullmatch(text)
    bare = (found["v6"] or found["v4"]) if found else text
    address = ipaddress.ip_address(bare.partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address


def subscriber(address: str) -> str:
    """The unit by which an address is counted: itself, or its IPv6 /64, which is what one customer gets."""
    parsed = parse_address(address)
    return str(parsed if parsed.version == 4 else ipaddress.ip_network((parsed, 64), strict=False).network_address)


@cache
def parse_networks(entries: tuple[str, ...]) -> tuple[Network, ...]:
    """Raises ValueError unless each is an address or a network."""
    return tuple(ipaddress.ip_network(entry, strict=False) for entry in entries)


def is_within(address: str, entries: list[str]) -> bool:
    """Whether an address belongs to one of the networks; False for what is no address."""
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
