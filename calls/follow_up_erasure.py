"""Erasing people from follow-ups. One that is done stays as a fact without a person: who did it, when, with what outcome."""

from collections import Counter

from django.conf import settings
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils import timezone

from calls.follow_up_models import FollowUp, State
from sips import mentions
from sips.countries import DEFAULT_COUNTRY
from sips.number_search import SoughtNumber
from sips.portions import by_portions

AT_ONCE = 1000


def erase_number(sought: SoughtNumber, *, dry_run: bool = False) -> Counter[str]:
    """Close open follow-ups of this number and remove it from all. Returns from how many."""
    maybe = FollowUp.objects.filter(Q(number=sought.number) | mentions.may_name(sought, "number"))
    rows = maybe.values_list("pk", "voip__country", "number")
    found = [pk for pk, country, number in rows if sought.is_named_by(number, country or DEFAULT_COUNTRY)]
    chosen = FollowUp.objects.filter(pk__in=found)
    if not dry_run:
        now = timezone.now()
        chosen.update(number="", state=State.DONE, done_at=Coalesce(F("done_at"), now), updated_at=now)
    return Counter({"follow-ups": len(found)})


def erase_old_follow_ups() -> int:
    """Remove the numbers from follow-ups done longer ago than `CALL_NUMBERS_KEPT_DAYS`. Returns from how many."""
    if settings.CALL_NUMBERS_KEPT is None:
        return 0
    now = timezone.now()
    old = FollowUp.objects.filter(state=State.DONE, done_at__lt=now - settings.CALL_NUMBERS_KEPT).exclude(number="")
    return by_portions(old, lambda rows: rows.update(number="", updated_at=now), at_once=AT_ONCE)
