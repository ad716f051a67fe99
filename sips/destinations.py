"""Where a configuration's API key is sent. A user who may change a configuration but does not know its key must not redirect it to another host."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit


def destination(provider: str, api_url: str, settings: object) -> frozenset[str]:
    """The provider, which implies a default address, and the origin of every address in the configuration."""
    return frozenset({f"provider {provider}", *map(_origin, _addresses([api_url, settings]))})


def _addresses(value: object) -> Iterator[str]:
    if isinstance(value, str) and "//" in value:
        yield value
    elif isinstance(value, Mapping):
        for member in value.values():
            yield from _addresses(member)
    elif isinstance(value, list):
        for member in value:
            yield from _addresses(member)


def _origin(address: str) -> str:
    """Scheme, host and port; an unreadable address as a whole."""
    try:
        parts = urlsplit(address.strip())
        port = parts.port
    except ValueError:
        return address
    return f"{parts.scheme}://{parts.hostname}:{port}" if parts.hostname else address
