"""Calls in the back-office. Reported facts are read-only; everything is saved and deleted through `calls.services`."""

from datetime import datetime
from typing import TYPE_CHECKING, cast

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from calls import dialer_sentences, services
from calls.click_to_call import ClickToCall
from calls.filters import CallFilter
from calls.follow_up_admin import FollowUpAdmin
from calls.models import Call, CallQuerySet, FollowUp, Note, Outcome
from calls.note_admin import NoteAdmin, OutcomeAdmin
from calls.report_values import EARLIEST_YEAR, LATEST_YEAR
from calls.statuses import PROGRESS, Kind, Status
from sips import phone_numbers
from sips.configuration_filter import ConfigurationFilter
from sips.countries import DEFAULT_COUNTRY
from sips.encryption import without_secrets
from sips.list_conditions import ListConditions
from sips.models import Sip
from voipcrm.backoffice.additions import Place
from voipcrm.backoffice.display import badge, show_moment, unbroken
from voipcrm.backoffice.filters import ChoiceFilter, ChosenFilter, DayRangeFilter

if TYPE_CHECKING:  # forms are generic in their stubs only
    from voipcrm.backoffice.unfold_admin import Choice, ForeignKey, Names, Sections

    _ModelForm = forms.ModelForm[Call]
else:
    _ModelForm = forms.ModelForm

FACTS = ("number_from", "number_to", "kind", "status", "start_time", "duration", "voip", "sip")
REPORT = ("via", "answered_at", "ended_at", "reason", "provider_status", "provider_call_id", "recording_url")
STATUS_COLOURS: dict[str, str] = {
    **dict.fromkeys(PROGRESS, "info"),
    Status.ANSWERED: "success",
    Status.NO_ANSWER: "warning",
    Status.BUSY: "warning",
    Status.FAILED: "danger",
    Status.CANCELED: "default",
}
KIND_ICONS = {Kind.INCOMING.value: "call_received", Kind.OUTGOING.value: "call_made", Kind.INTERNAL.value: "sync_alt"}


class AttentionFilter(ChoiceFilter[Call]):
    """Calls that need attention; each choice has a partial index."""

    title = _("attention")
    parameter_name = "attention"
    choices_shown = (("missed", _("missed")), ("unfinished", _("not finished")))

    def narrow(self, queryset: QuerySet[Call], chosen: str) -> QuerySet[Call]:
        rows = cast("CallQuerySet", queryset)
        return rows.missed() if chosen == "missed" else rows.in_progress()


class CallConditions(ListConditions):
    filterset = CallFilter


class LineFilter(ChosenFilter):
    title = _("line")
    parameter_name = "sip"
    model = Sip


class OutcomeFilter(ChosenFilter):
    title = _("outcome")
    parameter_name = "outcome"
    model = Outcome


class CallForm(_ModelForm):
    def clean_start_time(self) -> datetime:
        return within_reason(self.cleaned_data["start_time"])

    def clean(self) -> dict[str, object]:
        cleaned = super().clean() or self.cleaned_data
        voip = cleaned.get("voip")
        country = voip.country if voip else DEFAULT_COUNTRY
        for side, read in (("number_from", phone_numbers.caller), ("number_to", phone_numbers.called)):
            if side in cleaned:
                cleaned[side] = read(cleaned[side], country)
        return cleaned


def within_reason(moment: datetime) -> datetime:
    """Raises ValidationError for a year outside the bounds of `calls.report_values`."""
    if not EARLIEST_YEAR <= moment.year < LATEST_YEAR:
        raise ValidationError(gettext("Give a time from 1980 to 2199."))
    return moment


