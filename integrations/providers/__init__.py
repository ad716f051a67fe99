"""One file here is one provider. New files are discovered automatically; nothing else has to name them."""

import inspect
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from integrations.providers.foundation.provider import Provider


@cache
def slugs() -> tuple[str, ...]:
    return tuple(sorted(module.name for module in iter_modules(__path__) if not module.ispkg))


@cache
def find(slug: str) -> Provider:
    """The provider of that file. Raises KeyError if there is no such file, TypeError if it does not define exactly one provider."""
    if slug not in slugs():
        raise KeyError(slug)
    module = import_module(f"{__name__}.{slug}")
    found = [
        member
        for _, member in inspect.getmembers(module, inspect.isclass)
        if issubclass(member, Provider) and member.__module__ == module.__name__
    ]
    if len(found) != 1 or found[0].slug != slug:
        raise TypeError(f"{module.__name__} must define exactly one Provider, with slug = {slug!r}")
    return found[0]()
