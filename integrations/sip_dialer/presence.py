"""Which dialers are alive, by their heartbeats in the database, and the calls of one that is not."""

from datetime import timedelta

from django.db.models.functions import Now

from calls.expiry import lose_calls_of
from calls.models import Call
from integrations.models import Dialer

BEAT = timedelta(seconds=2)
DEAD = timedelta(seconds=15)
"""A dialer is dead after that long without a heartbeat. One that has only lost its database goes on dialing; its own reports take precedence over
what is concluded here."""
DEAD_FOR_OTHERS = timedelta(seconds=45)
"""The same as concluded by workers, which cannot know whether the database itself was unavailable meanwhile."""

LIVING = f"SELECT count(*) FROM integrations_dialer WHERE seen_at > now() - interval '{DEAD.total_seconds()} s'"
"""`count_living` in SQL."""


def beat(name: str, calls: int) -> None:
    Dialer.objects.bulk_create(
        [Dialer(name=name, seen_at=Now(), calls=calls)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["seen_at", "calls"],
    )


def count_living() -> int:
    return Dialer.objects.filter(seen_at__gt=Now() - DEAD).count()


def leave(name: str) -> None:
    """Sign off in an orderly way: calls it still holds become `lost` at once."""
    lose_calls_of(name)
    Dialer.objects.filter(name=name).delete()


def settle_dead(silent_for: timedelta = DEAD) -> int:
    """End the calls held by any dialer that is not alive. Returns how many."""
    living = Dialer.objects.filter(seen_at__gt=Now() - silent_for).values("name")
    held = Call.everything.in_progress().exclude(held_by="").exclude(held_by__in=living)
    lost = sum(lose_calls_of(holder) for holder in set(held.values_list("held_by", flat=True)))
    Dialer.objects.filter(seen_at__lt=Now() - silent_for).delete()
    return lost