@admin.register(Call)
class CallAdmin(ClickToCall):
    export_columns = (
        "id", "start_time", "kind", "number_from", "number_to", "status", "reason", "duration", "answered_at", "ended_at", "sip__name", "voip__name",
        "client_id", "contact_id", "description",
    )  # fmt: skip
    export_time = "start_time"
    form = CallForm
    refusals = (services.Owned,)
    list_display = ("start", "direction", "caller", "called", "result", "talk_time", "line", "configuration", "client")
    list_filter = (
        AttentionFilter,
        ("status", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        ConfigurationFilter,
        LineFilter,
        OutcomeFilter,
        ("start_time", DayRangeFilter),
        CallConditions,
    )
    ordering = ("-start_time", "-id")
    sortable_by = ("start",)
    search_fields = ("number_from", "number_to", "description")
    search_help_text = _("Number, last digits or words")
    autocomplete_fields = ("voip", "sip")
    readonly_fields = (*REPORT, "placed_by_name", "notes", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": FACTS}),
        (_("Staff"), {"fields": ("outcome", "placed_by_name", "notes")}),
        (_("CRM"), {"fields": ("client_id", "contact_id", "description")}),
        (_("Report"), {"fields": (*REPORT, Place("report"))}),
        (_("History"), {"fields": ("created_at", "updated_at")}),
    )
    readonly_preprocess_fields = dict.fromkeys(("number_from", "number_to"), phone_numbers.display) | {
        "provider_status": dialer_sentences.translate
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Call]:
        rows: QuerySet[Call] = super().get_queryset(request).select_related("voip", "sip", "placed_by", "outcome")
        return without_secrets(rows).defer("placed_by__password")

    def get_fieldsets(self, request: HttpRequest, obj: Call | None = None) -> "Sections":
        """A call that is being added has no notes yet."""
        shown = super().get_fieldsets(request, obj)
        if obj is not None:
            return shown
        written = {"placed_by_name", "notes"}
        return [
            (title, options | {"fields": [name for name in options["fields"] if name not in written]})
            for title, options in shown
        ]

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey", request: HttpRequest, **options: object
    ) -> "Choice | None":
        if db_field.name == "outcome":
            options["queryset"] = Outcome.objects.order_by("-active", "position", "name")
        return super().formfield_for_foreignkey(db_field, request, **options)

    def get_readonly_fields(self, request: HttpRequest, obj: Call | None = None) -> "Names":
        own = super().get_readonly_fields(request, obj)
        return (*own, *FACTS) if obj is not None and obj.is_reported else own

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Call], search_term: str
    ) -> tuple[QuerySet[Call], bool]:
        if not search_term.strip():
            return queryset, False
        found = CallFilter({"q": search_term}, queryset=queryset)
        return found.qs if found.is_valid() else queryset.none(), False

    def save_model(self, request: HttpRequest, obj: Call, form: CallForm, change: bool) -> None:
        if change:
            services.edit_call(obj, {name: form.cleaned_data[name] for name in form.changed_data})
        else:
            obj.pk = services.record_call(form.cleaned_data).pk

    def delete_model(self, request: HttpRequest, obj: Call) -> None:
        services.delete_call(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Call]) -> None:
        with transaction.atomic():
            for call in queryset:
                services.delete_call(call)

    @admin.display(description=_("start"), ordering="start_time")
    def start(self, call: Call) -> SafeString | str:
        return unbroken(show_moment(call.start_time))

    @admin.display(description=_("kind"))
    def direction(self, call: Call) -> SafeString | str:
        if not call.kind:
            return ""
        icon = "call_missed" if call.is_missed else KIND_ICONS[call.kind]
        shown = '<span class="material-symbols-outlined" role="img" title="{}" aria-label="{}">{}</span>'
        return format_html(shown, call.get_kind_display(), call.get_kind_display(), icon)

    @admin.display(description=_("from"))
    def caller(self, call: Call) -> SafeString | str:
        return unbroken(phone_numbers.display(call.number_from))

    @admin.display(description=_("to"))
    def called(self, call: Call) -> SafeString | str:
        return unbroken(phone_numbers.display(call.number_to))

    @badge(_("status"), STATUS_COLOURS)
    def result(self, call: Call) -> tuple[str, str] | str:
        return (call.status, call.get_status_display()) if call.status else ""

    @admin.display(description=_("talk time"))
    def talk_time(self, call: Call) -> str:
        """Minutes and seconds, 61:05 for over an hour."""
        return "" if call.duration is None else f"{call.duration // 60}:{call.duration % 60:02}"

    @admin.display(description=_("line"))
    def line(self, call: Call) -> str:
        return str(call.sip or "")

    @admin.display(description=_("configuration"))
    def configuration(self, call: Call) -> str:
        return str(call.voip or "")

    @admin.display(description=_("CRM client"))
    def client(self, call: Call) -> str:
        return "" if call.client_id is None else str(call.client_id)


admin.site.register(FollowUp, FollowUpAdmin)
admin.site.register(Note, NoteAdmin)
admin.site.register(Outcome, OutcomeAdmin)
