"""Texts for staff of the codes of refused requests."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

REFUSALS: Final[Mapping[str, "StrOrPromise"]] = {
    "limit_number": _("too many requests for this number"),
    "limit_address": _("too many requests from this address"),
    "limit_network": _("too many requests from this network"),
    "limit_widget_hour": _("too many requests of this widget in an hour"),
    "limit_widget_day": _("too many requests of this widget in a day"),
    "number_invalid": _("no valid number"),
    "number_extension": _("number with an extension"),
    "number_refused": _("premium, special or our own number"),
    "country_refused": _("country not allowed"),
    "form_expired": _("form token missing, used or too old"),
    "robot": _("filled in by a script"),
    "slot_taken": _("the time was taken"),
    "not_bookable": _("a time that cannot be booked"),
    "closed": _("the office was closed"),
}


def refusal_words(code: str) -> str:
    return str(REFUSALS.get(code, code))
