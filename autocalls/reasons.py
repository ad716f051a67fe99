"""What the codes kept with call-backs and refused requests mean, for staff, in the language of the back-office."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from autocalls.models import Outcome

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

TAKEN_BY = "taken by "
"""Begins the reason of a call-back that somebody of the staff has taken, see `autocalls.services.take`."""

PAUSES: Final[Mapping[str, "StrOrPromise"]] = {
    "no_line": _("no line can dial"),
    "never_open": _("the office never opens"),
    "expired": _("could not be made in time"),
}
"""Why a call-back waits or was given up, besides the outcomes of its calls."""

REFUSALS: Final[Mapping[str, "StrOrPromise"]] = {
    "limit_number": _("too many requests for this number"),
    "limit_address": _("too many requests from this address"),
    "limit_network": _("too many requests from this network"),
    "limit_widget_hour": _("too many requests of this widget in an hour"),
    "limit_widget_day": _("too many requests of this widget in a day"),
    "number_invalid": _("no valid number"),
    "number_refused": _("premium, special or our own number"),
    "country_refused": _("country not allowed"),
    "form_expired": _("form token missing, used or too old"),
    "robot": _("filled in by a script"),
    "slot_taken": _("the time was taken"),
    "not_bookable": _("a time that cannot be booked"),
    "closed": _("the office was closed"),
}


def outcome_words(reason: str) -> str:
    """Of a call-back's `reason`; one that is not known here stays as it is."""
    if reason.startswith(TAKEN_BY):
        return gettext("taken by %(name)s") % {"name": reason.removeprefix(TAKEN_BY)}
    known = {str(outcome.value): outcome.label for outcome in Outcome} | dict(PAUSES)
    return str(known.get(reason, reason))


def refusal_words(code: str) -> str:
    return str(REFUSALS.get(code, code))
