"""The only path on which the reported columns of a call change: a report is correlated with its request, stored and merged, and `call_changed` is
sent. Webhooks, replays, providers' lists, our dialer and our own requests all use it.

When a report is *read again*, it replaces its former version. Its call is then recomputed from all its reports under a lock on its row, by the rules
of `calls.merge`, so a call always equals what its reports say, in any order. A concurrent report is either included, or waits for the lock and is
merged into the new row.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from calls import merge, report_values
from calls.correlation import correlate
from calls.events import CallEvent
from calls.models import Call, Report
from calls.rebuilding import SHOWN, add_reports, delete_if_unreported, knows_all_reports, rebuild
from calls.reused_ids import place
from calls.signals import call_changed
from calls.sql import Statement, fetch_one
from sips.models import Voip

logger = logging.getLogger(__name__)


class Stored(NamedTuple):
    delivery_id: int | None
    call_id: int | None
    "None where nothing of the call changed."
    doubt: str = ""
    "Why it was not merged: it may belong to another call under the same id."


def report(
    event: CallEvent,
    *,
    voip: Voip,
    received_at: datetime,
    delivery_id: int | None = None,
    after: tuple[Statement, Mapping[str, object]] | None = None,
) -> Stored | None:
    """Store a report and merge it into its Call.

    after: a statement of `merge.reporting` and its gate's parameters, for a report that is stored together with something else; returns None if the
    gate returned no row.
    """
    statement, gate = after or (merge.REPORT, {})
    now = timezone.now()
    parameters = report_values.parameters(
        event, voip_id=voip.pk, country=voip.country, received_at=received_at, now=now
    )
    parameters |= report_values.storing(event, received_at=received_at, delivery_id=delivery_id)
    with transaction.atomic(savepoint=False):
        if getattr(voip, "awaits_id", True):
            correlate(event, voip=voip, received_at=received_at)
        row = fetch_one(statement, {**parameters, **gate})
        if row is None:
            return None
        stored = Stored(row[0], row[1])
        if stored.call_id is None:
            return put_in_place(event, stored, parameters, voip)
        call_changed.send(Call, call_id=stored.call_id, requested=row[2])
    return stored


def put_in_place(event: CallEvent, stored: Stored, parameters: dict[str, object], voip: Voip) -> Stored:
    """Handles a report that changed nothing: it is known, its call is deleted, or another call has reused its id (`calls.reused_ids`)."""
    placed = place(event, parameters, voip=voip)
    if placed is None:
        call = Call.objects.filter(voip_id=voip.pk, provider_call_id=event.provider_call_id).first()
        if call is None or fetch_one(merge.ADD, parameters | {"call": call.pk}) is None:
            return stored
        call_changed.send(Call, call_id=call.pk, requested=bool(call.reference))
        return stored._replace(call_id=call.pk)
    kept = Report.objects.filter(voip=voip, event=event.as_json(), delivery_id=stored.delivery_id)
    Report.objects.filter(pk__in=kept.order_by("-pk").values("pk")[:1]).delete()
    if placed.event is None:
        logger.warning("report_in_doubt", extra={"voip_id": voip.pk, "problem": placed.doubt})
        return stored._replace(doubt=placed.doubt)
    its_own = {"provider_call_id": placed.event.provider_call_id, "delivery": stored.delivery_id}
    row = fetch_one(merge.REPORT, parameters | its_own)
    if row is None or row[1] is None:
        return stored
    call_changed.send(Call, call_id=row[1], requested=row[2])
    return stored._replace(call_id=row[1])


def report_on(call: Call, event: CallEvent) -> None:
    """Report one of our own steps on this row: requested, claimed, canceled or expired."""
    now = timezone.now()
    voip = call.voip
    country = voip.country if voip else ""
    with transaction.atomic():
        if voip is not None:
            Report.objects.create(
                voip=voip, provider_call_id=call.report_key, event=event.as_json(), received_at=now, stored_at=now
            )
        parameters = report_values.parameters(event, voip_id=call.voip_id, country=country, received_at=now, now=now)
        if fetch_one(merge.ADD, parameters | {"call": call.pk}) is not None:
            call_changed.send(Call, call_id=call.pk, requested=bool(call.reference))


def forget_person(call: Call, is_meant: Callable[[str], bool] = bool) -> None:
    """Remove the person from a call's stored reports: the matching numbers, and the recording."""
    country = call.voip.country if call.voip else ""
    for row in Report.objects.of(call):
        event = CallEvent.from_json(row.event)
        number_from, number_to = (number if not is_meant(number) else "" for number in event.numbers(country))
        stays = replace(event, number_from=number_from, number_to=number_to, recording_url="", numbers_are_read=True)
        Report.objects.filter(pk=row.pk).update(event=stays.as_json())


