"""Finds the configuration to which a webhook is addressed.

Each process caches it. The statement that stores a delivery checks that the cached row version is current (`IS_AS_REMEMBERED`), and stores
nothing otherwise.
"""

import hashlib
import json
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils import timezone

from calls.correlation import CORRELATED_WITHIN
from calls.sql import Statement, fetch_one
from calls.statuses import Status, precedence
from integrations.providers.foundation.events import Account
from sips.encryption import decrypt
from sips.models import Voip

GRACE = timedelta(seconds=30)
"""Tolerance for late webhooks."""

_FIELDS = [field.attname for field in Voip._meta.concrete_fields]
_COLUMNS = (
    "id", "provider", "country", "time_zone", "api_url", "api_login", "settings", "former_providers", "webhook_ips", "api_key",
    "version", "awaits_id",
)  # fmt: skip

# PostgreSQL's version of a row: the transaction that wrote it, and its position, because one transaction may write it twice.
IS_AS_REMEMBERED = "EXISTS (SELECT FROM sips_voip v WHERE v.id = %(voip)s AND ROW(v.xmin, v.ctid)::text = %(version)s)"


def awaits_id(voip: str) -> str:
    """SQL: whether a call was recently dialed through the configuration whose provider's id is not known yet (`calls.models.AWAITS_ID`)."""
    return f"""EXISTS (
        SELECT FROM calls_call c WHERE c.voip_id = {voip} AND c.dialed_at > %(recent)s AND c.via = 'provider' AND c.provider_call_id = ''
            AND c.precedence < {precedence(Status.FAILED)} AND NOT (c.reference = '')
    )"""


# Raw SQL for the reason given in `calls.merge`: a provider waits.
_FIND = Statement(f"""
SELECT v.id, v.provider, v.country, v.time_zone, v.api_url, v.api_login, v.settings, v.former_providers, v.webhook_ips, v.api_key,
    ROW(v.xmin, v.ctid)::text, {awaits_id("v.id")}
FROM sips_voip v WHERE v.webhook_digest = %(digest)s AND v.active AND (
    v.provider = %(provider)s::text OR (v.former_providers -> %(provider)s::text ->> 'read_until')::timestamptz > %(now)s)""")


def find(provider: str, secret: str, *, with_key: bool) -> Voip | None:
    """The active configuration with that address, also under its former provider for some days. Loads only the fields needed to receive a webhook,
    the key only on request, and sets `awaits_id`: whether a call was recently dialed through it whose provider's id is not known yet.

    Found by a digest, so that timing reveals nothing about the secret.
    """
    digest = _digest(secret)
    now = timezone.now()
    row = fetch_one(_FIND, {"digest": digest, "provider": provider, "recent": dialed_since(now), "now": now})
    if row is None:
        return None
    found = dict(zip(_COLUMNS, row, strict=True))
    encrypted_key = found.pop("api_key")
    version, awaited = found.pop("version"), found.pop("awaits_id")
    found |= {name: json.loads(found[name]) for name in ("settings", "former_providers", "webhook_ips")}
    if with_key:
        found["api_key"] = decrypt(encrypted_key)
    known = [name for name in _FIELDS if name in found]
    voip = Voip.from_db(connection.alias, known, [found[name] for name in known])
    voip.version, voip.awaits_id = version, awaited
    if voip.provider == provider:  # a former provider is valid until a fixed time, which the row version does not show
        _remember(digest, voip)
    return voip


def account_of(voip: Voip, *, with_key: bool, provider: str | None = None) -> Account:
    """The adapter's view of a configuration. with_key: decrypt the API key. provider: a former provider, whose deliveries are read."""
    return Account(
        time_zone=ZoneInfo(voip.time_zone),
        country=voip.country,
        api_url=voip.api_url,
        api_login=voip.api_login,
        api_key=voip.api_key if with_key else "",
        settings=voip.settings if provider is None else voip.settings_of(provider),
    )


_remembered: dict[str, Voip] = {}
MOST_REMEMBERED = 1000


def _remember(digest: str, voip: Voip) -> None:
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    _remembered[digest] = voip


def recall(provider: str, secret: str) -> Voip | None:
    """From the cache. It may be outdated, so it must be used with `IS_AS_REMEMBERED`."""
    voip = _remembered.get(_digest(secret))
    return voip if voip is not None and voip.provider == provider else None


def dialed_since(now: datetime) -> datetime:
    """The earliest dialing time of a call whose provider's id may still be reported."""
    return now - CORRELATED_WITHIN - GRACE


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()
