"""Labels, order and colours of the figures in the admin."""

from collections.abc import Mapping
from typing import Final

from django.utils.translation import gettext_lazy as _

from voipcrm.backoffice.display import Text

PERIODS: Final[Mapping[str, Text]] = {
    "today": _("today"),
    "yesterday": _("yesterday"),
    "7_days": _("7 days"),
    "30_days": _("30 days"),
    "this_month": _("this month"),
}
FIGURES: Final[Mapping[str, Text]] = {
    "calls": _("calls"),
    "answered": _("answered"),
    "unanswered": _("not answered"),
    "incoming": _("incoming"),
    "incoming_answered": _("incoming, answered"),
    "missed": _("missed"),
    "missed_without_number": _("missed, without a number"),
    "outgoing": _("outgoing"),
    "outgoing_answered": _("outgoing, answered"),
    "outgoing_unanswered": _("outgoing, not answered"),
    "internal": _("internal"),
    "without_kind": _("of unknown kind"),
    "returned": _("returned"),
    "unreturned": _("missed and not returned"),
    "returned_within_15_minutes": _("returned within 15 minutes"),
    "returned_within_1_hour": _("returned within 1 hour"),
    "returned_within_4_hours": _("returned within 4 hours"),
    "returned_within_1_day": _("returned within 1 day"),
    "answered_within_10_seconds": _("answered within 10 seconds"),
    "answered_within_20_seconds": _("answered within 20 seconds"),
    "answered_within_30_seconds": _("answered within 30 seconds"),
    "answered_within_60_seconds": _("answered within 60 seconds"),
    "asked": _("asked for"),
    "operator_reached": _("operator reached"),
    "talked": _("talked"),
    "waiting": _("not finished"),
    "taken": _("taken"),
    "done": _("done"),
    "failed": _("failed"),
    "canceled": _("canceled"),
    "expired": _("expired"),
}
RATES: Final[Mapping[str, Text]] = {
    "answer_rate": _("answer rate"),
    "service_level_20_seconds": _("answered within 20 seconds"),
    "return_rate": _("missed calls returned"),
    "outgoing_answer_rate": _("outgoing, answered"),
    "operator_reached_rate": _("operator reached"),
    "talked_rate": _("talked"),
}
SPANS: Final[Mapping[str, Text]] = {
    "time_to_answer_median": _("time to answer, median"),
    "time_to_answer_90th_percentile": _("time to answer, 9 of 10 calls"),
    "talk_total": _("talk, in all"),
    "talk_average": _("talk, average"),
    "talk_median": _("talk, median"),
}
WEEKDAYS: Final = (
    _("Monday"), _("Tuesday"), _("Wednesday"), _("Thursday"), _("Friday"), _("Saturday"), _("Sunday"),
)  # fmt: skip
CARDS: Final = (
    "calls", "incoming", "incoming_answered", "missed", "unreturned", "outgoing", "outgoing_answered", "internal", "without_kind",
    "asked", "operator_reached", "talked", "waiting", "taken", "done", "failed", "canceled", "expired",
)  # fmt: skip
"""The figures that the page shows first, in order."""

COLOURS: Final[Mapping[str, str]] = {
    "calls": "var(--color-base-400)",
    "answered": "#15803d",
    "missed": "#b91c1c",
    "asked": "var(--color-base-400)",
    "operator_reached": "#1d4ed8",
    "talked": "#15803d",
}
"""Colours of the bars of a chart."""
