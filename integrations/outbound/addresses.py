"""Which addresses our requests may reach: public ones, and those that a setting allows (SSRF protection).

A provider's address can be set by everybody who may edit a configuration, and its response is shown to staff: without this check they could read
whatever only this server can reach.
"""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""NAT64 (RFC 6052): the last 32 bits are the IPv4 address that is really reached."""
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_]([a-z0-9_-]{0,62})(\.[a-z0-9_][a-z0-9_-]{0,62})*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Allowed:
    """Hosts that may be reached although they are not public."""

    networks: tuple[Network, ...] = ()
    hosts: frozenset[str] = frozenset()

    def permits(self, host: str, address: Address) -> bool:
        """Whether a connection to that address, resolved from that host name, is allowed."""
        meant = _embedded(address)
        return host.lower() in self.hosts or is_public(address) or any(meant in network for network in self.networks)


def parse_allowed(entries: Iterable[str]) -> Allowed:
    """Networks, addresses and host names, mixed. Raises ValueError, naming the entry that is none of them."""
    networks, hosts = [], set()
    for entry in (each.strip() for each in entries):
        try:
            networks.append(ipaddress.ip_network(entry))
        except ValueError:
            host = entry.lower()
            if not _HOST.fullmatch(host) or host.rpartition(".")[2].isdigit():
                raise ValueError(f"“{entry}” is neither a network nor a host name") from None
            hosts.add(host)
    return Allowed(tuple(networks), frozenset(hosts))


def is_public(address: Address) -> bool:
    """Whether the address is on the public internet, also when embedded (mapped, NAT64, 6to4, Teredo)."""
    meant = _embedded(address)
    if isinstance(meant, ipaddress.IPv6Address) and meant.is_site_local:
        return False
    return meant.is_global and not is_special(address)


def is_special(address: Address) -> bool:
    """Whether it is a loopback, link-local (cloud metadata) or multicast address, also when embedded."""
    meant = _embedded(address)
    return meant.is_reserved or meant.is_multicast or meant.is_loopback or meant.is_link_local or meant.is_unspecified


def _embedded(address: Address) -> Address:
    """The IPv4 address embedded in an IPv6 one, or the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _TRANSLATED:
        return ipaddress.IPv4Address(address.packed[-4:])
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else address)
