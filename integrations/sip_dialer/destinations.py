"""The destinations of an order's requests: its server's addresses (RFC 3263, UDP only), and which addresses are forbidden.

Lookups take time: never run them in the SIP thread.
"""

import ipaddress
import random
import socket
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import dns.resolver
from dns.exception import DNSException
from dns.rdtypes.IN.SRV import SRV

from calls import dialer_sentences
from integrations.outbound.addresses import Allowed, is_special
from integrations.sip_dialer.orders import SipOrder

DEFAULT_PORT = 5060
SRV_SECONDS = 3.0
"""For all name servers together; without an answer the name itself is looked up."""
_cache = dns.resolver.LRUCache()
"""Entries expire by the records' TTL."""


@dataclass(frozen=True, slots=True)
class Destination:
    address: str
    "IPv6 in brackets, as in a URL."
    port: int


class NoDestination(Exception):
    """The server's name has no usable address; the message says what was found."""

    def __init__(self, message: str, offered: Sequence[str] = ()) -> None:
        """offered: transports that its SRV records offer instead, such as TCP."""
        super().__init__(message)
        self.offered = offered


class ForbiddenDestination(Exception):
    """The server's name resolves to an address that may not be reached; the message names it and the cure."""


def find(order: SipOrder, allowed: Allowed) -> list[Destination]:
    """The best first; never empty. Raises NoDestination or ForbiddenDestination."""
    host, port = order.next_hop
    found = [each for target, at in _servers(host, port) for each in _addresses(target, at)]
    if not found:
        raise _no_destination(host, port)
    permitted = [each for each in found if may_reach(each.address, allowed, host=host)]
    if not permitted:
        raise ForbiddenDestination(dialer_sentences.FORBIDDEN % {"server": host, "address": found[0].address})
    return list(dict.fromkeys(permitted))


def may_reach(address: str, allowed: Allowed, *, host: str = "") -> bool:
    """Whether requests may go there. Private addresses are allowed, because a PBX is usually on the same network."""
    found = ipaddress.ip_address(address.strip("[]").partition("%")[0])
    return not is_special(found) or allowed.permits(host, found)


def _servers(host: str, port: int | None) -> list[tuple[str, int]]:
    """Names or addresses, and ports: of SRV records only where neither an address nor a port is given (RFC 3263, 4.2)."""
    if port is not None or _is_address(host):
        return [(host, port or DEFAULT_PORT)]
    targets = [(str(record.target).rstrip("."), record.port) for record in _in_order(_look_up("udp", host))]
    return [each for each in targets if each[0]] or [(host, DEFAULT_PORT)]


def _look_up(transport: str, host: str) -> list[SRV]:
    service = "_sips._tcp" if transport == "tls" else f"_sip._{transport}"
    try:
        resolver = dns.resolver.Resolver()
        resolver.cache = _cache
        answer = resolver.resolve(f"{service}.{host.rstrip('.')}.", "SRV", lifetime=SRV_SECONDS)
    except (DNSException, UnicodeError, OSError):  # no record, or no name server
        return []
    return [record for record in answer if isinstance(record, SRV)]


def _in_order(records: Iterable[SRV]) -> Iterator[SRV]:
    """By priority, and within one at random by weight (RFC 2782)."""
    waiting = list(records)
    while waiting:
        priority = min(record.priority for record in waiting)
        level = [record for record in waiting if record.priority == priority]
        (record,) = random.choices(level, [each.weight or 0.01 for each in level])
        waiting.remove(record)
        yield record


def _addresses(host: str, port: int) -> list[Destination]:
    """IPv4 first."""
    try:
        found = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        return []
    return [
        Destination(f"[{where[0]}]" if family == socket.AF_INET6 else str(where[0]), port)
        for family, _type, _protocol, _name, where in sorted(found, key=lambda each: each[0] == socket.AF_INET6)
    ]


def _no_destination(host: str, port: int | None) -> NoDestination:
    if port is None and not _is_address(host):
        offered = [transport.upper() for transport in ("tcp", "tls") if _look_up(transport, host)]
        if offered:
            message = dialer_sentences.NO_UDP % {"server": host, "transports": ", ".join(offered)}
            return NoDestination(message, offered)
    return NoDestination(dialer_sentences.NO_ADDRESS % {"server": host})


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return False
    return True
