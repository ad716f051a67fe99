"""Recordings of calls, which the provider stores: which ones the desk may play, and which it may only link to."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def check_origins(name: str, values: Iterable[str]) -> list[str]:
    """Origins for a content security policy. Raises ImproperlyConfigured."""
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


def may_link_to(url: str) -> bool:
    """False for an address that contains credentials."""
    return bool(url) and "@" not in urlsplit(url).netloc


def may_play(url: str) -> bool:
    """Only from the origins that the settings allow: the content security policy blocks all others."""
    parts = urlsplit(url)
    return may_link_to(url) and f"{parts.scheme}://{parts.netloc}".lower() in settings.RECORDING_ORIGINS
