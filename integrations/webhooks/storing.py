"""How a delivery is stored: the statements, and a delivery as their parameters."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.utils import timezone

from calls import merge
from calls.sentences import store
from calls.sql import Statement
from integrations.providers.foundation.events import CallEvent, Delivery
from sips.models import Voip

HEADERS_KEPT = ("content-type", "user-agent", "i-twilio-idempotency-token")
"""Headers that are stored: those needed for a replay, no credentials."""


# Of a call from which a person was erased a late delivery counts, but what it says of the person is not stored again. The rows of all calls that it
# tells of are locked before that is asked, as `calls.merge` does: where somebody is being erased just now, this waits and sees it.
def storing(condition: str) -> str:
    return f"""
WITH locked AS MATERIALIZED (
    SELECT erased_at, start_time, ended_at FROM calls_call
    WHERE voip_id = %(voip)s AND provider_call_id = ANY (%(call_ids)s::text[]) AND provider_call_id <> ''
    ORDER BY id FOR NO KEY UPDATE
), erased AS (SELECT FROM locked WHERE erased_at IS NOT NULL LIMIT 1)
INSERT INTO integrations_webhookdelivery
    (voip_id, provider, fingerprint, event, method, headers, query, body, received_at, processed_at, error, notes, provider_call_id, erased_at)
SELECT %(voip)s, %(provider)s, %(fingerprint)s, %(event)s, %(method)s, %(headers)s::jsonb,
    CASE WHEN EXISTS (SELECT FROM erased) THEN '' ELSE %(query)s::text END,
    CASE WHEN EXISTS (SELECT FROM erased) THEN '' ELSE %(body)s::bytea END,
    %(received_at)s::timestamptz, %(processed_at)s, %(error)s::text,
    CASE WHEN EXISTS (SELECT FROM erased) THEN '' ELSE %(notes)s::text END, %(provider_call_id)s::text, (SELECT %(now)s::timestamptz FROM erased)
WHERE {condition}
ON CONFLICT (voip_id, fingerprint) DO NOTHING RETURNING id"""


STORE = Statement(storing("true"))
STORE_AND_REPORT = merge.reporting(storing("true"))


def row(delivery: Delivery, *, voip: Voip, provider: str, events: list[CallEvent], error: str) -> dict[str, Any]:
    now = timezone.now()
    return {
        "voip": voip.pk,
        "provider": provider,
        "fingerprint": fingerprint(delivery),
        "event": delivery.event,
        "method": delivery.method,
        "headers": json.dumps({name: delivery.headers[name] for name in HEADERS_KEPT if name in delivery.headers}),
        "query": delivery.query,
        "body": delivery.body,
        "received_at": delivery.received_at,
        "processed_at": None if error else now,
        "error": store(error),
        "notes": notes_of(events),
        "provider_call_id": events[0].provider_call_id if events else "",
        "call_ids": list(dict.fromkeys(event.provider_call_id for event in events)),
        "now": now,
    }


def notes_of(events: Iterable[CallEvent], *doubts: str) -> str:
    """What could not be read, and why an event was not merged, as stored (`calls.sentences`)."""
    return store(*(note for event in events for note in event.notes), *doubts)


def fingerprint(delivery: Delivery) -> str:
    """A digest of everything the provider sent: an equal one is a redelivery."""
    parts = (delivery.event.encode(), delivery.query.encode(), delivery.body)
    return hashlib.sha256(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).hexdigest()
