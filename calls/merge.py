"""The statement that stores a report and merges it into its Call.

It is raw SQL because a provider waits for the response until its event is stored: one statement does in one round trip what look-up, lock,
comparison and update would do in five. It also makes the merge correct: `ON CONFLICT` locks the row, so concurrent reports of one call are
merged one after the other.

`RULES` holds the rules, one for each reported column. Each is commutative, associative and idempotent (a maximum, a minimum, or the value that
came with the highest precedence), so the reports of a call end in the same row in any order and however often they are merged. Merging a new
report therefore equals computing the row anew from all of them, as `calls.reports` does. `tests/calls/test_merge.py` has these rules in Python.
"""

from collections.abc import Mapping
from datetime import timedelta

from calls.sql import Statement
from calls.statuses import FIRST_RESULT

UNREAD_END = FIRST_RESULT - 5
"""The precedence of an end with an unreadable word: `provider_status` keeps the word, the result stays open."""

_TEXTS = (
    "provider_call_id", "status", "provider_status", "reason", "kind", "number_from", "number_to", "line", "line_number", "recording_url",
)  # fmt: skip
_PARAMETERS = {
    "voip": "bigint",
    **dict.fromkeys(_TEXTS, "text"),
    **dict.fromkeys(("readings_from", "readings_to"), "text[]"),
    **dict.fromkeys(("precedence", "kind_precedence", "ended_precedence"), "smallint"),
    **dict.fromkeys(("started_at", "answered_at", "ended_at", "now"), "timestamptz"),
    "talk_seconds": "integer",
}
"""What a report says (`calls.report_values`)."""
_COLUMN = {"voip": "voip_id", "started_at": "start_time", "talk_seconds": "duration"}


def _select_report(parameters: Mapping[str, str]) -> str:
    """The columns of the report. parameters: how each of `_PARAMETERS` is written in SQL."""
    columns = [f"{sql} AS {_COLUMN.get(name, name)}" for name, sql in parameters.items()]
    writings = [
        f"{parameters[f'readings_{side}']} || {parameters[f'number_{side}']} AS writings_{side}"
        for side in ("from", "to")
    ]
    return f"SELECT {', '.join([*columns, *writings])} FROM gate"


ONE = f"new_report AS ({_select_report({name: f'%({name})s::{kind}' for name, kind in _PARAMETERS.items()})})"
_SEVERAL = f"""new_report AS ({_select_report({name: name for name in _PARAMETERS})},
    jsonb_to_recordset(%(reports)s::jsonb) AS report({", ".join(f"{name} {kind}" for name, kind in _PARAMETERS.items())}))"""

