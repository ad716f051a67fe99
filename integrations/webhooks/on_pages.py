"""What `integrations` adds to the admin pages of configurations and calls."""

from urllib.parse import urlencode

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.models import Call, Report
from integrations import lacks
from integrations.models import WebhookDelivery
from integrations.webhooks.traffic import with_traffic
from sips.models import Voip
from voipcrm.backoffice.additions import Addition
from voipcrm.backoffice.display import show_moment, start_of_today
from voipcrm.backoffice.reader_links import may_view, reader_of
from voipcrm.backoffice.secret_inputs import SecretForm

MOST_SHOWN = 200
"""The latest deliveries that a call's page links to."""


@admin.display(description=_("what is missing"))
def lacking(voip: Voip) -> SafeString | str:
    found = lacks.of(voip, key_set=bool(getattr(voip, "secret_length", 0)))
    rows = format_html_join("", "<li>{}</li>", ((lack,) for lack in found))
    return format_html("<ul>{}</ul>", rows) if found else ""


@admin.display(description=_("last delivery"))
def last_delivery(voip: Voip) -> str:
    received_at = getattr(voip, "last_delivery_at", None)
    return show_moment(received_at) if received_at else ""


@admin.display(description=_("unreadable today"))
def unreadable_today(voip: Voip) -> str:
    return _today(voip, "unreadable", getattr(voip, "unreadable_count", 0))


@admin.display(description=_("read in part today"))
def in_part_today(voip: Voip) -> str:
    return _today(voip, "in_part", getattr(voip, "in_part_count", 0))


@admin.display(description=_("deliveries"))
def deliveries(call: Call) -> str:
    ids = deliveries_of(call) if may_view(reader_of(call), WebhookDelivery) else []
    return deliveries_link(call, gettext("show them"), id__in=",".join(map(str, ids))) if ids else ""


def deliveries_of(call: Call) -> list[int]:
    ids = (
        Report.objects.of(call).exclude(delivery_id=None).order_by("-delivery_id").values_list("delivery_id", flat=True)
    )
    return [pk for pk in ids.distinct()[:MOST_SHOWN] if pk]


def deliveries_link(shown_on: object, label: str, **filters: object) -> SafeString | str:
    """The label, as a link to these deliveries for those who may see them."""
    if not may_view(reader_of(shown_on), WebhookDelivery):
        return label
    address = f"{reverse('admin:integrations_webhookdelivery_changelist')}?{urlencode(filters)}"
    return format_html('<a href="{}" class="text-link">{}</a>', address, label)


def _today(voip: Voip, state: str, count: int) -> str:
    """How many deliveries, as a link to them."""
    if not count:
        return "0"
    today = timezone.localdate().isoformat()
    return deliveries_link(voip, str(count), voip=voip.pk, state=state, received_at_from=today)


def _with_traffic_of_today(voips: QuerySet[Voip]) -> QuerySet[Voip]:
    return with_traffic(voips, since=start_of_today())


def _warn_of_lacks(request: HttpRequest, voip: Voip, form: "ModelForm[Voip]") -> None:
    for lack in lacks.of(voip, key_set=isinstance(form, SecretForm) and form.has_secret):
        messages.warning(request, lack)


TO_CONFIGURATIONS = Addition(
    columns=(last_delivery, unreadable_today, in_part_today),
    fields={"lacks": (lacking,), "deliveries": (last_delivery, unreadable_today, in_part_today)},
    read=_with_traffic_of_today,
    after_saving=_warn_of_lacks,
)
TO_CALLS = Addition(fields={"report": (deliveries,)})
