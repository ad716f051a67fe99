"""Call-backs in the back-office; every change goes through `autocalls.services`."""

from typing import TYPE_CHECKING

from django.contrib import admin, messages
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from autocalls import services
from autocalls.attention import AttentionFilter
from autocalls.autocall_form import AutocallForm
from autocalls.callback_buttons import CallbackButtons, cancel
from autocalls.list_conditions import CallBackConditions, MadeForWidgetConditions
from autocalls.models import Attempt, Autocall, Refusal, RequestSource, Standing, Status
from autocalls.refusal_admin import RefusalAdmin, WidgetFilter
from calls.filters import FEWEST_DIGITS, number_is
from calls.models import Call
from sips import phone_numbers
from sips.configuration_filter import ConfigurationFilter
from sips.encryption import without_secrets
from sips.staff_lines import name_of
from voipcrm.backoffice.additions import Addition, add_to
from voipcrm.backoffice.display import badge, show_moment, unbroken
from voipcrm.backoffice.filters import DayRangeFilter
from voipcrm.backoffice.reader_links import may_view, reader_of
from widgets.models import ConsentText, Widget

if TYPE_CHECKING:
    from voipcrm.backoffice.unfold_admin import Choice, ForeignKey, Names, Sections

PROMISE = ("number", "name", "call_at", "widget", "voip", "sip", "max_attempts")
OWN = ("client_id", "contact_id", "note")
PROGRESS = ("status", "outcome", "tries", "promised_at", "taken_at", "finished_at", "calls_made")
ORIGIN = ("source", "page_url", "address", "consent", "created_at", "updated_at")
MOST_CALLS = 100
"""Of one call-back, shown on its page; the latest."""

STATUS_COLOURS: dict[str, str] = {
    Status.SCHEDULED: "info",
    Status.CALLING: "primary",
    Status.TAKEN: "primary",
    Status.DONE: "success",
    Status.FAILED: "danger",
    Status.CANCELED: "default",
    Status.EXPIRED: "warning",
}


