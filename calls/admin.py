"""Calls in the back-office. What a provider or our dialer reports is theirs; everything is saved and deleted through `calls.services`."""

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter, DropdownFilter

from calls import services
from calls.click_to_call import ClickToCall
from calls.filters import CallFilter
from calls.merge import EARLIEST_YEAR, LATEST_YEAR
from calls.models import Call
from calls.statuses import FIRST_RESULT, PROGRESS, Kind, Status
from sips import phone_numbers
from sips.backoffice import (
    SECRETS,
    ChosenFilter,
    DayRangeFilter,
    VoipFilter,
    badge,
    show_moment,
    unbroken,
)
from sips.models import Sip, Voip

if TYPE_CHECKING:  # forms are generic in their stubs only
    _ModelForm = forms.ModelForm[Call]
else:
    _ModelForm = forms.ModelForm

UNFINISHED = Q(precedence__gt=0, precedence__lt=FIRST_RESULT)
"""Calls whose end nobody has told yet; an index of its own holds just them."""

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


class AttentionFilter(DropdownFilter):
    """What somebody should look at: each choice has an index of its own."""

    title = _("attention")
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("missed", _("missed")), ("unfinished", _("waiting for an end"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "missed":
                return queryset.missed()
            case "unfinished":
                return queryset.filter(UNFINISHED)
        return queryset


class LineFilter(ChosenFilter):
    title = _("line")
    parameter_name = "sip"
    model = Sip


class CallForm(_ModelForm):
    def clean_start_time(self) -> Any:
        return within_reason(self.cleaned_data["start_time"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        voip = cleaned.get("voip")
        country = voip.country if voip else Voip._meta.get_field("country").default
        for side in ("number_from", "number_to"):
            if side in cleaned:
                cleaned[side] = phone_numbers.normalise(cleaned[side], country)
        return cleaned


def within_reason(moment: datetime) -> datetime:
    """A time at which there are telephone calls. Raises ValidationError."""
    if not EARLIEST_YEAR <= moment.year < LATEST_YEAR:
        raise ValidationError(gettext("Give a time from 1980 to 2199."))
    return moment


@admin.register(Call)
class CallAdmin(ClickToCall):
    form = CallForm
    refusals = (services.Owned,)
    list_display: Any = (
        "start",
        "direction",
        "caller",
        "called",
        "result",
        "talk_time",
        "line",
        "configuration",
        "client",
    )
    list_filter = (
        AttentionFilter,
        ("status", ChoicesDropdownFilter),
        ("kind", ChoicesDropdownFilter),
        VoipFilter,
        LineFilter,
        ("start_time", DayRangeFilter),
    )
    ordering = ("-start_time", "-id")
    sortable_by = ("start",)
    search_fields = ("number_from", "number_to", "description")
    search_help_text = _("Number, last digits or words")
    autocomplete_fields = ("voip", "sip")
    readonly_fields: ClassVar[Any] = (*REPORT, "created_at", "updated_at")
    fieldsets: ClassVar[Any] = (
        (None, {"fields": FACTS}),
        (_("CRM"), {"fields": ("client_id", "contact_id", "description")}),
        (_("Report"), {"fields": REPORT}),
        (_("History"), {"fields": ("created_at", "updated_at")}),
    )
    readonly_preprocess_fields = dict.fromkeys(("number_from", "number_to"), phone_numbers.display)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Call]:
        secrets = [f"{name}__{secret}" for name, model in (("voip", Voip), ("sip", Sip)) for secret in SECRETS[model]]
        rows: QuerySet[Call] = super().get_queryset(request).select_related("voip", "sip").defer(*secrets)
        return rows

    def get_readonly_fields(self, request: HttpRequest, obj: Call | None = None) -> Any:
        own = super().get_readonly_fields(request, obj)
        return (*own, *FACTS) if obj is not None and obj.is_reported else own

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Call], search_term: str
    ) -> tuple[QuerySet[Call], bool]:
        if not search_term.strip():
            return queryset, False
        found = CallFilter({"q": search_term}, queryset=queryset)
        return found.qs if found.is_valid() else queryset.none(), False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
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
