"""The one statement that merges an event into its Call.

Why by hand: a webhook is answered only when its event is stored, so this runs while an operator waits, and one statement does in one round trip
what look-up, lock, comparison and update would do in five. It is also what makes the merge right: `ON CONFLICT` locks the row, so two events of
one call arriving together are merged one after the other.

Every column is merged by a rule that does not depend on order and does nothing when repeated (a maximum, a minimum, or the value that came with
the highest precedence), so any permutation and repetition of a call's events ends in the same row. `tests/calls/test_merge.py` proves it against
the same rules written plainly in Python.
"""

from datetime import datetime, timedelta
from typing import Any

from calls.events import CallEvent
from calls.sql import Statement
from calls.statuses import FIRST_RESULT, Status, precedence
from sips import phone_numbers

UNREAD_END = FIRST_RESULT - 5
"""The rank of an end whose word we cannot read: its word is worth keeping, but it decides nothing."""

TALKED = 99
"""The rank of a report that itself proves that the two talked: stronger than anybody's word."""

LONGEST_TALK = 2_000_000_000
EARLIEST_YEAR, LATEST_YEAR = 1980, 2200

_EVENT = """
said AS (
    SELECT %(voip)s::bigint AS voip_id, %(provider_call_id)s::text AS provider_call_id, %(status)s::text AS status,
        %(precedence)s::smallint AS precedence, %(provider_status)s::text AS provider_status,
        %(reason)s::text AS reason, %(kind)s::text AS kind, %(number_from)s::text AS number_from, %(number_to)s::text AS number_to,
        %(line)s::text AS line, %(started_at)s::timestamptz AS start_time, %(answered_at)s::timestamptz AS answered_at,
        %(ended_at)s::timestamptz AS ended_at, %(talk_seconds)s::integer AS duration, %(recording_url)s::text AS recording_url,
        %(now)s::timestamptz AS now
    FROM gate
), ours AS MATERIALIZED (
    SELECT said.*,
        (SELECT s.id FROM sips_sip s WHERE s.voip_id = said.voip_id AND said.line <> '' AND said.line IN (s.sip, s.username, s.number)
         ORDER BY s.id LIMIT 1) AS sip_id,
        EXISTS (SELECT FROM sips_voip v WHERE v.number = said.number_from AND v.number <> '') OR
        EXISTS (SELECT FROM sips_sip s WHERE s.number = said.number_from AND s.number <> '') OR
        EXISTS (SELECT FROM sips_sip s WHERE s.sip = said.number_from AND s.sip <> '' AND s.voip_id = said.voip_id) AS from_us,
        EXISTS (SELECT FROM sips_voip v WHERE v.number = said.number_to AND v.number <> '') OR
        EXISTS (SELECT FROM sips_sip s WHERE s.number = said.number_to AND s.number <> '') OR
        EXISTS (SELECT FROM sips_sip s WHERE s.sip = said.number_to AND s.sip <> '' AND s.voip_id = said.voip_id) AS to_us
    FROM said
), sided AS (
    SELECT ours.*, CASE
        WHEN kind <> '' THEN kind WHEN from_us AND to_us THEN 'internal' WHEN from_us THEN 'outgoing' WHEN to_us THEN 'incoming' ELSE ''
        END AS side
    FROM ours
), event AS (
    SELECT sided.*, CASE
        WHEN side = 'incoming' AND number_from LIKE '+%%' AND NOT from_us THEN number_from
        WHEN side = 'outgoing' AND number_to LIKE '+%%' AND NOT to_us THEN number_to ELSE ''
        END AS customer_number
    FROM sided
), identified AS (
    SELECT known.client_id, known.contact_id FROM event CROSS JOIN LATERAL (
        SELECT c.client_id, c.contact_id FROM calls_call c
        WHERE c.customer_number = event.customer_number AND c.customer_number <> ''
            AND (c.client_id IS NOT NULL OR c.contact_id IS NOT NULL) AND c.deleted_at IS NULL
        ORDER BY c.start_time DESC, c.id DESC LIMIT 1) known
)"""


def _first(column: str) -> str:
    """The smaller of two texts, where an empty one does not count. “+” sorts before digits, so a full number beats an extension."""
    return f"""COALESCE(LEAST(NULLIF(c.{column}, '') COLLATE "C", NULLIF(excluded.{column}, '') COLLATE "C"), '')"""


_STRONGER = "excluded.precedence > c.precedence"
_ROW_WORD_RANK = (
    f"CASE WHEN c.precedence < {FIRST_RESULT} AND c.ended_at IS NOT NULL THEN {UNREAD_END} ELSE c.precedence END"
)
_EVENT_WORD_RANK = _ROW_WORD_RANK.replace("c.", "excluded.")
_WORDIER = (
    f"({_EVENT_WORD_RANK}, excluded.provider_status, excluded.reason) > ({_ROW_WORD_RANK}, c.provider_status, c.reason)"
)
_BETTER_LINE = """excluded.sip_id IS NOT NULL AND
    (excluded.sip_precedence, -excluded.sip_id) > (c.sip_precedence, COALESCE(-c.sip_id, -9223372036854775807))"""
_ENDED = f"(GREATEST(c.precedence, excluded.precedence) >= {FIRST_RESULT} OR c.ended_at IS NOT NULL OR excluded.ended_at IS NOT NULL)"
_TALKED = (
    "(COALESCE(c.answered_at, excluded.answered_at) IS NOT NULL OR GREATEST(c.duration, excluded.duration, 0) > 0)"
)
_UNIDENTIFIED = "c.customer_number = '' AND c.client_id IS NULL AND c.contact_id IS NULL"

