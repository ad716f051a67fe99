"""What the ground floor may know of the providers upstairs, told by them when the project starts.

`sips` cannot import `integrations`; a configuration still has to check its provider and settings.
"""

from collections.abc import Mapping
from typing import Any, Protocol


class ProviderFacts(Protocol):
    @property
    def slug(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def webhook_events(self) -> tuple[str, ...]: ...
    @property
    def can_dial(self) -> bool: ...
    def validate_settings(self, settings: Mapping[str, Any]) -> None: ...


_providers: dict[str, ProviderFacts] = {}


def enter(provider: ProviderFacts) -> None:
    _providers[provider.slug] = provider


def find(slug: str) -> ProviderFacts | None:
    return _providers.get(slug)


def choices() -> list[tuple[str, str]]:
    """(slug, name) of every provider, for forms."""
    return [(slug, provider.name) for slug, provider in sorted(_providers.items())]
