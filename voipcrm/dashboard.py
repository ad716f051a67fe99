"""The overview of the back-office: what needs attention now. A constant number of queries, each using an index."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from autocalls.attention import WAITING, overdue
from autocalls.models import Autocall, Refusal
from calls.models import Call
from integrations.webhooks.traffic import with_traffic
from sips.models import Voip
from sips.staff_lines import sees_all_lines
from voipcrm.backoffice.changelist import LARGEST_COUNT, count_up_to
from voipcrm.backoffice.display import show_moment, start_of_today
from voipcrm.navigation import may_view

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    from integrations.webhooks.traffic import Traffic

MOST_CONFIGURATIONS = 100


@dataclass(frozen=True, slots=True)
class Card:
    title: str
    number: str
    icon: str
    link: str
    alarming: bool = False


def overview(request: HttpRequest, context: dict[str, object]) -> dict[str, object]:
    """unfold's context of the index page with the `cards` and `configurations` that the reader may see."""
    user = request.user
    cards = _calls(user) if may_view(request, "calls.call") else []
    cards += _call_backs(user) if may_view(request, "autocalls.autocall") else []
    cards += _refusals(user) if may_view(request, "autocalls.refusal") else []
    configurations: list[dict[str, object]] = []
    if may_view(request, "integrations.webhookdelivery") and sees_all_lines(user):
        counted, configurations = _deliveries()
        cards += counted
    return {**context, "cards": cards, "configurations": configurations}


def _calls(user: User | AnonymousUser) -> list[Card]:
    today = start_of_today()
    day = {"start_time_from": timezone.localdate().isoformat()}
    calls = reverse("admin:calls_call_changelist")
    begun = Call.objects.visible_to(user).filter(start_time__gte=today)
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
            _("not finished"),
            _shown(count_up_to(LARGEST_COUNT, Call.objects.visible_to(user).in_progress())),
            "hourglass_top",
            f"{calls}?attention=unfinished",
        ),
    ]


def _call_backs(user: User | AnonymousUser) -> list[Card]:
    call_backs = reverse("admin:autocalls_autocall_changelist")
    call_backs_seen = Autocall.objects.visible_to(user)
    late = count_up_to(LARGEST_COUNT, call_backs_seen.filter(overdue()))
    return [
        Card(
            _("call-backs waiting"),
            _shown(count_up_to(LARGEST_COUNT, call_backs_seen.filter(WAITING))),
            "phone_callback",
            f"{call_backs}?attention=waiting",
        ),
        Card(
            _("call-backs overdue"),
            _shown(late),
            "running_with_errors",
            f"{call_backs}?attention=overdue",
            alarming=late > 0,
        ),
    ]


def _refusals(user: User | AnonymousUser) -> list[Card]:
    day = {"last_at_from": timezone.localdate().isoformat()}
    refused = count_up_to(LARGEST_COUNT, Refusal.objects.visible_to(user).filter(last_at__gte=start_of_today()))
    link = f"{reverse('admin:autocalls_refusal_changelist')}?{urlencode(day)}"
    return [Card(_("refused today"), _shown(refused), "phone_disabled", link)]


def _deliveries() -> tuple[list[Card], list[dict[str, object]]]:
    deliveries = reverse("admin:integrations_webhookdelivery_changelist")
    today = {"received_at_from": timezone.localdate().isoformat()}
    unreadable, in_part = {"state": "unreadable", **today}, {"state": "in_part", **today}
    named = Voip.objects.only("name").order_by("name", "pk")
    voips = list(with_traffic(named, since=start_of_today())[:MOST_CONFIGURATIONS])
    rows = [_traffic_of(voip, deliveries, unreadable) for voip in voips]
    lost, partial = sum(voip.unreadable_count for voip in voips), sum(voip.in_part_count for voip in voips)
    cards = [
        Card(
            _("unreadable deliveries today"),
            _shown(lost),
            "sms_failed",
            f"{deliveries}?{urlencode(unreadable)}",
            alarming=lost > 0,
        ),
        Card(
            _("deliveries read in part today"),
            _shown(partial),
            "sms",
            f"{deliveries}?{urlencode(in_part)}",
            alarming=partial > 0,
        ),
    ]
    return cards, rows


def _traffic_of(
    voip: "WithAnnotations[Voip, Traffic]", deliveries: str, unreadable: dict[str, str]
) -> dict[str, object]:
    return {
        "name": voip.name,
        "last": show_moment(voip.last_delivery_at) if voip.last_delivery_at else _("never"),
        "unreadable": voip.unreadable_count,
        "link": f"{deliveries}?{urlencode({'voip': voip.pk})}",
        "unreadable_link": f"{deliveries}?{urlencode({'voip': str(voip.pk), **unreadable})}",
    }


def _shown(count: int) -> str:
    if count > LARGEST_COUNT:
        return f"{number_format(LARGEST_COUNT, force_grouping=True)}+"
    return number_format(count, force_grouping=True)
