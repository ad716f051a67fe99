"""Automatic call-backs in the back-office; they are moved, changed and canceled through `autocalls.services`."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter

from autocalls import services
from autocalls.models import OPEN, Autocall, Status
from calls.admin import within_reason
from calls.filters import FEWEST_DIGITS, number_is
from sips import phone_numbers
from sips.backoffice import (
    SECRETS,
    BackOfficeAdmin,
    ChosenFilter,
    DayRangeFilter,
    VoipFilter,
    badge,
    button,
    leave_dialog,
    show_moment,
    unbroken,
)
from sips.models import Sip, Voip
from widgets.models import Widget

if TYPE_CHECKING:  # forms are generic in their stubs only
    _ModelForm = forms.ModelForm[Autocall]
else:
    _ModelForm = forms.ModelForm

PROMISE = ("number", "name", "call_at", "widget", "voip", "sip", "max_attempts")
OWN = ("client_id", "contact_id", "note")
PROGRESS = ("status", "attempts", "last_call", "reason", "finished_at")
ORIGIN = ("source", "page_url", "consent_at", "created_at", "updated_at")
STATUS_COLOURS: dict[str, str] = {
    Status.SCHEDULED: "info",
    Status.CALLING: "primary",
    Status.DONE: "success",
    Status.FAILED: "danger",
    Status.CANCELED: "default",
    Status.EXPIRED: "warning",
}


class WidgetFilter(ChosenFilter):
    title = _("widget")
    parameter_name = "widget"
    model = Widget


class AutocallForm(_ModelForm):
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
class AutocallAdmin(BackOfficeAdmin):
    form = AutocallForm
    refusals = (services.TooLate,)
    list_display = ("shown_number", "name", "state", "moment", "tries", "widget", "voip", "source", "reason")
    list_filter = (
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
        (_("CRM"), {"fields": OWN}),
        (_("Progress"), {"fields": PROGRESS}),
        (_("Origin"), {"fields": ORIGIN}),
    )
    actions = ("cancel_selected",)
    actions_detail: Any = ("cancel",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Autocall]:
        secrets = [f"{name}__{secret}" for name, model in (("voip", Voip), ("sip", Sip)) for secret in SECRETS[model]]
        rows: QuerySet[Autocall] = super().get_queryset(request).select_related("widget", "voip", "sip")
        return rows.defer(*secrets)

    def get_readonly_fields(self, request: HttpRequest, obj: Autocall | None = None) -> Any:
        own = super().get_readonly_fields(request, obj)
        return own if obj is None or obj.status == Status.SCHEDULED else (*own, *PROMISE)

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
            super().save_model(request, obj, form, change)

    @button(
        _("Cancel the call-back"),
        question=_("Nobody will be called. A call-back that is being dialed cannot be canceled any more."),
        permission="change",
        icon="cancel",
    )
    def cancel(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        autocall = self.get_object(request, object_id)
        if autocall is None:
            raise Http404
        try:
            services.edit(autocall, {"status": Status.CANCELED})
        except services.TooLate as problem:
            messages.error(request, str(problem))
        else:
            self.log_change(request, autocall, gettext("Canceled."))
            messages.success(request, gettext("The call-back is canceled."))
        return leave_dialog(request, reverse("admin:autocalls_autocall_change", args=[autocall.pk]))

    @admin.action(description=_("Cancel the selected call-backs"), permissions=["change"])
    def cancel_selected(self, request: HttpRequest, queryset: QuerySet[Autocall]) -> None:
        canceled = late = 0
        for autocall in queryset:
            try:
                services.edit(autocall, {"status": Status.CANCELED})
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
