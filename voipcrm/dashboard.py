"""The first page of the back-office: what needs attention now. A constant number of queries, each read from an index."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from calls.admin import UNFINISHED
from calls.models import Call
from integrations.traffic import with_traffic
from sips.backoffice import LARGEST_COUNT, count_up_to, show_moment, start_of_today
from sips.models import Voip
from voipcrm.navigation import may_view

MOST_CONFIGURATIONS = 100


@dataclass(frozen=True, slots=True)
class Card:
    title: str
    number: str
    icon: str
    link: str
    alarming: bool = False


def overview(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """unfold's context of the index with `cards` and `configurations`, as far as the reader may see them."""
    cards = _calls() if may_view(request, "calls.call") else []
    configurations: list[dict[str, Any]] = []
    if may_view(request, "integrations.webhookdelivery"):
        unreadable, configurations = _deliveries()
        cards.append(unreadable)
    return {**context, "cards": cards, "configurations": configurations}


def _calls() -> list[Card]:
    today = start_of_today()
    day = {"start_time_from": timezone.localdate().isoformat()}
    calls = reverse("admin:calls_call_changelist")
    begun = Call.objects.filter(start_time__gte=today)
    missed = count_up_to(LARGEST_COUNT, begun.missed())
    return [
        Card(_("calls today"), _shown(count_up_to(LARGEST_COUNT, begun)), "call", f"{calls}?{urlencode(day)}"),
        Card(
            _("missed today"),
            _shown(missed),
            "call_missed",
            f"{calls}?{urlencode({'attention': 'missed', **day})}",
            alarming=missed > 0,
        ),
        Card(
            _("waiting for an end"),
            _shown(count_up_to(LARGEST_COUNT, Call.objects.filter(UNFINISHED))),
            "hourglass_top",
            f"{calls}?attention=unfinished",
        ),
    ]


def _deliveries() -> tuple[Card, list[dict[str, Any]]]:
    deliveries = reverse("admin:integrations_webhookdelivery_changelist")
    day = {"state": "unreadable", "received_at_from": timezone.localdate().isoformat()}
    named = Voip.objects.only("name").order_by("name", "pk")
    voips = list(with_traffic(named, since=start_of_today())[:MOST_CONFIGURATIONS])
    unreadable = sum(voip.unreadable_count for voip in voips)
    rows = [
        {
            "name": voip.name,
            "last": show_moment(voip.last_delivery_at) if voip.last_delivery_at else _("never"),
            "unreadable": voip.unreadable_count,
            "link": f"{deliveries}?{urlencode({'voip': voip.pk})}",
            "unreadable_link": f"{deliveries}?{urlencode({'voip': voip.pk, **day})}",
        }
        for voip in voips
    ]
    card = Card(
        _("unreadable deliveries today"),
        _shown(unreadable),
        "sms_failed",
        f"{deliveries}?{urlencode(day)}",
        alarming=unreadable > 0,
    )
    return card, rows


def _shown(count: int) -> str:
    if count > LARGEST_COUNT:
        return f"{number_format(LARGEST_COUNT, force_grouping=True)}+"
    return number_format(count, force_grouping=True)
