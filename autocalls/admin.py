"""Automatic call-backs in the back-office; they are made, moved, changed and canceled through `autocalls.services`."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from autocalls import refusal_admin, services  # noqa: F401 - registers the page of refused requests
from autocalls.attention import AttentionFilter
from autocalls.callback_buttons import CallbackButtons, cancel
from autocalls.models import OPEN, Attempt, Autocall, Source, Status
from autocalls.reasons import outcome_words
from autocalls.refusal_admin import WidgetFilter
from calls.admin import within_reason
from calls.filters import FEWEST_DIGITS, number_is
from sips import phone_numbers
from sips.backoffice import SECRETS, DayRangeFilter, VoipFilter, badge, show_moment, unbroken
from sips.models import Sip, Voip
from widgets.models import ConsentText, Widget

if TYPE_CHECKING:  # forms are generic in their stubs only
    _ModelForm = forms.ModelForm[Autocall]
else:
    _ModelForm = forms.ModelForm

PROMISE = ("number", "name", "call_at", "widget", "voip", "sip", "max_attempts")
OWN = ("client_id", "contact_id", "note")
PROGRESS = ("status", "outcome", "tries", "promised_at", "finished_at", "calls_made")
ORIGIN = ("source", "page_url", "address", "consent", "created_at", "updated_at")
MOST_CALLS = 100
"""Of one call-back, shown on its page; the latest."""

STATUS_COLOURS: dict[str, str] = {
    Status.SCHEDULED: "info",
    Status.CALLING: "primary",
    Status.DONE: "success",
    Status.FAILED: "danger",
    Status.CANCELED: "default",
    Status.EXPIRED: "warning",
}


class AutocallForm(_ModelForm):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if self.instance._state.adding:
            self.fields["max_attempts"].required = False
            self.initial.pop("max_attempts", None)
            self.fields["max_attempts"].initial = None
            self.fields["max_attempts"].help_text = gettext("Blank: what the widget says.")

    def clean_call_at(self) -> Any:
        return within_reason(self.cleaned_data["call_at"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "number" not in cleaned:
            return cleaned
        voip = cleaned.get("voip")
        number = phone_numbers.normalise(cleaned["number"], voip.country if voip else _default_country())
        if not phone_numbers.is_e164(number):
            raise ValidationError({"number": gettext("This is no telephone number; write it like +48123456789.")})
        cleaned["number"] = number
        others = Autocall.objects.filter(widget=cleaned.get("widget"), number=number, status__in=OPEN)
        if cleaned.get("widget") and others.exclude(pk=self.instance.pk).exists():
            raise ValidationError({"number": gettext("This widget has already promised this number a call.")})
        return cleaned


def _default_country() -> str:
    return str(Voip._meta.get_field("country").default)


@admin.register(Autocall)
class AutocallAdmin(CallbackButtons):
    form = AutocallForm
    list_display = ("shown_number", "name", "state", "moment", "tries", "outcome", "widget", "voip", "source")
    list_filter = (
        AttentionFilter,
        ("status", ChoicesDropdownFilter),
        WidgetFilter,
        VoipFilter,
        ("call_at", DayRangeFilter),
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
        secrets = [f"{name}__{secret}" for name, model in (("voip", Voip), ("sip", Sip)) for secret in SECRETS[model]]
        rows: QuerySet[Autocall] = super().get_queryset(request).select_related("widget", "voip", "sip")
        return rows.defer(*secrets)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Of a new one there is nothing to tell yet."""
        shown = super().get_fieldsets(request, obj)
        return shown if obj is not None else [part for part in shown if part[1]["fields"] in (PROMISE, OWN)]

    def get_readonly_fields(self, request: HttpRequest, obj: Autocall | None = None) -> Any:
        own = super().get_readonly_fields(request, obj)
        return own if obj is None or obj.status == Status.SCHEDULED else (*own, *PROMISE)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        if db_field.name == "widget":
            secrets = (f"voip__{secret}" for secret in SECRETS[Voip])
            options["queryset"] = Widget.objects.select_related("voip").defer(*secrets)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Autocall], search_term: str
    ) -> tuple[QuerySet[Autocall], bool]:
        text = search_term.strip()
        found = Q(name__icontains=text) if text else Q()
        if len(phone_numbers.search_digits(text)) >= FEWEST_DIGITS:
            found |= number_is(text, "number")
        return queryset.filter(found), False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            services.edit(obj, {name: form.cleaned_data[name] for name in form.changed_data})
        else:
            wanted = {name: value for name, value in form.cleaned_data.items() if value is not None}
            obj.pk = services.schedule(wanted, source=Source.STAFF).pk

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
                self.log_change(request, autocall, gettext("Canceled."))
                canceled += 1
        told = ngettext("%(count)s call-back canceled.", "%(count)s call-backs canceled.", canceled)
        messages.success(request, told % {"count": canceled})
        if late:
            told = ngettext("%(count)s was already too late.", "%(count)s were already too late.", late)
            messages.warning(request, told % {"count": late})

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
        return outcome_words(autocall.reason)

    @admin.display(description=_("calls made"))
    def calls_made(self, autocall: Autocall) -> str:
        made = Attempt.objects.filter(autocall=autocall).select_related("call", "sip").defer("sip__password")
        return render_to_string("autocalls/calls_made.html", {"calls": made.order_by("-id")[:MOST_CALLS]})

    @admin.display(description=_("consent"))
    def consent(self, autocall: Autocall) -> str:
        text = ConsentText.objects.filter(widget=autocall.widget, version=autocall.consent_version).first()
        return render_to_string("autocalls/consent.html", {"autocall": autocall, "text": text})
