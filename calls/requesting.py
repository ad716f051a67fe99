"""Stores a requested call, its first report and the job that dials it in one statement: a click waits for one round trip where it waited for twelve.

The row is what the first report makes of an empty one, by the same rules as every later report (`calls.merge`).
"""

import json
from dataclasses import asdict

from django.db import DEFAULT_DB_ALIAS
from django.utils import timezone

from calls import merge, report_values
from calls.events import CallEvent
from calls.models import Call
from calls.sql import Statement, fetch_one
from voipcrm.audit.actors import actor

_GIVEN = {
    "via": "text", "provider_call_id": "text", "reference": "text", "customer_first": "boolean", "dial_by": "timestamptz",
    "placed_by_id": "bigint", "identity_set": "boolean", "description": "text",
}  # fmt: skip
"""Columns that no report changes: they are as the request says."""
_EMPTY = {
    **dict.fromkeys(("status", "provider_status", "reason", "kind", "number_from", "number_to", "customer_number", "recording_url"), "''"),
    **dict.fromkeys(("precedence", "kind_precedence", "customer_precedence", "ended_precedence", "sip_precedence"), "0"),
    **dict.fromkeys(("answered_at", "ended_at", "erased_at"), "NULL::timestamptz"),
    "duration": "NULL::integer",
    "start_time": "%(now)s::timestamptz",
    **{name: f"%({name})s::bigint" for name in ("sip_id", "client_id", "contact_id")},
    "identity_set": "%(identity_set)s::boolean",
}  # fmt: skip
"""The row before its first report."""
_STORED = [field.attname for field in Call._meta.concrete_fields]
_WRITTEN = ("voip_id", "created_at", "updated_at", "held_by", *_GIVEN, *merge.RULES)

STORE = Statement(f"""
WITH held AS (SELECT id FROM sips_voip WHERE id = %(voip)s::bigint FOR KEY SHARE),
gate AS (
    SELECT id, CASE WHEN %(actor)s::text <> '' THEN set_config('voipcrm.actor', %(actor)s::text, true) END AS acting FROM held
), {merge.EVENT},
c AS (SELECT {", ".join(f"{value} AS {name}" for name, value in _EMPTY.items())}),
stored AS (
    INSERT INTO calls_call ({", ".join(_WRITTEN)})
    SELECT excluded.voip_id, excluded.now, excluded.now, '', {", ".join(f"%({name})s::{kind}" for name, kind in _GIVEN.items())},
    {merge.MERGED} FROM c, ({merge.OF_EVENT}) AS excluded
    RETURNING {", ".join(_STORED)}
), reported AS (
    INSERT INTO calls_report (voip_id, provider_call_id, event, received_at, stored_at)
    SELECT id, %(reference)s::text, %(call_event)s::jsonb, %(now)s::timestamptz, %(now)s::timestamptz FROM gate
), deferred AS (
    SELECT procrastinate_defer_jobs_v1(ARRAY[
        (%(queue)s::text, %(task)s::text, 0, NULL, NULL, jsonb_build_object('call_id', stored.id), NULL)::procrastinate_job_to_defer_v1])
    FROM stored
)
SELECT (SELECT count(*) FROM deferred), stored.* FROM stored""")


def store(call: Call, asked: CallEvent, task: str, queue: str) -> Call | None:
    """The stored row of this new call and what its first report says of it; None where its configuration is deleted. What it refers to is kept from
    deletion until the end of the transaction."""
    assert call.voip is not None
    now, who = timezone.now(), actor()
    values = report_values.parameters(asked, voip_id=call.voip.pk, country=call.voip.country, received_at=now, now=now)
    values |= {name: getattr(call, name) for name in (*_GIVEN, "sip_id", "client_id", "contact_id")}
    values |= {"call_event": json.dumps(asked.as_json()), "actor": json.dumps(asdict(who)) if who else ""}
    row = fetch_one(STORE, {**values, "task": task, "queue": queue})
    if row is None:
        return None
    stored = Call.from_db(DEFAULT_DB_ALIAS, _STORED, row[1:])
    stored.voip, stored.placed_by = call.voip, call.placed_by
    if call.sip is not None and stored.sip_id == call.sip.pk:
        stored.sip = call.sip
    return stored
