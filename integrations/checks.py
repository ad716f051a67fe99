"""System checks of settings that would lose webhooks or calls."""

from datetime import timedelta

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

LONGEST_RING = timedelta(seconds=300)
"""An INVITE is given up after that."""
SHORTEST_TALK_LIMIT = timedelta(minutes=2)


@register(Tags.security, deploy=True)
def check_public_url(**_kwargs: object) -> list[CheckMessage]:
    """Webhook addresses carry a secret, and signatures cover the whole address."""
    if settings.PUBLIC_URL.startswith("https://"):
        return []
    return [
        Warning(
            f"PUBLIC_URL is {settings.PUBLIC_URL}: providers would send webhook secrets over plain HTTP.",
            hint="Set PUBLIC_URL to the https:// address under which providers reach this server.",
            id="integrations.W001",
        )
    ]


@register()
def check_sip_times(**_kwargs: object) -> list[CheckMessage]:
    """A telephone must not ring longer than its call is waited for: the call would be lost while people talk."""
    longest = min(LONGEST_RING, settings.REQUESTED_CALL_EXPIRES)
    ringing = {
        name: timedelta(seconds=getattr(settings, name))
        for name in ("SIP_OPERATOR_RING_SECONDS", "SIP_NUMBER_RING_SECONDS")
    }
    problems = [
        f"{name} must be from 1 to {longest.total_seconds():g}, the shorter of five minutes and REQUESTED_CALL_EXPIRES_MINUTES."
        for name, time in ringing.items()
        if not timedelta() < time <= longest
    ]
    if settings.SIP_KEEPALIVE_SECONDS <= 0:
        problems.append("SIP_KEEPALIVE_SECONDS must be more than 0.")
    if settings.ANSWERED_CALL_EXPIRES < SHORTEST_TALK_LIMIT:
        problems.append("ANSWERED_CALL_EXPIRES_MINUTES must be at least 2: calls by SIP are ended a minute earlier.")
    return [Error(problem, id="integrations.E001") for problem in problems]
