"""Erasing a person from everything: one verb of each room, and the admin's own log."""

from collections import Counter

from django.contrib.admin.models import LogEntry
from django.db.models import Q

from autocalls.erasure import erase_number as erase_from_call_backs
from calls import erasure as calls_erasure
from calls.identity import is_ours
from calls.models import Call
from integrations import erasure as deliveries_erasure
from integrations.erasure import Progress
from sips.fields import DEFAULT_COUNTRY
from sips.number_search import SoughtNumber
from sips.phone_numbers import normalise

NAMELESS = "—"
KEPT, UNDER_WAY = calls_erasure.KEPT, calls_erasure.UNDER_WAY
"""Of the counts the two that are no erased things but notes."""


class CannotErase(Exception):
    """The number is none, or nobody's but the company's own; the message says so."""


def seek(written: str, country: str = DEFAULT_COUNTRY) -> SoughtNumber:
    """The number to be erased. Raises CannotErase."""
    number = normalise(written, country)
    try:
        sought = SoughtNumber(number)
    except ValueError:
        raise CannotErase(
            f"“{written}” cannot be read as a telephone number of {country}; write it like +48123456789."
        ) from None
    if is_ours(number):
        raise CannotErase(f"{number} is a number of a configuration or a line: the company's own, not a person's.")
    return sought


def erase_number(sought: SoughtNumber, *, progress: Progress, dry_run: bool = False) -> Counter[str]:
    """Erase the person with that number, and return how many of what. Each room's part can be repeated, so all of it can.

    Call-backs first, so that nobody is dialed any more; calls before deliveries, because from then on what still comes of them is stored without its
    content; and both again, for what came in while the log was read.
    """
    counts = erase_from_call_backs(sought, dry_run=dry_run)
    affected = (
        Call.everything.filter(pk__in=calls_erasure.find(sought)) if dry_run else deliveries_erasure.recently_erased()
    )
    counts += calls_erasure.erase_number(sought, dry_run=dry_run)
    counts += deliveries_erasure.erase_number(sought, affected, progress=progress, dry_run=dry_run)
    if not dry_run:
        again = calls_erasure.erase_number(sought)
        counts += again - Counter({KEPT: again[KEPT]})
        counts["webhook deliveries of the calls"] += deliveries_erasure.erase_of_erased_calls()
    counts["entries of the admin's log"] = _erase_from_admin_log(sought, dry_run=dry_run)
    return counts


def _erase_from_admin_log(sought: SoughtNumber, *, dry_run: bool) -> int:
    """The log of the admin names each call and call-back by its numbers."""
    maybe = LogEntry.objects.filter(Q(object_repr__regex=sought.pattern) | Q(change_message__regex=sought.pattern))
    found = [
        entry.pk
        for entry in maybe.only("object_repr", "change_message")
        if sought.is_in(f"{entry.object_repr}\n{entry.change_message}", DEFAULT_COUNTRY)
    ]
    chosen = LogEntry.objects.filter(pk__in=found)
    return len(found) if dry_run else chosen.update(object_repr=NAMELESS, change_message="")
