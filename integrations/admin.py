"""Webhook deliveries in the back-office, and what they add to the pages of configurations and calls."""

import json
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin, messages
from django.contrib.admin.utils import quote
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from calls.admin import CallAdmin
from calls.models import Call
from integrations import processing
from integrations.models import READABLE, UNREADABLE, WAITING, WebhookDelivery
from integrations.replay_report import describe, summarise
from integrations.traffic import with_traffic
from sips.admin import VoipAdmin
from sips.backoffice import (
    SECRETS,
    BackOfficeAdmin,
    DayRangeFilter,
    VoipFilter,
    badge,
    show_moment,
    start_of_today,
    unbroken,
)
from sips.buttons import button, leave_dialog
from sips.json_input import lay_out
from sips.models import Voip

MOST_REPLAYED = 200
"""Deliveries replayed while somebody waits for the page."""

STATES = {
    "processed": _("processed"),
    "waiting": _("waiting"),
    "unreadable": _("unreadable"),
    "erased": _("erased"),
}


class StateFilter(DropdownFilter):
    title = _("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return list(STATES.items())

    def queryset(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> QuerySet[WebhookDelivery]:
        match self.value():
            case "processed":
                return queryset.filter(READABLE, error="", processed_at__isnull=False)
            case "erased":
                return queryset.exclude(READABLE)
            case "waiting":
                return queryset.filter(WAITING)
            case "unreadable":
                return queryset.filter(UNREADABLE)
        return queryset


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(BackOfficeAdmin):
    """What operators sent is never changed; it can be read again."""

    list_display = ("received", "voip", "event", "state", "provider_call_id", "problem")
    list_filter = (VoipFilter, StateFilter, ("received_at", DayRangeFilter))
    ordering = ("-id",)
    sortable_by = ()
    list_disable_select_all = False
    fieldsets = (
        (None, {"fields": ("received_at", "voip", "event", "condition", "problem", "processed_at", "call")}),
        (_("Request"), {"fields": ("method", "headers", "query", "content")}),
    )
    readonly_fields = ("condition", "problem", "call", "content")
    actions = ("replay_selected",)
    actions_detail: Any = ("replay",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        secrets = (f"voip__{secret}" for secret in SECRETS[Voip])
        rows: QuerySet[WebhookDelivery] = super().get_queryset(request).select_related("voip").defer("body", *secrets)
        return rows

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_replay_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("integrations.change_webhookdelivery")

    @admin.display(description=_("received"))
    def received(self, delivery: WebhookDelivery) -> SafeString | str:
        return unbroken(show_moment(delivery.received_at))

    @badge(_("state"), {"processed": "success", "waiting": "info", "unreadable": "danger", "erased": "default"})
    def state(self, delivery: WebhookDelivery) -> tuple[str, Any]:
        state = state_of(delivery)
        return state, STATES[state]

    @admin.display(description=_("state"))
    def condition(self, delivery: WebhookDelivery) -> str:
        return str(STATES[state_of(delivery)])

    @admin.display(description=_("why it cannot be read"))
    def problem(self, delivery: WebhookDelivery) -> str:
        return delivery.error

    @admin.display(description=_("call"))
    def call(self, delivery: WebhookDelivery) -> str:
        if not delivery.provider_call_id:
            return ""
        found = Call.objects.filter(voip_id=delivery.voip_id, provider_call_id=delivery.provider_call_id).first()
        return _link("admin:calls_call_change", found, args=[quote(found.pk)]) if found else delivery.provider_call_id

    @admin.display(description=_("body"))
    def content(self, delivery: WebhookDelivery) -> SafeString:
        shown = '<pre style="white-space: pre-wrap; overflow-wrap: anywhere">{}</pre>'
        return format_html(shown, readable(bytes(delivery.body)))

    @button(
        _("Replay"),
        question=_(
            "The delivery is read again and what it says is merged into its call. Doing it twice changes nothing."
        ),
        permission="replay",
        icon="replay",
    )
    def replay(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        delivery = self.get_object(request, object_id)
        if delivery is None:
            raise Http404
        if delivery.erased_at is not None:
            messages.info(request, gettext("Its content was erased; there is nothing to read."))
        for change in processing.replay(WebhookDelivery.objects.filter(pk=delivery.pk)):
            messages.add_message(request, _level([change]), describe(change))
        return leave_dialog(request, reverse("admin:integrations_webhookdelivery_change", args=[delivery.pk]))

    @admin.action(description=_("Replay the selected deliveries"), permissions=["replay"])
    def replay_selected(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        chosen = list(queryset.values_list("pk", flat=True)[: MOST_REPLAYED + 1])
        if len(chosen) > MOST_REPLAYED:
            refusal = gettext(
                "At most %(most)s deliveries can be replayed here; for more use “manage.py replay_deliveries”."
            )
            messages.error(request, refusal % {"most": MOST_REPLAYED})
            return
        changes = list(processing.replay(WebhookDelivery.objects.filter(pk__in=chosen)))
        messages.add_message(request, _level(changes), summarise(changes))


admin.site.unregister((Voip, Call))


@admin.register(Voip)
class ConnectedVoipAdmin(VoipAdmin):
    """A configuration with the traffic of its webhooks."""

    list_display = (*VoipAdmin.list_display, "last_delivery", "unreadable_today")
    readonly_fields = (*VoipAdmin.readonly_fields, "last_delivery", "unreadable_today")
    fieldsets = (
        *VoipAdmin.fieldsets[:-1],
        (_("Deliveries"), {"fields": ("last_delivery", "unreadable_today")}),
        VoipAdmin.fieldsets[-1],
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_traffic(super().get_queryset(request), since=start_of_today())

    @admin.display(description=_("last delivery"))
    def last_delivery(self, voip: Any) -> str:
        received_at = getattr(voip, "last_delivery_at", None)
        return show_moment(received_at) if received_at else ""

    @admin.display(description=_("unreadable today"))
    def unreadable_today(self, voip: Any) -> str:
        count = getattr(voip, "unreadable_count", 0)
        if not count:
            return "0"
        today = timezone.localdate().isoformat()
        return deliveries_link(str(count), voip=voip.pk, state="unreadable", received_at_from=today)


@admin.register(Call)
class ReportedCallAdmin(CallAdmin):
    """A call with the deliveries that told of it."""

    readonly_fields = (*CallAdmin.readonly_fields, "deliveries")
    fieldsets = (
        *CallAdmin.fieldsets[:-2],
        (_("Report"), {"fields": (*CallAdmin.fieldsets[-2][1]["fields"], "deliveries")}),
        CallAdmin.fieldsets[-1],
    )

    @admin.display(description=_("deliveries"))
    def deliveries(self, call: Call) -> str:
        if not (call.voip_id and call.provider_call_id):
            return ""
        return deliveries_link(gettext("show them"), voip=call.voip_id, provider_call_id=call.provider_call_id)


def state_of(delivery: WebhookDelivery) -> str:
    if delivery.erased_at is not None:
        return "erased"
    if delivery.error:
        return "unreadable"
    return "waiting" if delivery.is_waiting else "processed"


def readable(body: bytes) -> str:
    """The body as text; JSON in lines. What is no UTF-8 is replaced, what is no JSON stays as it is."""
    text = body.decode("utf-8", "replace")
    try:
        return lay_out(json.loads(text))
    except (ValueError, RecursionError):
        return text


def deliveries_link(label: str, **filters: Any) -> SafeString:
    address = f"{reverse('admin:integrations_webhookdelivery_changelist')}?{urlencode(filters)}"
    return format_html('<a href="{}" class="text-link">{}</a>', address, label)


def _link(view: str, label: object, *, args: list[Any]) -> SafeString:
    return format_html('<a href="{}" class="text-link">{}</a>', reverse(view, args=args), label)


def _level(changes: list[processing.Change]) -> int:
    return messages.WARNING if any(change.error for change in changes) else messages.SUCCESS