_FOLLOWS = """
ours AS MATERIALIZED (
    SELECT new_report.*,
        (SELECT s.id FROM sips_sip s WHERE s.voip_id = new_report.voip_id AND new_report.line <> ''
            AND (new_report.line IN (s.sip, s.username) OR s.number IN (new_report.line, new_report.line_number))
         ORDER BY s.sip <> new_report.line, s.username <> new_report.line, s.id LIMIT 1) AS sip_id,
        EXISTS (SELECT FROM sips_voip v WHERE v.number = ANY (new_report.writings_from) AND v.number <> '') OR
        EXISTS (SELECT FROM sips_sip s WHERE s.number = ANY (new_report.writings_from) AND s.number <> '') OR
        EXISTS (SELECT FROM sips_sip s WHERE s.sip = new_report.number_from AND s.sip <> '' AND s.voip_id = new_report.voip_id) AS from_us,
        EXISTS (SELECT FROM sips_voip v WHERE v.number = ANY (new_report.writings_to) AND v.number <> '') OR
        EXISTS (SELECT FROM sips_sip s WHERE s.number = ANY (new_report.writings_to) AND s.number <> '') OR
        EXISTS (SELECT FROM sips_sip s WHERE s.sip = new_report.number_to AND s.sip <> '' AND s.voip_id = new_report.voip_id) AS to_us
    FROM new_report
), sided AS (
    SELECT ours.*, CASE
            WHEN kind <> '' THEN kind WHEN from_us AND to_us THEN 'internal' WHEN from_us THEN 'outgoing' WHEN to_us THEN 'incoming' ELSE ''
        END AS side,
        (number_from LIKE '+%%' OR cardinality(writings_from) > 1) AND NOT from_us AS from_outside,
        (number_to LIKE '+%%' OR cardinality(writings_to) > 1) AND NOT to_us AS to_outside
    FROM ours
), event AS (
    SELECT sided.*, CASE
            WHEN kind_precedence > 0 OR side = '' THEN kind_precedence
            ELSE CASE WHEN number_from = '' OR number_to = '' THEN 10 ELSE 20 END + CASE side WHEN 'internal' THEN 1 WHEN 'outgoing' THEN 2 ELSE 3 END
        END AS side_precedence,
        CASE
            WHEN from_outside AND (side = 'incoming' OR side = '' AND NOT to_outside) THEN number_from
            WHEN to_outside AND (side = 'outgoing' OR side = '' AND NOT from_outside) THEN number_to ELSE ''
        END AS customer_number
    FROM sided
), identified AS (
    SELECT event.*, known.client_id, known.contact_id FROM event LEFT JOIN LATERAL (
        SELECT min(latest.client_id) AS client_id, min(latest.contact_id) AS contact_id
        FROM unnest(CASE customer_number WHEN '' THEN '{}' WHEN number_from THEN writings_from ELSE writings_to END) AS written (number),
            LATERAL (
                SELECT k.client_id, k.contact_id FROM calls_call k
                WHERE k.customer_number = written.number AND k.customer_number <> '' AND k.deleted_at IS NULL
                    AND (k.client_id IS NOT NULL OR k.contact_id IS NOT NULL OR k.identity_set)
                    AND (k.identity_set OR k.customer_number LIKE '+%%')
                ORDER BY k.start_time DESC, k.id DESC LIMIT 1) latest
        HAVING count(DISTINCT (latest.client_id, latest.contact_id)) = 1) known ON true
)"""
OF_NOBODY = """
identified AS (
    SELECT new_report.*, kind AS side, kind_precedence AS side_precedence, ''::text AS customer_number, NULL::bigint AS client_id,
        NULL::bigint AS contact_id, NULL::bigint AS sip_id
    FROM new_report
)"""
"""The same of a report that names no number and no line, such as those of our own dialer: nothing follows from it, and nothing is looked up."""

EVENT = f"{ONE}, {_FOLLOWS}"
"""What one report says, and what follows from it: whose line and numbers they are; the direction, where it says none; the customer, who is the other
party where that is somebody who can be known again: the caller of an incoming call, the called of an outgoing one, else the only one outside; and
the client and contact of the latest call with that customer of which they are known, or of which people said that there are none.

`writings_from` and `writings_to`: the number, after the two E.164 numbers it can be where its country cannot be told. Such a number is our own if it
is so in any writing. Its client is the one on whom all writings agree under which one is known; under the number as given, what people have set
counts, as the rest was concluded here."""

_BETTER_WORD = f"""
    (CASE WHEN excluded.precedence < {FIRST_RESULT} AND excluded.ended_at IS NOT NULL THEN {UNREAD_END} ELSE excluded.precedence END,
        excluded.provider_status, excluded.reason)
    > (CASE WHEN c.precedence < {FIRST_RESULT} AND c.ended_at IS NOT NULL THEN {UNREAD_END} ELSE c.precedence END, c.provider_status, c.reason)"""
_BETTER_LINE = "excluded.sip_id IS NOT NULL AND (c.sip_id IS NULL OR (excluded.sip_precedence, -excluded.sip_id) > (c.sip_precedence, -c.sip_id))"
_BETTER_CUSTOMER = """c.erased_at IS NULL AND excluded.customer_number <> '' AND (c.customer_number = ''
    OR excluded.customer_precedence > c.customer_precedence
    OR excluded.customer_precedence = c.customer_precedence AND excluded.customer_number COLLATE "C" < c.customer_number)"""
_NEW_CUSTOMER = f"{_BETTER_CUSTOMER} AND excluded.customer_number <> c.customer_number AND NOT c.identity_set"
_ENDED = f"(GREATEST(c.precedence, excluded.precedence) >= {FIRST_RESULT} OR c.ended_at IS NOT NULL OR excluded.ended_at IS NOT NULL)"
_TALKED = (
    "(c.answered_at IS NOT NULL OR excluded.answered_at IS NOT NULL OR GREATEST(c.duration, excluded.duration, 0) > 0)"
)


