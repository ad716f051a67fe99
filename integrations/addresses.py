"""Which addresses a name stands for, and which of them we may connect to."""

import socket
import threading
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address
from queue import Empty, SimpleQueue
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address

_NAT64 = IPv6Network("64:ff9b::/96")
_TUNNELS = (IPv6Network("2002::/16"), IPv6Network("64:ff9b:1::/48"))
"""Carry an IPv4 address inside, at places that differ; no operator lives there."""
_METADATA = frozenset(map(ip_address, ("168.63.129.16", "100.100.100.200", "192.0.0.192", "fd00:ec2::254")))
"""Where clouds tell a machine its own secrets, besides the link-local addresses, which are refused as a whole."""


def look_up(host: str, port: int, *, seconds: float) -> list[Address]:
    """The addresses of a name or of an address in any writing, each once, in the system's order. Raises OSError, TimeoutError included.

    The system's own look-up cannot be interrupted, so it has a thread of its own, which is left behind when it takes too long.
    """
    answers: SimpleQueue[list[Address] | OSError] = SimpleQueue()

    def ask() -> None:
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(ip_address(address[0]) for *_, address in found)))
        except OSError as problem:
            answers.put(problem)
        except ValueError as problem:  # a name that cannot even be asked for
            answers.put(OSError(str(problem)))

    threading.Thread(target=ask, name="look_up", daemon=True).start()
    try:
        answer = answers.get(timeout=seconds)
    except Empty:
        raise TimeoutError from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def is_allowed(address: Address, *, private_allowed: bool) -> bool:
    """Whether a request may go there. Link-local, multicast and metadata addresses are refused in any case."""
    address = _embedded(address) or address
    if address in _METADATA or address.is_link_local or address.is_multicast or address.is_unspecified:
        return False
    if isinstance(address, IPv6Address) and (address.is_site_local or any(address in each for each in _TUNNELS)):
        return False
    if address.is_reserved and not address.is_loopback:
        return False
    return address.is_global or private_allowed


def _embedded(address: Address) -> IPv4Address | None:
    """The IPv4 address that an IPv6 one stands for."""
    if isinstance(address, IPv4Address):
        return None
    return IPv4Address(int(address) & 0xFFFFFFFF) if address in _NAT64 else address.ipv4_mapped
