"""Replays all deliveries of a configuration after its settings were changed: a job that stores its progress and resumes after a crash."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone
from procrastinate.contrib.django import app as jobs

from calls.reports import CallChange
from integrations.models import READABLE, Rebuilding, WebhookDelivery
from integrations.webhooks import processing
from integrations.webhooks.replay_report import is_changed

AT_ONCE = 100
"""Deliveries per step of progress."""


def start(voip_id: int) -> None:
    """Start, or start over where one is running, with the current settings."""
    with transaction.atomic():
        total = WebhookDelivery.objects.filter(READABLE, voip=voip_id).count()
        Rebuilding.objects.update_or_create(
            voip_id=voip_id,
            defaults={
                "total": total, "done": 0, "read_to": 0, "changed": 0, "unreadable": 0, "started_at": timezone.now(), "finished_at": None,
            },
        )  # fmt: skip
        jobs.configure_task("integrations.rebuild_configuration", lock=f"integrations.rebuild:{voip_id}").defer(
            voip_id=voip_id
        )


def carry_out(voip_id: int) -> int:
    """Replay what remains. Returns how many deliveries that were."""
    done = 0
    counted: dict[datetime, set[tuple[int, str]]] = {}
    while state := Rebuilding.objects.filter(voip=voip_id, finished_at=None).first():
        done += _read_some(state, counted.setdefault(state.started_at, set()))
    return done


def _read_some(state: Rebuilding, counted: set[tuple[int, str]]) -> int:
    """Replay the next deliveries, then store the progress: after a crash in between they are replayed once more, which changes nothing. A changed
    call is therefore counted in the transaction of its change; `counted` are those that this job has counted."""
    under_way = Rebuilding.objects.filter(
        pk=state.pk, started_at=state.started_at
    )  # not begun anew since, with other settings
    rows = WebhookDelivery.objects.filter(READABLE, voip=state.voip_id, pk__gt=state.read_to).order_by("pk")
    ids = list(rows.values_list("pk", flat=True)[:AT_ONCE])

    def count(changes: Sequence[CallChange]) -> None:
        changed = {change.key for change in changes if is_changed(change)} - counted
        counted.update(changed)
        if changed:
            under_way.update(changed=F("changed") + len(changed))

    replays = processing.replay(WebhookDelivery.objects.filter(pk__in=ids), within=count)
    read = [row for replayed in replays for row in replayed.deliveries]
    under_way.update(
        done=state.done + len(ids),
        read_to=ids[-1] if ids else state.read_to,
        unreadable=state.unreadable + sum(bool(row.error) for row in read),
        finished_at=None if len(ids) == AT_ONCE else timezone.now(),
    )
    return len(ids)
