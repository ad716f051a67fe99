"""Deployment mistakes that cost webhooks, found before they do."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security, deploy=True)
def check_public_url(**_kwargs: Any) -> list[CheckMessage]:
    """Webhook addresses carry a secret, and signatures cover the whole address."""
    if settings.PUBLIC_URL.startswith("https://"):
        return []
    return [
        Warning(
            f"PUBLIC_URL is {settings.PUBLIC_URL}: operators would send webhook secrets over plain HTTP.",
            hint="Set PUBLIC_URL to the https:// address under which operators reach this server.",
            id="integrations.W001",
        )
    ]