@admin.register(Autocall)
class AutocallAdmin(CallbackButtons):
    export_columns = (
        "id", "number", "name", "status", "reason", "call_at", "promised_at", "widget__name", "voip__name", "sip__name", "source", "attempts",
        "max_attempts", "client_id", "contact_id", "note", "created_at", "finished_at",
    )  # fmt: skip
    form = AutocallForm
    list_display = ("shown_number", "name", "state", "moment", "tries", "outcome", "widget", "voip", "source")
    list_filter = (
        AttentionFilter,
        ("status", ChoicesDropdownFilter),
        WidgetFilter,
        ConfigurationFilter,
        ("call_at", DayRangeFilter),
        CallBackConditions,
    )
    ordering = ("-id",)
    sortable_by = ("moment",)
    search_fields = ("number", "name")
    search_help_text = _("Number, last digits or name")
    autocomplete_fields = ("widget", "voip", "sip")
    readonly_fields = (*PROGRESS, *ORIGIN)
    fieldsets = (
        (None, {"fields": PROMISE}),
        (_("Progress"), {"fields": PROGRESS}),
        (_("CRM"), {"fields": OWN}),
        (_("Origin"), {"fields": ORIGIN}),
    )
    actions = ("cancel_selected",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Autocall]:
        rows: QuerySet[Autocall] = super().get_queryset(request).select_related("widget", "voip", "sip", "taken_by")
        return without_secrets(rows).defer("taken_by__password")

    def get_fieldsets(self, request: HttpRequest, obj: Autocall | None = None) -> "Sections":
        shown = super().get_fieldsets(request, obj)
        return shown if obj is not None else [part for part in shown if part[1]["fields"] in (PROMISE, OWN)]

    def get_readonly_fields(self, request: HttpRequest, obj: Autocall | None = None) -> "Names":
        own = super().get_readonly_fields(request, obj)
        return own if obj is None or obj.status == Status.SCHEDULED else (*own, *PROMISE)

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey", request: HttpRequest, **options: object
    ) -> "Choice | None":
        if db_field.name == "widget":
            options["queryset"] = without_secrets(Widget.objects.select_related("voip"))
        return super().formfield_for_foreignkey(db_field, request, **options)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Autocall], search_term: str
    ) -> tuple[QuerySet[Autocall], bool]:
        text = search_term.strip()
        found = Q(name__icontains=text) if text else Q()
        if len(phone_numbers.search_digits(text)) >= FEWEST_DIGITS:
            found |= number_is(text, "number")
        return queryset.filter(found), False

    def save_model(self, request: HttpRequest, obj: Autocall, form: AutocallForm, change: bool) -> None:
        try:
            if change:
                services.edit(obj, {name: form.cleaned_data[name] for name in form.changed_data})
            else:
                wanted = {name: value for name, value in form.cleaned_data.items() if value is not None}
                obj.pk = services.schedule(wanted, source=RequestSource.STAFF).pk
        except services.AlreadyScheduled as problem:
            self.check_seen(request, problem.autocall_id)
            raise

    def delete_model(self, request: HttpRequest, obj: Autocall) -> None:
        services.delete(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Autocall]) -> None:
        for autocall in queryset:
            services.delete(autocall)

    @admin.action(description=_("Cancel the selected call-backs"), permissions=["change"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Autocall]) -> None:
        canceled = late = 0
        for autocall in queryset:
            try:
                cancel(autocall)
            except services.TooLate:
                late += 1
            else:
                self.log_change(request, autocall, gettext_noop("Canceled."))
                canceled += 1
        message = ngettext("%(count)s call-back canceled.", "%(count)s call-backs canceled.", canceled)
        messages.success(request, message % {"count": canceled})
        if late:
            message = ngettext("%(count)s was already too late.", "%(count)s were already too late.", late)
            messages.warning(request, message % {"count": late})

    @admin.display(description=_("number"))
    def shown_number(self, autocall: Autocall) -> SafeString | str:
        return unbroken(phone_numbers.display(autocall.number))

    @badge(_("status"), STATUS_COLOURS)
    def state(self, autocall: Autocall) -> tuple[str, str]:
        return autocall.status, autocall.get_status_display()

    @admin.display(description=_("call at"), ordering="call_at")
    def moment(self, autocall: Autocall) -> SafeString | str:
        return unbroken(show_moment(autocall.call_at))

    @admin.display(description=_("attempts"))
    def tries(self, autocall: Autocall) -> str:
        return f"{autocall.attempts}/{autocall.max_attempts}"

    @admin.display(description=_("outcome"))
    def outcome(self, autocall: Autocall) -> str:
        if autocall.taken_by is not None and (autocall.status == Status.TAKEN or autocall.reason == Standing.TAKEN):
            return gettext("taken by %(name)s") % {"name": name_of(autocall.taken_by)}
        return autocall.get_reason_display()

    @admin.display(description=_("calls made"))
    def calls_made(self, autocall: Autocall) -> str:
        made = without_secrets(Attempt.objects.filter(autocall=autocall).select_related("call", "sip"))
        reader = reader_of(autocall)
        seen = Call.objects.visible_to(reader) if may_view(reader, Call) else Call.objects.none()
        calls = made.annotate(may_open=Exists(seen.filter(pk=OuterRef("call"))))
        shown = {"calls": calls.order_by("-id")[:MOST_CALLS]}
        return render_to_string("autocalls/calls_made.html", shown)

    @admin.display(description=_("consent"))
    def consent(self, autocall: Autocall) -> str:
        text = ConsentText.objects.filter(widget=autocall.widget, version=autocall.consent_version).first()
        return render_to_string("autocalls/consent.html", {"autocall": autocall, "text": text})


admin.site.register(Refusal, RefusalAdmin)
add_to(Call, Addition(filters=(MadeForWidgetConditions,)))
