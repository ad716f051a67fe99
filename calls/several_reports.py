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


class Said(NamedTuple):
    """A report by our own dialer, to be stored with others."""

    event: CallEvent
    "Of a call that was asked for here, by the id it had from the start; without numbers or a recording."
    voip: Voip
    received_at: datetime


def report_several(said: Sequence[Said]) -> None:
    """Store reports and merge them into their calls, those of one call in their order: in one transaction, by two statements for as many calls as you
    like. What follows from a call that ended is enqueued, as for `calls.reporting_at_once`."""
    now = timezone.now()
    with transaction.atomic():
        Report.objects.bulk_create(
            Report(
                voip=each.voip,
                provider_call_id=each.event.provider_call_id,
                said=each.event.as_json(),
                received_at=each.received_at,
                stored_at=now,
            )
            for each in said
        )
        waiting = list(said)
        while waiting:  # a statement can change a row once
            turn = {each.event.provider_call_id: each for each in reversed(waiting)}
            waiting = [each for each in waiting if turn[each.event.provider_call_id] is not each]
            _merge_several(list(turn.values()), now)


def _merge_several(said: Sequence[Said], now: datetime) -> None:
    """Of as many calls; their rows are locked in one order, whoever else writes several."""
    spoken = {
        event.provider_call_id: report_values.parameters(
            event, voip_id=voip.pk, country=voip.country, received_at=received_at, now=now
        )
        for event, voip, received_at in sorted(said, key=lambda each: each.event.provider_call_id)
    }
    rows = fetch_all(merge.SEVERAL, {"reports": json.dumps([*spoken.values()], default=str)})
    for call_id, requested, _key, status in rows:
        if requested and status in RESULTS:
            call_changed.send(Call, call_id=call_id, requested=True)
    changed = {row[2] for row in rows}
    for each in said:
        if each.event.provider_call_id not in changed:
            put_in_place(each.event, Stored(None, None), spoken[each.event.provider_call_id], each.voip)
