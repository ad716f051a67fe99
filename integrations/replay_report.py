"""What replaying deliveries did, in sentences for staff."""

from collections.abc import Sequence

from django.utils.translation import gettext, ngettext

from calls.models import Call
from integrations.processing import Change


def describe(change: Change) -> str:
    """One delivery: the facts of its call before and after, or why it still cannot be read."""
    if change.error:
        return gettext("Unreadable: %(problem)s") % {"problem": change.error}
    if not change.facts:
        return gettext("Read again; its call did not change.")
    facts = (f"{_label(name)}: {_shown(old)} → {_shown(new)}" for name, (old, new) in change.facts.items())
    return gettext("Read again; changed: %(facts)s") % {"facts": "; ".join(facts)}


def summarise(changes: Sequence[Change]) -> str:
    """Many deliveries: how many there were, changed something, and still cannot be read."""
    told = ngettext(
        "%(replayed)s delivery replayed: %(changed)s changed its call, %(unreadable)s unreadable.",
        "%(replayed)s deliveries replayed: %(changed)s changed their calls, %(unreadable)s unreadable.",
        len(changes),
    )
    return told % {
        "replayed": len(changes),
        "changed": sum(bool(change.facts) for change in changes),
        "unreadable": sum(bool(change.error) for change in changes),
    }


def _label(fact: str) -> str:
    return str(getattr(Call._meta.get_field(fact), "verbose_name", fact))


def _shown(value: object) -> str:
    return "—" if value in (None, "") else str(value)