@dataclass(frozen=True, slots=True)
class Reading:
    """An event that was read again, and the reports that it replaces."""

    events: Sequence[CallEvent]
    received_at: datetime
    delivery_id: int | None = None
    replaces: Sequence[Report] = ()


@dataclass(frozen=True, slots=True)
class CallChange:
    """One call before and after its reports were read again."""

    key: tuple[int, str]
    "Configuration and provider's id."
    before: Mapping[str, object] | None
    "None: the call did not exist."
    after: Mapping[str, object] | None
    "None: it has no reports left."
    is_partial: bool
    "Retention has deleted some of its reports: the new ones were added, and nothing was taken back."
    doubt: str = ""
    "Why it was not merged."

    @property
    def provider_call_id(self) -> str:
        return self.key[1]

    @property
    def facts(self) -> dict[str, tuple[object, object]]:
        """Each changed column: before and after."""
        before, after = self.before or {}, self.after or {}
        return {name: (before.get(name), after.get(name)) for name in SHOWN if before.get(name) != after.get(name)}


def read_again(readings: Sequence[Reading], *, voip: Voip, always: bool = False) -> list[CallChange]:
    """Replace reports by what was read now. Returns the affected calls, changed or not.

    always: recompute the calls even if the reports are unchanged.
    """
    gone, new = _differences(readings)
    losing = {row.provider_call_id for row in gone}
    if always:
        losing |= {row.provider_call_id for reading in readings for row in reading.replaces}
    keys = sorted(losing | {key for key, _, _ in new})
    doubts: dict[str, str] = {}
    if not keys:
        return []
    with transaction.atomic():
        before = _lock(voip.pk, keys)
        Report.objects.filter(pk__in=[row.pk for row in gone]).delete()
        anew = {key: call for key, call in before.items() if key in losing and knows_all_reports(call)}
        for key, event, reading in sorted(new, key=lambda each: each[0]):
            if key in anew:
                _keep(key, event, reading, voip)
                continue
            stored = report(event, voip=voip, received_at=reading.received_at, delivery_id=reading.delivery_id)
            doubts[key] = stored.doubt if stored else ""
        for key in losing & set(before):
            if key not in anew:
                add_reports(before[key])
            elif not delete_if_unreported(before[key]):
                rebuild(before[key])
        after = _lock(voip.pk, keys)
    partial = (losing & set(before)) - set(anew)
    return [
        _change((voip.pk, key), before.get(key), after.get(key), is_partial=key in partial, doubt=doubts.get(key, ""))
        for key in keys
    ]


def _differences(readings: Sequence[Reading]) -> tuple[list[Report], list[tuple[str, CallEvent, Reading]]]:
    """The reports to delete, and the new ones with the id of their call: the provider's id, unless the delivery belongs to a former call under that
    id (`calls.reused_ids`)."""
    gone: list[Report] = []
    new: list[tuple[str, CallEvent, Reading]] = []
    for reading in readings:
        left = list(reading.replaces)
        keys = {row.event["provider_call_id"]: row.provider_call_id for row in left}
        for event in reading.events:
            stored_event = event.as_json()
            same = next((row for row in left if row.event == stored_event), None)
            if same is None:
                new.append((keys.get(event.provider_call_id, event.provider_call_id), event, reading))
            else:
                left.remove(same)
        gone += left
    return gone, new


def _lock(voip_id: int, keys: Sequence[str]) -> dict[str, Call]:
    rows = Call.everything.filter(voip_id=voip_id, provider_call_id__in=keys, deleted_at=None)
    return {call.provider_call_id: call for call in rows.select_for_update().order_by("pk")}


def _keep(key: str, event: CallEvent, reading: Reading, voip: Voip) -> None:
    Report.objects.create(
        voip=voip,
        provider_call_id=key,
        delivery_id=reading.delivery_id,
        event=event.as_json(),
        received_at=reading.received_at,
        stored_at=timezone.now(),
    )


def _change(
    key: tuple[int, str], before: Call | None, after: Call | None, *, is_partial: bool, doubt: str
) -> CallChange:
    shown = [{name: getattr(call, name) for name in SHOWN} if call else None for call in (before, after)]
    return CallChange(key, shown[0], shown[1], is_partial, doubt)
