"""Erases a person from all apps, the admin's log and the audit log."""

import json
from collections import Counter
from urllib.parse import unquote_plus

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib.admin.models import LogEntry

from autocalls.erasure import erase_number as erase_from_call_backs
from calls import erasure as calls_erasure
from calls.identity import is_ours
from calls.models import Call
from integrations.webhooks import erasure as deliveries_erasure
from integrations.webhooks.erasure import Progress
from sips.countries import DEFAULT_COUNTRY
from sips.mentions import may_name
from sips.number_search import SoughtNumber
from sips.phone_numbers import called
from voipcrm.audit.entries import AuditEntry, with_text

NAMELESS = "—"
KEPT, UNDER_WAY = calls_erasure.KEPT, calls_erasure.UNDER_WAY
"""The two counts that are not of erased records."""


class CannotErase(Exception):
    """The text is no number, or the company's own; the message says so."""


def parse_number(written: str, country: str = DEFAULT_COUNTRY) -> SoughtNumber:
    """Parse the number to be erased. Raises CannotErase."""
    number = called(written, country)
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
    """Erase the person with that number; returns counts by kind. Each app's part is idempotent, so the whole is.

    Call-backs first, so that nobody is dialed any more; calls before deliveries, because later deliveries of erased calls are stored without
    content; both again at the end, for what arrived while the log was searched.
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
    counts["failed logins"] = _erase_from_failed_logins(sought, dry_run=dry_run)
    counts["entries of the admin's log"] = _erase_from_admin_log(sought, dry_run=dry_run)
    counts["entries of the audit log"] = _erase_from_audit_log(sought, dry_run=dry_run)
    return counts


def _erase_from_admin_log(sought: SoughtNumber, *, dry_run: bool) -> int:
    """The admin's log names each call and call-back by its numbers."""
    maybe = LogEntry.objects.filter(may_name(sought, "object_repr", "change_message"))
    found = [
        entry.pk
        for entry in maybe.only("object_repr", "change_message")
        if sought.is_in(f"{entry.object_repr}\n{entry.change_message}", DEFAULT_COUNTRY)
    ]
    chosen = LogEntry.objects.filter(pk__in=found)
    return len(found) if dry_run else chosen.update(object_repr=NAMELESS, change_message="")


def _erase_from_audit_log(sought: SoughtNumber, *, dry_run: bool) -> int:
    """It copies no personal values, but staff may have typed the number into a line's name or a widget's text."""
    found = [
        entry.pk
        for entry in with_text().filter(may_name(sought, "text")).iterator()
        if sought.is_in(json.dumps(entry.changes, ensure_ascii=False), DEFAULT_COUNTRY)
    ]
    chosen = AuditEntry.objects.filter(pk__in=found)
    return len(found) if dry_run else chosen.update(changes={})


def _erase_from_failed_logins(sought: SoughtNumber, *, dry_run: bool) -> int:
    """Rows of older versions hold what was typed; `voipcrm.logins` stores none of it and deletes those rows the next night."""
    texts = ("username", "user_agent", "path_info", "http_accept")
    erased = 0
    for model, fields in (
        (AccessAttempt, (*texts, "get_data", "post_data")),
        (AccessLog, texts),
        (AccessFailureLog, texts),
    ):
        maybe = model.objects.filter(may_name(sought, *fields)).values_list("pk", *fields)
        found = [
            pk
            for pk, *stored in maybe
            if any(sought.is_in(unquote_plus(text or ""), DEFAULT_COUNTRY) for text in stored)
        ]
        erased += len(found) if dry_run else model.objects.filter(pk__in=found).delete()[0]
    return erased
