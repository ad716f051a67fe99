"""The report of a webhook in one statement, without a transaction around it: one round trip to PostgreSQL instead of four."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from calls import merge, report_values
from calls.events import CallEvent
from calls.reports import Stored, put_in_place
from calls.sql import Statement, fetch_one
from calls.statuses import RESULTS
from sips.models import Voip

TELL_OF_END = "calls.tell_of_end"
"""The job that sends `call_changed` (`calls.tasks`)."""

_ENQUEUE = f"""
SELECT procrastinate_defer_jobs_v1(ARRAY[
    ('default', '{TELL_OF_END}', 0, NULL, NULL, jsonb_build_object('call_id', call.id), NULL)::procrastinate_job_to_defer_v1])
FROM call WHERE call.requested AND call.status IN ({", ".join(f"'{status}'" for status in RESULTS)})"""


def reporting_at_once(gate: str) -> Statement:
    """`merge.reporting` that also enqueues what follows from the end of a call that was asked for here: stored together, or not at all.

    gate: must let in no report that may be about a request whose id is awaited, or about another call under the same id.
    """
    return merge.reporting(gate, then=_ENQUEUE)


def report_at_once(
    event: CallEvent, *, voip: Voip, received_at: datetime, within: Statement, gate: Mapping[str, Any]
) -> bool:
    """Store a report and merge it into its Call. within: a statement of `reporting_at_once`; gate: the parameters of its gate.

    Returns False, having stored nothing, where the gate returned no row.
    """
    now = timezone.now()
    said = report_values.parameters(event, voip_id=voip.pk, country=voip.country, received_at=received_at, now=now)
    stored = report_values.storing(event, received_at=received_at)
    row = fetch_one(within, {**said, **stored, **gate})
    if row is None:
        return False
    delivery_id, call_id, _requested, was_known = row[:4]
    if call_id is None and not was_known:  # another call under the same id was made in the same moment
        with transaction.atomic():
            put_in_place(event, Stored(delivery_id, None), said, voip)
    return True
