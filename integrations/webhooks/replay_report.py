"""The result of a replay, in sentences for staff."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.utils.translation import gettext, ngettext

from calls.models import Call
from calls.reports import CallChange
from calls.sentences import translate_stored
from integrations.webhooks.processing import Replayed
from sips.models import Sip
from voipcrm.backoffice.display import show_moment


def describe(replayed: Replayed) -> list[str]:
    """For one call: why deliveries cannot be read or only in part, and what changed."""
    sentences = [
        gettext("Unreadable: %(problem)s") % {"problem": translate_stored(row.error)}
        for row in replayed.deliveries
        if row.error
    ]
    sentences += [
        gettext("Read in part: %(notes)s") % {"notes": translate_stored(row.notes)}
        for row in replayed.deliveries
        if row.notes
    ]
    changes = [_describe(change) for change in replayed.calls if is_changed(change) or change.is_partial]
    if not changes and any(not row.error for row in replayed.deliveries):
        changes = [gettext("Read again; its call did not change.")]
    return sentences + changes


def summarise(replays: Sequence[Replayed]) -> str:
    """Totals: deliveries, changed calls, unreadable deliveries."""
    rows = [row for replayed in replays for row in replayed.deliveries]
    changed = ngettext("%(count)s call changed", "%(count)s calls changed", count_changed(replays))
    message = ngettext(
        "%(replayed)s delivery read again: %(changed)s, %(unreadable)s unreadable, %(in_part)s read in part.",
        "%(replayed)s deliveries read again: %(changed)s, %(unreadable)s unreadable, %(in_part)s read in part.",
        len(rows),
    )
    return message % {
        "replayed": len(rows),
        "changed": changed % {"count": count_changed(replays)},
        "unreadable": sum(bool(row.error) for row in rows),
        "in_part": sum(bool(row.notes) for row in rows),
    }


def count_changed(replays: Iterable[Replayed]) -> int:
    """Distinct calls that changed."""
    return len({change.key for replayed in replays for change in replayed.calls if is_changed(change)})


def is_changed(change: CallChange) -> bool:
    return bool(change.facts) or (change.before is None) != (change.after is None)


def _describe(change: CallChange) -> str:
    shown_facts = ((name, shown(name, old), shown(name, new)) for name, (old, new) in change.facts.items())
    facts = "; ".join(f"{label(name)}: {old} → {new}" for name, old, new in shown_facts if old != new)
    values = {"call": change.provider_call_id, "facts": facts}
    if change.before is None:
        sentence = gettext("Call %(call)s is new: %(facts)s") % values
    elif change.after is None:
        sentence = gettext("Call %(call)s is gone: nothing is left that was reported of it.") % values
    elif facts:
        sentence = gettext("Call %(call)s: %(facts)s") % values
    else:
        sentence = gettext("Call %(call)s did not change.") % values
    forgotten = gettext("Some of its reports have been forgotten, so what was read was added and nothing taken back.")
    return f"{sentence} {forgotten}" if change.is_partial else sentence


def label(fact: str) -> str:
    field = Call._meta.get_field(fact)
    return str(getattr(field, "verbose_name", fact))


def shown(fact: str, value: object) -> str:
    """As staff know it: a time on their wall clock, a word by its label, a line by its number."""
    if value in (None, ""):
        return "—"
    if isinstance(value, datetime):
        return f"{show_moment(value)}:{value:%S}"
    if fact == "sip_id":
        return str(Sip.objects.filter(pk=str(value)).first() or value)
    labels = dict(getattr(Call._meta.get_field(fact), "flatchoices", ()))
    return str(labels.get(value, value))