_MERGED = {
    "status": f"CASE WHEN {_ENDED} AND {_TALKED} THEN 'ANSWERED' WHEN {_STRONGER} THEN excluded.status ELSE c.status END",
    "precedence": "GREATEST(c.precedence, excluded.precedence)",
    "provider_status": f"CASE WHEN {_WORDIER} THEN excluded.provider_status ELSE c.provider_status END",
    "reason": f"CASE WHEN {_WORDIER} THEN excluded.reason ELSE c.reason END",
    "kind": _first("kind"),
    "number_from": _first("number_from"),
    "number_to": _first("number_to"),
    "customer_number": _first("customer_number"),
    "recording_url": _first("recording_url"),
    "start_time": "LEAST(c.start_time, excluded.start_time)",
    "answered_at": "LEAST(c.answered_at, excluded.answered_at)",
    "ended_at": "GREATEST(c.ended_at, excluded.ended_at)",
    "duration": "GREATEST(c.duration, excluded.duration)",
    "sip_id": f"CASE WHEN {_BETTER_LINE} THEN excluded.sip_id ELSE c.sip_id END",
    "sip_precedence": f"CASE WHEN {_BETTER_LINE} THEN excluded.sip_precedence ELSE c.sip_precedence END",
    "client_id": f"CASE WHEN {_UNIDENTIFIED} THEN excluded.client_id ELSE c.client_id END",
    "contact_id": f"CASE WHEN {_UNIDENTIFIED} THEN excluded.contact_id ELSE c.contact_id END",
}

_OF_A_PERSON = ("number_from", "number_to", "customer_number", "recording_url", "client_id", "contact_id")
_MERGED |= {
    column: f"CASE WHEN c.erased_at IS NULL THEN {_MERGED[column]} ELSE c.{column} END" for column in _OF_A_PERSON
}

_UPSERT = f"""
INSERT INTO calls_call AS c (voip_id, provider_call_id, via, description, created_at, updated_at, {", ".join(_MERGED)})
SELECT voip_id, provider_call_id, 'provider', '', now, now,
    CASE WHEN (precedence >= {FIRST_RESULT} OR ended_at IS NOT NULL) AND (answered_at IS NOT NULL OR duration > 0) THEN 'ANSWERED' ELSE status END,
    precedence, provider_status, reason, side, number_from, number_to, customer_number, recording_url,
    start_time, answered_at, ended_at, duration, sip_id, CASE WHEN sip_id IS NULL THEN 0 ELSE precedence END, client_id, contact_id
FROM event LEFT JOIN identified ON true
ON CONFLICT (voip_id, provider_call_id) WHERE provider_call_id <> ''
DO UPDATE SET updated_at = excluded.updated_at, {", ".join(f"{column} = {rule}" for column, rule in _MERGED.items())}
WHERE c.deleted_at IS NULL AND ({", ".join(f"c.{column}" for column in _MERGED)}) IS DISTINCT FROM ({", ".join(_MERGED.values())})
RETURNING c.id, c.reference <> '' AS requested"""

ABSORB = Statement(f"""
WITH gone AS (
    DELETE FROM calls_call WHERE voip_id = %(voip)s AND provider_call_id = %(provider_call_id)s AND reference = '' RETURNING *
)
UPDATE calls_call AS c SET provider_call_id = gone.provider_call_id, updated_at = now(),
    {", ".join(f"{column} = {rule.replace('excluded.', 'gone.')}" for column, rule in _MERGED.items())}
FROM gone WHERE c.id = %(call)s
RETURNING c.id""")
"""Makes what was reported under a provider's id part of the Call that was asked for here; no row where nothing was reported yet."""

UNGATED = "gate AS (SELECT)"


def statement(gate: str = UNGATED) -> str:
    """The merge as common table expressions ending in `call (id, requested)`, empty when nothing changed.

    gate: a table expression named `gate`; the event is merged only when that has a row.
    """
    return f"WITH {gate}, {_EVENT}, call AS ({_UPSERT})"


def parameters(event: CallEvent, *, voip_id: int, country: str, received_at: datetime, now: datetime) -> dict[str, Any]:
    """The statement's parameters. What the event does not say is concluded from when it was received, never from the present moment:
    a replay must end in the same row."""
    ended_at = (_plausible(event.ended_at) or received_at) if event.is_end else None
    talk_seconds = (
        event.talk_seconds if event.talk_seconds is not None and 0 <= event.talk_seconds <= LONGEST_TALK else None
    )
    started_at = _plausible(event.started_at) or (
        ended_at - timedelta(seconds=talk_seconds or 0) if ended_at else received_at
    )
    answered_at = _plausible(event.answered_at) or (received_at if event.status == Status.IN_PROGRESS else None)
    proven = event.status == Status.ANSWERED and bool(answered_at or talk_seconds)
    status = event.status or Status.QUEUED
    return {
        "voip": voip_id,
        "provider_call_id": event.provider_call_id,
        "status": status.value,
        "precedence": TALKED if proven else precedence(status, event.source),
        "provider_status": event.provider_status[:255],
        "reason": event.reason[:255],
        "kind": event.kind.value if event.kind else "",
        "number_from": phone_numbers.normalise(event.number_from, country),
        "number_to": phone_numbers.normalise(event.number_to, country),
        "line": event.line[:255],
        "started_at": started_at,
        "answered_at": answered_at,
        "ended_at": ended_at,
        "talk_seconds": talk_seconds,
        "recording_url": event.recording_url if _is_link(event.recording_url) else "",
        "now": now,
    }


def _plausible(moment: datetime | None) -> datetime | None:
    """A time a telephone call can have had; an operator's `0000-00-00` or far future is no time at all."""
    return moment if moment and EARLIEST_YEAR <= moment.year <= LATEST_YEAR else None


def _is_link(url: str) -> bool:
    return url.startswith(("https://", "http://")) and len(url) <= 1000
