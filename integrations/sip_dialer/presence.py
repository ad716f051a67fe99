"""Who of the dialers is alive, by the heartbeats they leave in the database, and what becomes of the calls of one that is not."""

from datetime import timedelta

from django.db.models.functions import Now

from calls.expiry import lose_calls_of
from calls.models import Call
from calls.statuses import FIRST_RESULT
from integrations.models import Dialer

BEAT = timedelta(seconds=2)
DEAD = timedelta(seconds=15)
"""After so long without a heartbeat. A dialer that was only cut off from the database goes on dialing all the same, and its own report of how
its calls ended outranks what was concluded here."""
DEAD_FOR_OTHERS = timedelta(seconds=45)
"""The same for those who cannot tell whether it was not the database that was gone."""


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
    """Go in an orderly way: what is still held by then is lost at once."""
    lose_calls_of(name)
    Dialer.objects.filter(name=name).delete()


def settle_dead(silent_for: timedelta = DEAD) -> int:
    """End the calls held by anyone who is not alive, known to us or not. Returns how many."""
    living = Dialer.objects.filter(seen_at__gt=Now() - silent_for).values("name")
    held = Call.everything.filter(precedence__lt=FIRST_RESULT).exclude(held_by="").exclude(held_by__in=living)
    lost = sum(lose_calls_of(holder) for holder in set(held.values_list("held_by", flat=True)))
    Dialer.objects.filter(seen_at__lt=Now() - silent_for).delete()
    return lost
