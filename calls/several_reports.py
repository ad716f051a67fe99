"""Reports of many calls at once, by our own dialer: one transaction and two statements, however many there are."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from calls import merge, report_values
from calls.events import CallEvent
from calls.models import Call, Report
from calls.reports import Stored, put_in_place
from calls.signals import call_changed
from calls.sql import fetch_all
from calls.statuses import RESULTS
from sips.models import Voip


class DialerReport(NamedTuple):
    """A report by our own dialer, to be stored with others."""

    event: CallEvent
    "Of a requested call, under the id it had from the start; without numbers, a line or a recording."
    voip: Voip
    received_at: datetime


def report_several(reports: Sequence[DialerReport]) -> None:
    """Store reports and merge them into their calls, those of one call in order: in one transaction, with two statements for any number of calls.
    The jobs that follow from the end of a call are enqueued, as for `calls.reporting_at_once`."""
    now = timezone.now()
    with transaction.atomic():
        Report.objects.bulk_create(
            Report(
                voip=each.voip,
                provider_call_id=each.event.provider_call_id,
                event=each.event.as_json(),
                received_at=each.received_at,
                stored_at=now,
            )
            for each in reports
        )
        waiting = list(reports)
        while waiting:  # a statement can change a row once
            turn = {each.event.provider_call_id: each for each in reversed(waiting)}
            waiting = [each for each in waiting if turn[each.event.provider_call_id] is not each]
            _merge_several(list(turn.values()), now)


def _merge_several(reports: Sequence[DialerReport], now: datetime) -> None:
    """Merge one report per call; rows are locked in one order, so that concurrent writers do not deadlock."""
    parameters = {
        event.provider_call_id: report_values.parameters(
            event, voip_id=voip.pk, country=voip.country, received_at=received_at, now=now
        )
        for event, voip, received_at in sorted(reports, key=lambda each: each.event.provider_call_id)
    }
    rows = fetch_all(merge.SEVERAL_OF_NOBODY, {"reports": json.dumps([*parameters.values()], default=str)})
    for call_id, requested, _key, status in rows:
        if requested and status in RESULTS:
            call_changed.send(Call, call_id=call_id, requested=True)
    changed = {row[2] for row in rows}
    for each in reports:
        if each.event.provider_call_id not in changed:
            put_in_place(each.event, Stored(None, None), parameters[each.event.provider_call_id], each.voip)
