"""Webhook deliveries in the back-office, and what they add to the pages of configurations and calls."""

import json
from collections.abc import Sequence

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.models import Call
from calls.sentences import translate_stored
from integrations.configuration_pages import TRIALS
from integrations.line_additions import TO_LINES
from integrations.models import READ_IN_PART, READABLE, UNREADABLE, WAITING, WebhookDelivery
from integrations.teaching import page as teaching_page
from integrations.webhooks import processing
from integrations.webhooks.on_pages import TO_CALLS, TO_CONFIGURATIONS
from integrations.webhooks.replay_report import describe, summarise
from sips.configuration_filter import ConfigurationFilter
from sips.encryption import without_secrets
from sips.models import Sip, Voip
from sips.staff_lines import sees_all_lines
from voipcrm.backoffice.additions import add_to
from voipcrm.backoffice.buttons import DialogForm, button, page_button, redirect_from_dialog
from voipcrm.backoffice.display import Text, badge, show_moment, unbroken
from voipcrm.backoffice.filters import ChoiceFilter, DayRangeFilter
from voipcrm.backoffice.json_input import lay_out
from voipcrm.backoffice.read_only import ReadOnlyAdmin
from voipcrm.backoffice.reader_links import link, reader_of

MOST_REPLAYED = 200
"""Deliveries replayed while somebody waits for the page."""

STATES = {
    "processed": _("processed"),
    "in_part": _("read in part"),
    "waiting": _("waiting"),
    "unreadable": _("unreadable"),
    "erased": _("erased"),
}


class StateFilter(ChoiceFilter[WebhookDelivery]):
    title = _("state")
    parameter_name = "state"
    choices_shown = tuple(STATES.items())

    def narrow(self, queryset: QuerySet[WebhookDelivery], chosen: str) -> QuerySet[WebhookDelivery]:
        match chosen:
            case "processed":
                return queryset.filter(READABLE, error="", notes="", processed_at__isnull=False)
            case "in_part":
                return queryset.filter(READABLE, READ_IN_PART)
            case "erased":
                return queryset.exclude(READABLE)
            case "waiting":
                return queryset.filter(WAITING)
        return queryset.filter(UNREADABLE)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin[WebhookDelivery]):
    """Deliveries are never changed, but can be replayed."""

    list_display = ("received", "voip", "event", "state", "provider_call_id", "problem")
    list_filter = (ConfigurationFilter, StateFilter, ("received_at", DayRangeFilter))
    ordering = ("-id",)
    sortable_by = ()
    list_disable_select_all = False
    fieldsets = (
        (None, {"fields": ("received_at", "voip", "event", "condition", "problem", "processed_at", "call")}),
        (_("Request"), {"fields": ("method", "headers", "query", "content")}),
    )
    readonly_fields = ("condition", "problem", "call", "content")
    actions = ("replay_selected",)
    actions_detail = ("teach", "replay")

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        rows = super().get_queryset(request).select_related("voip").defer("body")
        return without_secrets(rows)

    def has_replay_permission(self, request: HttpRequest, obj: WebhookDelivery | None = None) -> bool:
        return request.user.has_perm("integrations.change_webhookdelivery")

    def has_teach_permission(self, request: HttpRequest, obj: WebhookDelivery | None = None) -> bool:
        """Teaching changes the configuration, shows all its deliveries, and replays them."""
        may_change = self.has_replay_permission(request) and request.user.has_perm("sips.change_voip")
        return may_change and sees_all_lines(request.user)

    @admin.display(description=_("received"))
    def received(self, delivery: WebhookDelivery) -> SafeString | str:
        return unbroken(show_moment(delivery.received_at))

    @badge(
        _("state"),
        {"processed": "success", "in_part": "warning", "waiting": "info", "unreadable": "danger", "erased": "default"},
    )
    def state(self, delivery: WebhookDelivery) -> tuple[str, Text]:
        state = state_of(delivery)
        return state, STATES[state]

    @admin.display(description=_("state"))
    def condition(self, delivery: WebhookDelivery) -> str:
        return str(STATES[state_of(delivery)])

    @admin.display(description=_("what could not be read"))
    def problem(self, delivery: WebhookDelivery) -> str:
        return translate_stored(delivery.error or delivery.notes)

    @admin.display(description=_("call"))
    def call(self, delivery: WebhookDelivery) -> str:
        if not delivery.provider_call_id:
            return ""
        found = Call.objects.filter(voip_id=delivery.voip_id, provider_call_id=delivery.provider_call_id).first()
        return link(reader_of(delivery), found, found) if found else delivery.provider_call_id

    @admin.display(description=_("body"))
    def content(self, delivery: WebhookDelivery) -> SafeString:
        shown = '<pre style="white-space: pre-wrap; overflow-wrap: anywhere">{}</pre>'
        return format_html(shown, readable(bytes(delivery.body)))

    @page_button(_("What does this say?"), permission="teach", icon="school", new_tab=False)
    def teach(self, request: HttpRequest, object_id: str) -> HttpResponse:
        delivery = self.get_object(request, object_id)
        if delivery is None:
            raise Http404
        context = self.admin_site.each_context(request) | {"opts": self.opts}
        return teaching_page.show(request, delivery, context, log=self.log_change)

    @button(
        _("Replay"),
        question=_(
            "The delivery is read again. What is read replaces what it said before, and its call is computed anew. Doing it twice changes nothing."
        ),
        permission="replay",
        icon="replay",
    )
    def replay(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        delivery = self.get_object(request, object_id)
        if delivery is None:
            raise Http404
        if delivery.erased_at is not None:
            messages.info(request, gettext("Its content was erased; there is nothing to read."))
        for replayed in processing.replay(WebhookDelivery.objects.filter(pk=delivery.pk)):
            for sentence in describe(replayed):
                messages.add_message(request, _level([replayed]), sentence)
        return redirect_from_dialog(request, reverse("admin:integrations_webhookdelivery_change", args=[delivery.pk]))

    @admin.action(description=_("Replay the selected deliveries"), permissions=["replay"])
    def replay_selected(self, request: HttpRequest, queryset: QuerySet[WebhookDelivery]) -> None:
        chosen = list(queryset.values_list("pk", flat=True)[: MOST_REPLAYED + 1])
        if len(chosen) > MOST_REPLAYED:
            refusal = gettext(
                "At most %(most)s deliveries can be replayed here; for more use “manage.py replay_deliveries”."
            )
            messages.error(request, refusal % {"most": MOST_REPLAYED})
            return
        replays = list(processing.replay(WebhookDelivery.objects.filter(pk__in=chosen)))
        messages.add_message(request, _level(replays), summarise(replays))


add_to(Voip, TO_CONFIGURATIONS)
add_to(Call, TO_CALLS)
add_to(Sip, TO_LINES)
add_to(Voip, TRIALS)


def state_of(delivery: WebhookDelivery) -> str:
    if delivery.erased_at is not None:
        return "erased"
    if delivery.error:
        return "unreadable"
    if delivery.is_waiting:
        return "waiting"
    return "in_part" if delivery.notes else "processed"


def readable(body: bytes) -> str:
    """The body as text; JSON in lines. What is no UTF-8 is replaced, what is no JSON stays as it is."""
    text = body.decode("utf-8", "replace")
    try:
        return lay_out(json.loads(text))
    except (ValueError, RecursionError):
        return text


def _level(replays: Sequence[processing.Replayed]) -> int:
    rows = [row for replayed in replays for row in replayed.deliveries]
    return messages.WARNING if any(row.error or row.notes for row in rows) else messages.SUCCESS
