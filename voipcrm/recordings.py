"""Recordings of calls, which lie with the provider: where the desk may play them, and where it may only lead."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def check_origins(name: str, values: Iterable[str]) -> list[str]:
    """Origins as a policy of content takes them. Raises ImproperlyConfigured."""
    origins = [value.strip().rstrip("/").lower() for value in values if value.strip()]
    for origin in origins:
        parts = urlsplit(origin)
        if (
            parts.scheme not in ("https", "http")
            or origin != f"{parts.scheme}://{parts.netloc}"
            or set("@*;, ") & set(origin)
        ):
            raise ImproperlyConfigured(f"{name} holds “{origin}”; write each like https://recordings.example.com.")
    return origins


def may_lead_to(url: str) -> bool:
    """Not to an address that holds somebody's login."""
    return bool(url) and "@" not in urlsplit(url).netloc


def may_play(url: str) -> bool:
    """Only what comes from where the settings allow it: the page's policy refuses all else."""
    parts = urlsplit(url)
    return may_lead_to(url) and f"{parts.scheme}://{parts.netloc}".lower() in settings.RECORDING_ORIGINS
