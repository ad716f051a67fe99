"""Retention of call-backs, refusals and form tokens, see `docs/privacy.md`."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from autocalls.erasure import PERSONAL
from autocalls.models import OPEN, Autocall, Refusal, UsedFormToken
from sips.portions import by_portions

FORM_TOKENS_KEPT = timedelta(days=2)
"""Longer than `widgets.form_tokens.GREATEST_AGE`, for which one is valid."""

AT_ONCE = 1000


def erase_old_addresses() -> int:
    """Erase visitors' addresses after `VISITOR_ADDRESSES_KEPT_DAYS`; limits need them for at most a day. Returns from how many call-backs."""
    if settings.VISITOR_ADDRESSES_KEPT is None:
        return 0
    old = Autocall.objects.filter(created_at__lt=timezone.now() - settings.VISITOR_ADDRESSES_KEPT)
    known = old.exclude(address="", network="")
    return by_portions(known, lambda rows: rows.update(address="", network=""), at_once=AT_ONCE)


def erase_old_call_backs() -> int:
    """Erase the people from call-backs that have been over for `AUTOCALLS_KEPT_DAYS`. Returns how many."""
    if settings.AUTOCALLS_KEPT is None:
        return 0
    over = Autocall.objects.filter(~Q(status__in=OPEN), finished_at__lt=timezone.now() - settings.AUTOCALLS_KEPT)
    return by_portions(over.exclude(number=""), lambda rows: rows.update(**PERSONAL), at_once=AT_ONCE)


def delete_old_refusals() -> int:
    """Delete refusals that were not repeated for `REFUSALS_KEPT_DAYS`. Returns how many."""
    if settings.REFUSALS_KEPT is None:
        return 0
    old = Refusal.objects.filter(last_at__lt=timezone.now() - settings.REFUSALS_KEPT)
    return by_portions(old, lambda rows: rows.delete()[0], at_once=AT_ONCE)


def delete_used_form_tokens() -> int:
    """Delete the used form tokens that have expired. Returns how many."""
    old = UsedFormToken.objects.filter(used_at__lt=timezone.now() - FORM_TOKENS_KEPT)
    return by_portions(old, lambda rows: rows.delete()[0], at_once=AT_ONCE)