APART, LONGEST_CALL = timedelta(hours=1), timedelta(days=1)


def near(began: str) -> str:
    """SQL: whether a report of a call that began then certainly belongs to the call `c` with its id; see `calls.reused_ids` for others."""
    return f"""{began} BETWEEN c.start_time - interval '1 hour'
    AND COALESCE(c.ended_at, c.start_time + interval '1 day') + interval '1 hour'"""


def _first(column: str) -> str:
    """The smaller of two texts that are not empty. “+” sorts before digits, so a full number beats an extension. Unchanged where a person was
    erased."""
    return f"""CASE WHEN c.erased_at IS NULL AND excluded.{column} <> '' AND (c.{column} = '' OR excluded.{column} COLLATE "C" < c.{column})
        THEN excluded.{column} ELSE c.{column} END"""


RULES = {
    "status": f"CASE WHEN {_ENDED} AND {_TALKED} THEN 'ANSWERED' WHEN excluded.precedence > c.precedence THEN excluded.status ELSE c.status END",
    "precedence": "GREATEST(c.precedence, excluded.precedence)",
    "provider_status": f"CASE WHEN {_BETTER_WORD} THEN excluded.provider_status ELSE c.provider_status END",
    "reason": f"CASE WHEN {_BETTER_WORD} THEN excluded.reason ELSE c.reason END",
    "kind": "CASE WHEN excluded.kind_precedence > c.kind_precedence THEN excluded.kind ELSE c.kind END",
    "kind_precedence": "GREATEST(c.kind_precedence, excluded.kind_precedence)",
    "number_from": _first("number_from"),
    "number_to": _first("number_to"),
    "customer_number": f"CASE WHEN {_BETTER_CUSTOMER} THEN excluded.customer_number ELSE c.customer_number END",
    "customer_precedence": f"CASE WHEN {_BETTER_CUSTOMER} THEN excluded.customer_precedence ELSE c.customer_precedence END",
    "client_id": f"CASE WHEN {_NEW_CUSTOMER} THEN excluded.client_id ELSE c.client_id END",
    "contact_id": f"CASE WHEN {_NEW_CUSTOMER} THEN excluded.contact_id ELSE c.contact_id END",
    "start_time": "LEAST(c.start_time, excluded.start_time)",
    "answered_at": "LEAST(c.answered_at, excluded.answered_at)",
    "ended_at": """CASE
        WHEN excluded.ended_at IS NULL OR c.ended_at IS NOT NULL AND excluded.ended_precedence < c.ended_precedence THEN c.ended_at
        WHEN c.ended_at IS NULL OR excluded.ended_precedence > c.ended_precedence THEN excluded.ended_at
        WHEN c.ended_precedence = 0 THEN LEAST(c.ended_at, excluded.ended_at) ELSE GREATEST(c.ended_at, excluded.ended_at) END""",
    "ended_precedence": "GREATEST(c.ended_precedence, excluded.ended_precedence)",
    "duration": "GREATEST(c.duration, excluded.duration)",
    "sip_id": f"CASE WHEN {_BETTER_LINE} THEN excluded.sip_id ELSE c.sip_id END",
    "sip_precedence": f"CASE WHEN {_BETTER_LINE} THEN excluded.sip_precedence ELSE c.sip_precedence END",
    "recording_url": _first("recording_url"),
}
"""The reported columns of the Call `c` after the report `excluded`, as PostgreSQL names the two in `ON CONFLICT`."""

REPORTED = tuple(RULES)
"""The columns of a Call that are a function of its reports; client and contact only until people set them."""

_COLUMNS = ", ".join(RULES)
MERGED = ",\n    ".join(RULES.values())
MERGING = f"updated_at = excluded.now, ({_COLUMNS}) = ROW(\n    {MERGED})"
_CHANGED = f"({', '.join(f'c.{column}' for column in RULES)}) IS DISTINCT FROM (\n    {MERGED})"

