"""Claiming requests by SIP: one statement takes those that wait, their jobs with them, and says that they are being dialed.

The rules are those of `calls.dialing.claim`: claimed and committed before anything is sent. The jobs are deleted by the same statement, so a process
that dies in it leaves request and job as they were, and afterwards there is nothing left to do for a job.
"""

import json
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from django.db import DEFAULT_DB_ALIAS, connection
from django.utils import timezone

from calls import merge, report_values
from calls.dialing import DUE, oldest
from calls.events import CallEvent
from calls.models import Call, Via
from calls.services import DIALED_BY
from calls.sql import Statement, fetch_all
from calls.statuses import FIRST_RESULT, Status

MOST_COUNTED = 1000
"""Waiting requests; where there are more, each dialer takes as many as it may at a time anyway."""

_DIALING = CallEvent(provider_call_id="", status=Status.DIALING)
_STORED = [field.attname for field in Call._meta.concrete_fields]
_WAITS = """job.status = 'todo' AND job.task_name = %(task)s::text AND job.queue_name = %(queue)s::text
        AND (job.scheduled_at IS NULL OR job.scheduled_at <= now())"""
_ROOM = "LEAST(%(most)s::integer, (%(rooms)s::jsonb ->> {}::text)::integer)"
_CLAIM = f"""
WITH chosen AS (
    SELECT COALESCE(%(configuration)s::bigint, (
        SELECT call.voip_id FROM procrastinate_jobs job JOIN calls_call call ON call.id = (job.args ->> 'call_id')::bigint
        WHERE {_WAITS} AND {_ROOM.format("call.voip_id")} > 0 ORDER BY job.priority DESC, job.id LIMIT 1
    )) AS voip_id
), waiting AS (
    SELECT count(*) AS calls FROM (SELECT FROM procrastinate_jobs job WHERE {_WAITS} LIMIT {MOST_COUNTED}) AS job
), share AS (
    SELECT LEAST({_ROOM.format("chosen.voip_id")} - asked.calls, CASE WHEN waiting.calls < 2 THEN 1 ELSE (
        SELECT GREATEST(1, ceil((waiting.calls + asked.calls + count(*))::numeric / GREATEST(1, (DIALERS)))::integer - asked.calls
            - (count(*) FILTER (WHERE call.held_by = %(holder)s::text))::integer)
        FROM calls_call call WHERE call.held_by <> '' AND call.precedence < {FIRST_RESULT}
    ) END) AS calls FROM chosen, waiting, (SELECT cardinality(%(asked)s::bigint[]) AS calls) AS asked
), taken AS (
    DELETE FROM procrastinate_jobs WHERE id IN (
        SELECT job.id FROM procrastinate_jobs job
        WHERE {_WAITS} AND (SELECT call.voip_id FROM calls_call call WHERE call.id = (job.args ->> 'call_id')::bigint) = (SELECT voip_id FROM chosen)
        ORDER BY job.priority DESC, job.id LIMIT (SELECT GREATEST(0, calls) FROM share) FOR UPDATE SKIP LOCKED)
    RETURNING (args ->> 'call_id')::bigint AS call_id
), due AS (
    SELECT call.id, call.reference, call.voip_id FROM calls_call call
    WHERE call.id = ANY (ARRAY(SELECT call_id FROM taken) || %(asked)s::bigint[]) AND call.via = '{Via.SIP.value}'
        AND call.voip_id = (SELECT voip_id FROM chosen) AND {DUE} ORDER BY call.id FOR UPDATE
), reported AS (
    INSERT INTO calls_report (voip_id, provider_call_id, event, received_at, stored_at)
    SELECT voip_id, reference, %(call_event)s::jsonb || jsonb_build_object('provider_call_id', reference), %(now)s::timestamptz, %(now)s::timestamptz
    FROM due
), gate AS (SELECT), {merge.ONE}, {merge.OF_NOBODY}, claimed AS (
    UPDATE calls_call AS c SET dialed_at = excluded.now, held_by = %(holder)s::text, {merge.MERGING}
    FROM ({merge.OF_EVENT}) AS excluded WHERE c.id = ANY (ARRAY(SELECT id FROM due))
    RETURNING {", ".join(f"c.{name}" for name in _STORED)}
)
SELECT (SELECT count(*) FROM taken), claimed.* FROM (SELECT) AS always LEFT JOIN claimed ON true"""


def claiming(dialers: str) -> Statement:
    """The claim of one of several dialers. It takes so many that all have as many calls as the others, those that they hold already included; who has
    more takes one at a time, so that nothing waits for a slow one.

    dialers: SQL, how many there are.
    """
    return Statement(_CLAIM.replace("DIALERS", dialers))


class Claimed(NamedTuple):
    jobs: int
    "Taken from the queue; some of their calls may have been canceled, or have waited too long."
    calls: list[Call]
    "DIALING, and committed. What they refer to is not loaded."


def claim(
    statement: Statement,
    holder: str,
    *,
    most: int,
    rooms: Mapping[int, int] | None = None,
    asked: Sequence[int] = (),
    voip_id: int | None = None,
) -> Claimed:
    """Claim queued requests of one configuration, the oldest first. Raises RuntimeError in a transaction.

    holder: the process that will be able to end the calls. rooms: how many of a configuration at most, where that is fewer than `most`. asked: the
    calls of jobs that have begun; they are claimed in any case. voip_id: their configuration, else that of the oldest for which there is room.
    """
    if connection.in_atomic_block:
        raise RuntimeError("A claim must be committed before anything is sent.")
    now = timezone.now()
    task, queue = DIALED_BY[Via.SIP]
    said = report_values.parameters(_DIALING, voip_id=None, country="", received_at=now, now=now)
    those = {"most": most, "rooms": json.dumps(rooms or {}), "asked": list(asked), "configuration": voip_id}
    ours = {"holder": holder, "task": task, "queue": queue, "oldest": oldest(now)}
    rows = fetch_all(statement, {**said, **those, **ours, "call_event": json.dumps(_DIALING.as_json())})
    calls: list[Call] = [Call.from_db(DEFAULT_DB_ALIAS, _STORED, row[1:]) for row in rows if row[1] is not None]
    return Claimed(rows[0][0], sorted(calls, key=lambda call: call.pk))
