"""Computes the calls that would result from other reports. Nothing is stored, and no call is locked."""

import json
import logging
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.db import DataError, IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from calls import merge, report_values
from calls.events import CallEvent
from calls.models import Call, Report
from calls.reports import CallChange
from calls.reused_ids import place
from calls.sentences import Sentence
from calls.sql import fetch_all, fetch_one
from sips.models import Voip

logger = logging.getLogger(__name__)

SHOWN = (
    "status", "kind", "number_from", "number_to", "customer_number", "sip_id", "start_time", "answered_at", "ended_at", "duration", "reason",
    "provider_status", "recording_url",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ReceivedEvent:
    """An event of a delivery, for a preview."""

    event: CallEvent
    received_at: datetime
    delivery_id: int | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    calls: Sequence[CallChange]
    "Newest first, unchanged ones too. `after` is None for a call that would be deleted."
    left_out: int
    "Calls skipped for lack of time or because the database refuses them."


def preview_calls(events: Iterable[ReceivedEvent], *, voip: Voip, deliveries: Sequence[int], seconds: float) -> Preview:
    """The calls that would result if those deliveries had these events instead of their stored ones. Reports from other sources still count.

    The calls are built under temporary ids in a transaction that is rolled back, so that concurrent reports on the real calls do not wait. Reused ids
    are resolved as `calls.reports.read_again` does.
    """
    former = _former_keys(voip, deliveries)
    new: dict[str, list[ReceivedEvent]] = {}
    for each in events:
        key = former.get((each.delivery_id, each.event.provider_call_id), each.event.provider_call_id)
        new.setdefault(key, []).append(each)
    for key in _deleted(voip, new):
        del new[key]
    before = _before(voip, {*new, *former.values()})
    others = _others(voip, before.values(), deliveries)
    newest = sorted(new, key=lambda key: max(each.received_at for each in new[key]), reverse=True)
    rehearsal = _Rehearsal(voip=voip, certain=set(former.values()) & set(before), until=time.monotonic() + seconds)
    with transaction.atomic():
        after = rehearsal.make({key: [*others.get(key, ()), *new[key]] for key in newest})
        transaction.set_rollback(True)
    gone = [key for key in before if key not in new and not others.get(key) and not before[key].reference]
    shown = [key for key in after if key not in rehearsal.left_out] + gone
    changes = [_change(voip, key, before.get(key), after.get(key), rehearsal.doubts.get(key, "")) for key in shown]
    return Preview(changes, left_out=len(rehearsal.left_out))


def _former_keys(voip: Voip, deliveries: Sequence[int]) -> Mapping[tuple[int | None, str], str]:
    """The call that each delivery reported on, by the id in its event: with a reused id it may be a former call's."""
    rows = Report.objects.filter(voip=voip, delivery_id__in=deliveries)
    keys = rows.values_list("delivery_id", "event__provider_call_id", "provider_call_id")
    return {(delivery_id, message): key for delivery_id, message, key in keys}


def _deleted(voip: Voip, keys: Iterable[str]) -> list[str]:
    """Deleted calls, which no report recreates."""
    gone = Call.everything.filter(voip=voip, provider_call_id__in=list(keys), deleted_at__isnull=False)
    return list(gone.values_list("provider_call_id", flat=True))


def _before(voip: Voip, keys: Iterable[str]) -> dict[str, Call]:
    return {call.provider_call_id: call for call in Call.objects.filter(voip=voip, provider_call_id__in=keys)}


def _others(voip: Voip, calls: Iterable[Call], deliveries: Sequence[int]) -> Mapping[str, list[ReceivedEvent]]:
    """Reports of these calls from other sources: lists, our dialer, older deliveries."""
    ids = {key: call.provider_call_id for call in calls for key in call.report_keys}
    found: dict[str, list[ReceivedEvent]] = {}
    rows = Report.objects.filter(voip=voip, provider_call_id__in=ids).filter(
        ~Q(delivery_id__in=deliveries) | Q(delivery_id=None)
    )
    for row in rows.order_by("pk"):
        found.setdefault(ids[row.provider_call_id], []).append(
            ReceivedEvent(CallEvent.from_json(row.event), row.received_at)
        )
    return found


@dataclass(kw_only=True)
class _Rehearsal:
    """Builds calls under temporary ids: the first report of all of them, the second, and so on, each round in one statement."""

    voip: Voip
    certain: set[str]
    "Calls that are rebuilt: all their events are certainly theirs."
    until: float
    left_out: set[str] = field(default_factory=set)
    doubts: dict[str, str] = field(default_factory=dict)
    prefix: str = field(default_factory=lambda: f"preview {uuid.uuid4().hex} ")
    now: datetime = field(default_factory=timezone.now)

    def make(self, events: Mapping[str, Sequence[ReceivedEvent]]) -> dict[str, Call]:
        """The resulting calls by id: first the requested ones in order, then others under the same ids."""
        ids = {key: f"{self.prefix}{number}" for number, key in enumerate(events)}
        for turn in range(max(map(len, events.values()), default=0)):
            left = {key: each[turn] for key, each in events.items() if turn < len(each) and key not in self.left_out}
            if time.monotonic() > self.until:
                self.left_out |= set(left)
                break
            self._merge({key: self._parameters(each, ids[key]) for key, each in left.items()}, left)
        made = Call.objects.filter(voip=self.voip, provider_call_id__startswith=self.prefix)
        calls = {call.provider_call_id: call for call in made}
        real = {ids[key]: key for key in events}
        found = {key: calls.pop(ids[key]) for key in events if ids[key] in calls}
        return found | {_real_id(key, real): call for key, call in calls.items()}

    def _parameters(self, received: ReceivedEvent, call_id: str) -> dict[str, object]:
        found = report_values.parameters(
            received.event,
            voip_id=self.voip.pk,
            country=self.voip.country,
            received_at=received.received_at,
            now=self.now,
        )
        return found | {"provider_call_id": call_id}

    def _merge(self, reports: Mapping[str, dict[str, object]], events: Mapping[str, ReceivedEvent]) -> None:
        """Merge one report of each of these calls. If the database refuses a call's report, only that call is left out."""
        if not reports:
            return
        try:
            with transaction.atomic():
                changed = {
                    row[2]
                    for row in fetch_all(merge.SEVERAL, {"reports": json.dumps([*reports.values()], default=str)})
                }
                for key, parameters in reports.items():
                    if parameters["provider_call_id"] not in changed:
                        self._place(key, parameters, events[key])
        except (DataError, IntegrityError):
            keys = list(reports)
            if len(keys) == 1:
                logger.exception("report_not_previewed", extra={"voip_id": self.voip.pk})
                self.left_out.add(keys[0])
                return
            for half in (keys[: len(keys) // 2], keys[len(keys) // 2 :]):
                self._merge({key: reports[key] for key in half}, events)

    def _place(self, key: str, parameters: dict[str, object], received: ReceivedEvent) -> None:
        """Handles a report that changed nothing: it is known, or it belongs to another call under the same id."""
        call_id = str(parameters["provider_call_id"])
        event = replace(received.event, provider_call_id=call_id)
        placed = None if key in self.certain else place(event, parameters, voip=self.voip)
        if placed is None:
            call = Call.objects.get(voip=self.voip, provider_call_id=call_id)
            fetch_one(merge.ADD, parameters | {"call": call.pk})
        elif placed.event is None:
            self.doubts[key] = _about(placed.doubt, key)
        else:
            moved = parameters | {"provider_call_id": placed.event.provider_call_id}
            fetch_all(merge.SEVERAL, {"reports": json.dumps([moved], default=str)})


def _about(doubt: str, key: str) -> str:
    """The doubt with the original id."""
    return Sentence(doubt.text, **doubt.values | {"id": key}) if isinstance(doubt, Sentence) else doubt


def _real_id(made: str, real: Mapping[str, str]) -> str:
    """The original id of a call that turned out to be another one under a reused id: the id and its start."""
    call_id, mark, began = made.partition("#")
    return f"{real[call_id]}{mark}{began}"


def _change(voip: Voip, key: str, before: Call | None, after: Call | None, doubt: str) -> CallChange:
    shown: list[dict[str, object] | None] = [
        {name: getattr(call, name) for name in SHOWN} if call else None for call in (before, after)
    ]
    return CallChange((voip.pk, key), shown[0], shown[1], is_partial=False, doubt=doubt)
