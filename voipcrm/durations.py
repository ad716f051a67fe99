"""Lengths of time in the settings."""

from datetime import timedelta

from django.core.exceptions import ImproperlyConfigured

MOST_DAYS = 36_500


def kept_for(name: str, days: str) -> timedelta | None:
    """How long something is kept; None (for ever) if blank or 0. Raises ImproperlyConfigured."""
    text = days.strip() or "0"
    if not (text.isascii() and text.isdecimal() and int(text) <= MOST_DAYS):
        raise ImproperlyConfigured(
            f"{name} must be a number of days up to {MOST_DAYS}, or blank to keep it for ever; it is “{days}”."
        )
    return timedelta(days=int(text)) or None
