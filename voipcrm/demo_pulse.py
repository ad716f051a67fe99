"""Live activity of the demo: calls come in now and then, and a colleague returns missed ones.

They arrive as webhooks at the pace of real calls. Old ones are deleted, so that a long-running demo does not grow.
"""

import logging
import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from json import loads
from urllib.parse import urlsplit
from uuid import uuid4

from django.db import DatabaseError, InterfaceError, close_old_connections

from calls.models import Call, Report
from calls.statuses import PROGRESS, Kind, Status
from integrations.models import WebhookDelivery
from integrations.providers.simulator import tell_story
from sips.models import Voip
from voipcrm import demo

logger = logging.getLogger(__name__)

PREFIX = "pulse-"
MOST_KEPT = 300
"""Demo calls kept, besides those that somebody has written about."""
RETURNED_AFTER = timedelta(minutes=6)
SHARE_OF_RETURNS = 0.3
RESULTS = {Status.ANSWERED: 60, Status.NO_ANSWER: 30, Status.BUSY: 10}

Deliver = Callable[[str, bytes], None]
"""Delivers a webhook: address and body."""


@dataclass(frozen=True, slots=True)
class TimedWebhook:
    """One webhook, sent that many seconds after the beginning."""

    after: float
    body: bytes


@dataclass(frozen=True, slots=True)
class Story:
    path: str
    webhooks: list[TimedWebhook]


def next_story(chance: random.Random, now: datetime) -> Story | None:
    """The next call; None without a demo, or while all lines are busy."""
    desks = list(demo.configurations().order_by("pk"))
    if not desks:
        return None
    missed = _to_return(desks, now) if chance.random() < SHARE_OF_RETURNS else None
    desk = missed.voip if missed is not None and missed.voip is not None else desks[0]
    lines = _free_lines(desk)
    if not lines:
        return None
    number = missed.number_from if missed is not None else chance.choice(demo.CUSTOMERS)
    answered = missed is not None or chance.choices(list(RESULTS), weights=list(RESULTS.values()))[0]
    bodies = tell_story(
        call_id=f"{PREFIX}{uuid4().hex[:12]}",
        started_at=now,
        number_from=desk.number if missed is not None else number,
        number_to=number if missed is not None else desk.number,
        line=lines[-1] if missed is not None else chance.choice(lines),
        kind=Kind.OUTGOING if missed is not None else Kind.INCOMING,
        result=Status.ANSWERED if answered is True else Status(answered),
        ring_seconds=chance.randint(8, 20),
        talk_seconds=chance.randint(15, 90),
    )
    moments = [datetime.fromisoformat(loads(body)["at"]) for body in bodies]
    webhooks = [
        TimedWebhook((moment - now).total_seconds(), body) for moment, body in zip(moments, bodies, strict=True)
    ]
    return Story(urlsplit(desk.webhook_url).path, webhooks)


def _free_lines(desk: Voip) -> list[str]:
    busy = Call.objects.filter(voip=desk, status__in=PROGRESS, sip__isnull=False).values("sip")
    return list(desk.sips.exclude(pk__in=busy).order_by("pk").values_list("sip", flat=True))


def _to_return(desks: list[Voip], now: datetime) -> Call | None:
    """The longest-missed demo call that nobody has returned."""
    rows = Call.objects.unreturned(since=now - timedelta(days=1)).filter(voip__in=desks).select_related("voip")
    waiting = rows.filter(provider_call_id__startswith=PREFIX, start_time__lt=now - RETURNED_AFTER)
    found: Call | None = waiting.order_by("start_time").first()
    return found


def prune() -> int:
    """Delete older demo calls and their reports. Returns how many."""
    mine = Call.everything.filter(voip__in=demo.configurations(), provider_call_id__startswith=PREFIX)
    old = list(mine.order_by("-pk").values_list("pk", "provider_call_id", "voip")[MOST_KEPT:])
    touched = set(mine.exclude(notes=None, outcome=None, description="").values_list("pk", flat=True))
    gone = [(pk, call_id) for pk, call_id, _voip in old if pk not in touched]
    ids = [call_id for _pk, call_id in gone]
    WebhookDelivery.objects.filter(provider_call_id__in=ids).delete()
    Report.objects.filter(provider_call_id__in=ids).delete()
    Call.everything.filter(pk__in=[pk for pk, _call_id in gone]).delete()
    return len(gone)


def run(base: str, *, every: float, deliver: Deliver, over: threading.Event) -> None:
    """Runs until `over` is set. base: the product's address."""
    chance = random.Random()
    while not over.wait(every * chance.uniform(0.5, 1.5)):
        try:
            prune()
            story = next_story(chance, datetime.now(UTC))
        except (DatabaseError, InterfaceError):  # it is being started again
            logger.warning("demo_call_left_out", exc_info=True)
            close_old_connections()
            continue
        if story is not None:
            threading.Thread(target=_play, args=(base, story, deliver, over), daemon=True).start()


def _play(base: str, story: Story, deliver: Deliver, over: threading.Event) -> None:
    for seconds, webhook in _pauses(story.webhooks):
        if over.wait(seconds):
            return
        deliver(f"{base}{story.path}", webhook.body)


def _pauses(webhooks: list[TimedWebhook]) -> Iterator[tuple[float, TimedWebhook]]:
    for before, this in pairwise([TimedWebhook(0, b""), *webhooks]):
        yield this.after - before.after, this
