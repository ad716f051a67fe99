"""The providers and their settings, as configurations need them. `integrations`, which this app cannot import, registers them at startup."""

from collections.abc import Mapping
from typing import Literal, Protocol

from django.utils.translation import gettext as _


class ProviderFacts(Protocol):
    @property
    def slug(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def evidence(self) -> Literal["documented", "observed", "declared"]: ...
    @property
    def webhook_events(self) -> tuple[str, ...]: ...
    @property
    def can_dial(self) -> bool: ...
    @property
    def uses(self) -> frozenset[str]: ...
    @property
    def steps(self) -> tuple[str, ...]: ...
    def validate_settings(self, settings: Mapping[str, object]) -> None: ...


_providers: dict[str, ProviderFacts] = {}


def enter(provider: ProviderFacts) -> None:
    _providers[provider.slug] = provider


def find(slug: str) -> ProviderFacts | None:
    return _providers.get(slug)


def slug_of(text: str) -> str:
    """The slug of a provider from any spelling of its name (`SuperVoIP`, `super voip`); any other text unchanged."""
    word = _letters(text)
    return next(
        (slug for slug, provider in _providers.items() if word in (_letters(slug), _letters(provider.name))), text
    )


def _letters(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


def choices() -> list[tuple[str, str]]:
    """(slug, name) of every provider, for forms."""
    return [(slug, provider.name) for slug, provider in sorted(_providers.items())]


def check_settings(provider: str, settings: object) -> None:
    """Raise ValueError, with a sentence for people, unless the provider takes these settings."""
    if not isinstance(settings, Mapping):
        raise ValueError(_("Settings are a JSON object such as {}."))
    adapter = find(provider)
    if adapter is not None:
        adapter.validate_settings(settings)
    elif settings:
        raise ValueError(_("A configuration without a provider has no settings."))
