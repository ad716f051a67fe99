"""Stores the report of a webhook in one statement without an explicit transaction: one round trip to PostgreSQL instead of four."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from calls import merge, report_values
from calls.events import CallEvent
from calls.reports import Stored, put_in_place
from calls.sql import Row, Statement
from calls.statuses import RESULTS
from sips.models import Voip

TELL_OF_END = "calls.tell_of_end"
"""The job that sends `call_changed` (`calls.tasks`)."""

_ENQUEUE = f"""
SELECT procrastinate_defer_jobs_v1(ARRAY[
    ('default', '{TELL_OF_END}', 0, NULL, NULL, jsonb_build_object('call_id', call.id), NULL)::procrastinate_job_to_defer_v1])
FROM call WHERE call.requested AND call.status IN ({", ".join(f"'{status}'" for status in RESULTS)})"""


def reporting_at_once(gate: str) -> Statement:
    """`merge.reporting` that also enqueues the job that follows the end of a requested call: both are stored, or neither.

    gate: must exclude reports that may be about a request whose id is not known yet, or about another call under the same id.
    """
    return merge.reporting(gate, then=_ENQUEUE)


@dataclass(frozen=True, slots=True)
class AtOnce:
    """A report, and all parameters of a statement of `reporting_at_once` for it. That gives one row, or none where its gate let nothing in."""

    event: CallEvent
    voip: Voip
    parameters: Mapping[str, object]

    @classmethod
    def of(cls, event: CallEvent, *, voip: Voip, received_at: datetime, gate: Mapping[str, object]) -> "AtOnce":
        """gate: the parameters of the statement's gate."""
        now = timezone.now()
        values = report_values.parameters(
            event, voip_id=voip.pk, country=voip.country, received_at=received_at, now=now
        )
        return cls(event, voip, {**values, **report_values.storing(event, received_at=received_at), **gate})

    def is_merged(self, row: Row) -> bool:
        """False where the report is stored, and another call under the same id was made in the same moment: `put_in_place` is called then."""
        _delivery_id, call_id, _requested, was_known = row[:4]
        return call_id is not None or was_known

    def put_in_place(self, row: Row) -> None:
        with transaction.atomic():
            put_in_place(self.event, Stored(row[0], None), dict(self.parameters), self.voip)
