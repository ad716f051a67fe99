"""Claiming many requests at once: one transaction for those whose jobs have begun and those that wait behind them, instead of three for each.

The rules are those of `calls.dialing.claim`: claimed and committed before anything is sent. The jobs of those taken along are deleted in the same
transaction, so a process that dies in it leaves request and job as they were, and afterwards there is nothing left to do for a job.
"""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from calls.dialing import due
from calls.events import CallEvent
from calls.models import Call, Via
from calls.services import DIALED_BY
from calls.several_reports import DialerReport, report_several
from calls.sql import Statement, fetch_all
from calls.statuses import Status
from sips.encryption import without_secrets

_TAKE_ALONG = Statement("""
DELETE FROM procrastinate_jobs WHERE id IN (
    SELECT job.id FROM procrastinate_jobs job
    WHERE job.status = 'todo' AND job.task_name = %(task)s AND job.queue_name = %(queue)s
        AND (job.scheduled_at IS NULL OR job.scheduled_at <= now())
        AND (SELECT call.voip_id FROM calls_call call WHERE call.id = (job.args ->> 'call_id')::bigint) = %(voip)s
    ORDER BY job.priority DESC, job.id LIMIT %(most)s FOR UPDATE SKIP LOCKED)
RETURNING (args ->> 'call_id')::bigint""")


def claim_along(call_ids: Sequence[int], *, voip_id: int, holder: str, most: int) -> list[Call]:
    """Claim queued requests by SIP, and up to so many in all of those of the configuration that wait, the oldest first: DIALING, and committed, when
    this returns. Those that are not to be dialed any more are not among them.

    holder: the process that will be able to end the calls. The secrets of lines and configurations are not loaded.
    """
    now = timezone.now()
    with transaction.atomic(durable=True):
        room = most - len(call_ids)
        task, queue = DIALED_BY[Via.SIP]
        those = {"voip": voip_id, "most": room, "task": task, "queue": queue}
        along = fetch_all(_TAKE_ALONG, those) if room > 0 else []
        asked = due(now).filter(pk__in=[*call_ids, *(row[0] for row in along)], via=Via.SIP, voip=voip_id)
        rows = without_secrets(asked.select_related("voip", "sip")).order_by("pk")
        claimed: list[Call] = list(rows.select_for_update(of=("self",)))
        if not claimed:
            return []
        Call.everything.filter(pk__in=[call.pk for call in claimed]).update(dialed_at=now, held_by=holder)
        report_several(
            [
                DialerReport(CallEvent(provider_call_id=call.report_key, status=Status.DIALING), call.voip, now)
                for call in claimed
                if call.voip is not None
            ]
        )
    for call in claimed:
        call.status, call.dialed_at, call.held_by = Status.DIALING, now, holder
    return claimed
