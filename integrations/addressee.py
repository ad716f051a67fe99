"""The configuration to which a webhook is addressed."""

import hashlib
import json
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from calls.dialing import RECOGNISED_WITHIN
from calls.sql import Statement, fetch_one
from calls.statuses import Status, precedence
from sips.encryption import decrypt
from sips.models import Voip

GRACE = timedelta(seconds=30)
"""How long an operator may take to tell of a call."""

_FIELDS = [field.attname for field in Voip._meta.concrete_fields]
_COLUMNS = (
    "id", "provider", "country", "time_zone", "api_url", "api_login", "settings", "webhook_ips", "api_key", "awaits_id",
)  # fmt: skip

# By hand for the reason given in `calls.merge`: an operator waits. The calls are those of `calls.models.AWAITS_ID`, and read from its index.
_FIND = Statement(f"""
SELECT v.id, v.provider, v.country, v.time_zone, v.api_url, v.api_login, v.settings, v.webhook_ips, v.api_key,
    EXISTS (
        SELECT FROM calls_call c WHERE c.voip_id = v.id AND c.dialed_at > %(recent)s AND c.via = 'provider' AND c.provider_call_id = ''
            AND c.precedence < {precedence(Status.FAILED)} AND NOT (c.reference = '')
    )
FROM sips_voip v WHERE v.webhook_digest = %(digest)s AND v.provider = %(provider)s AND v.active""")


def find(provider: str, secret: str, *, with_key: bool) -> Voip | None:
    """The active configuration with that address, with what receiving a webhook takes, its key only where it is asked for, and `awaits_id`:
    whether a call was just dialed through it whose id the operator has not told yet.

    Found by a digest, so that the time taken tells nothing about the secret.
    """
    digest = hashlib.sha256(secret.encode()).hexdigest()
    recent = timezone.now() - RECOGNISED_WITHIN - GRACE
    row = fetch_one(_FIND, {"digest": digest, "provider": provider, "recent": recent})
    if row is None:
        return None
    found = dict(zip(_COLUMNS, row, strict=True))
    awaits_id, sealed_key = found.pop("awaits_id"), found.pop("api_key")
    found |= {name: json.loads(found[name]) for name in ("settings", "webhook_ips")}
    if with_key:
        found["api_key"] = decrypt(sealed_key)
    known = [name for name in _FIELDS if name in found]
    voip = Voip.from_db(connection.alias, known, [found[name] for name in known])
    voip.awaits_id = awaits_id
    return voip