OF_EVENT = """
SELECT voip_id, provider_call_id, now, status, precedence, provider_status, reason, side AS kind, side_precedence AS kind_precedence,
    number_from, number_to, customer_number, CASE WHEN customer_number = '' THEN 0 ELSE side_precedence END AS customer_precedence,
    client_id, contact_id, start_time, answered_at, ended_at,
    ended_precedence, duration, sip_id, CASE WHEN sip_id IS NULL THEN 0 ELSE precedence END AS sip_precedence, recording_url
FROM identified"""
"""An event under the names of a Call's columns."""

_KNOWN = """
known AS (
    SELECT erased_at IS NOT NULL OR deleted_at IS NOT NULL AS is_erased FROM calls_call
    WHERE voip_id = %(voip)s::bigint AND provider_call_id = %(provider_call_id)s::text AND provider_call_id <> '' FOR NO KEY UPDATE
), gate AS (SELECT opened.id, known.is_erased FROM opened LEFT JOIN known ON true)"""
"""Whether the call was erased or deleted. Locks its row first, so that it waits for an erasure in progress and sees its result."""

_REPORT = """
reported AS (
    INSERT INTO calls_report (voip_id, provider_call_id, delivery_id, event, received_at, stored_at)
    SELECT %(voip)s::bigint, %(provider_call_id)s::text, id,
        CASE WHEN is_erased THEN %(call_event)s::jsonb - '{number_from,number_to,recording_url}'::text[] ELSE %(call_event)s::jsonb END,
        %(received_at)s::timestamptz, %(now)s::timestamptz
    FROM gate
)"""

_UPSERT = f"""
INSERT INTO calls_call AS c (voip_id, provider_call_id, via, description, created_at, updated_at, {_COLUMNS})
SELECT voip_id, provider_call_id, 'provider', '', now, now, {_COLUMNS} FROM ({OF_EVENT}) AS event
ON CONFLICT (voip_id, provider_call_id) WHERE provider_call_id <> ''
DO UPDATE SET updated_at = excluded.updated_at, ({_COLUMNS}) = ROW(
    {MERGED})
WHERE c.deleted_at IS NULL AND {near("excluded.start_time")} AND {_CHANGED}
RETURNING c.id, c.reference <> '' AS requested"""


def reporting(gate: str, *, then: str = "SELECT") -> Statement:
    """A statement that stores a report and merges it into the Call with its id, which is created if missing. Its row:
    `(id, call_id, requested, was_known)`.

    gate: a statement that returns `id`: of the delivery, or NULL. If it returns no row, nothing is reported and no row comes back. The call is
    NULL if nothing of it changed. then: a further statement that may use `call (id, requested, status)`.
    """
    return Statement(
        f"WITH opened AS ({gate}), {_KNOWN}, {_REPORT}, {EVENT}, call AS ({_UPSERT}, c.status), followed AS ({then})"
        " SELECT gate.id, call.id, call.requested, gate.is_erased IS NOT NULL, (SELECT count(*) FROM followed)"
        " FROM gate LEFT JOIN call ON true"
    )


REPORT = reporting("SELECT %(delivery)s::bigint AS id")

SEVERAL = Statement(f"WITH gate AS (SELECT), {_SEVERAL}, {_FOLLOWS} {_UPSERT}, c.provider_call_id, c.status")
"""Merge reports of as many calls, `reports` being JSON, without storing them: `(id, requested, provider_call_id, status)` of those that changed."""

SEVERAL_OF_NOBODY = Statement(f"WITH gate AS (SELECT), {_SEVERAL}, {OF_NOBODY} {_UPSERT}, c.provider_call_id, c.status")
"""The same where none names a number or a line."""

ADD = Statement(f"""
WITH gate AS (SELECT), {EVENT}
UPDATE calls_call AS c SET {MERGING}
FROM ({OF_EVENT}) AS excluded
WHERE c.id = %(call)s AND {_CHANGED}
RETURNING c.id""")
"""Merge a stored report into the Call with this row id; returns no row if nothing of it changed."""

IDENTIFY = Statement(f"WITH gate AS (SELECT), {EVENT} SELECT customer_number, client_id, contact_id FROM identified")
"""The customer of a report, with client and contact."""
