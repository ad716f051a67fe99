"""Provider configurations and their lines in the back-office."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.db.models.functions import Length
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.widgets import INPUT_CLASSES, UnfoldAdminSelectWidget

from sips import catalog, phone_numbers
from sips.backoffice import SECRETS, BackOfficeAdmin, VoipFilter, unbroken
from sips.buttons import button, leave_dialog
from sips.encryption import DecryptionError
from sips.models import Sip, Voip
from sips.secret_inputs import ClearInput, SecretForm, SecretInput

FEWEST_DIGITS = 3
EVIDENCE = {
    "documented": _("by the operator's own document"),
    "observed": _("observed in real traffic"),
    "declared": _("declared, not verified with the operator"),
}


class ConnectionAdmin(BackOfficeAdmin):
    """A record with a secret: it is neither read for the list nor for the page, only its length is."""

    ordering = ("name", "id")
    form: type[SecretForm]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).defer(*SECRETS[self.model])
        measured: QuerySet[Any] = rows.annotate(secret_length=Length(self.form.secret))
        return measured

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without the inputs of secrets for those who may only look, and without what a new record cannot have yet."""
        hidden: set[str] = set()
        if obj is None:
            hidden = {"secret_is_set", "clear_secret", "webhook_addresses"}
        elif not self.has_change_permission(request, obj):
            hidden = {"new_secret", "clear_secret", "webhook_addresses"}
        return [
            (title, options | {"fields": [name for name in options["fields"] if name not in hidden]})
            for title, options in super().get_fieldsets(request, obj)
        ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """By a part of a text, or by the last digits of a number in any writing."""
        words = search_term.strip()
        digits = phone_numbers.search_digits(words)
        found = Q()
        for name in self.search_fields if words else ():
            found |= Q(**{f"{name}__icontains": words})
        if len(digits) >= FEWEST_DIGITS:
            found |= Q(number__endswith=digits)
        return queryset.filter(found), False

    @admin.display(description=_("number"), ordering="number")
    def shown_number(self, row: Any) -> SafeString | str:
        return unbroken(phone_numbers.display(row.number))


class SipForm(SecretForm):
    secret = "password"  # noqa: S105 - the field's name
    new_secret = SecretInput(_("New SIP password"))
    clear_secret = ClearInput(_("Remove the SIP password"))


@admin.register(Sip)
class SipAdmin(ConnectionAdmin):
    form = SipForm
    list_display = ("name", "sip", "voip", "username", "shown_number", "kind", "secret_is_set", "active")
    list_filter = (VoipFilter, ("active", BooleanRadioFilter))
    search_fields = ("name", "sip", "username")
    search_help_text = _("Name, SIP number, login or telephone number")
    autocomplete_fields = ("voip",)
    readonly_fields = ("secret_is_set", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("name", "voip", "sip", "number", "kind", "active")}),
        (_("Sign-in at the provider"), {"fields": ("username", "secret_is_set", "new_secret", "clear_secret")}),
        (_("History"), {"fields": ("created_at", "updated_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sip]:
        rows = super().get_queryset(request).select_related("voip")
        return rows.defer(*(f"voip__{secret}" for secret in SECRETS[Voip]), *SECRETS[Sip])

    @admin.display(description=_("password set"), boolean=True)
    def secret_is_set(self, line: Any) -> bool:
        return bool(line.secret_length)


def _provider_choices() -> list[tuple[str, str]]:
    named = [(slug, name, catalog.find(slug)) for slug, name in catalog.choices()]
    return [("", gettext("none"))] + [
        (slug, f"{name} — {EVIDENCE[facts.evidence]}") for slug, name, facts in named if facts
    ]


class VoipForm(SecretForm):
    secret = "api_key"  # noqa: S105 - the field's name
    new_secret = SecretInput(_("New API key"))
    clear_secret = ClearInput(_("Remove the API key"))
    provider = forms.ChoiceField(
        label=_("Provider"), required=False, choices=_provider_choices, widget=UnfoldAdminSelectWidget()
    )


@admin.register(Voip)
class VoipAdmin(ConnectionAdmin):
    """Not deleted but deactivated: its calls remain."""

    form = VoipForm
    list_display: Any = ("name", "operator", "shown_number", "server", "active")
    list_filter = (("active", BooleanRadioFilter),)
    search_fields = ("name", "provider", "address")
    search_help_text = _("Name, provider, server or telephone number")
    readonly_fields: ClassVar[Any] = (
        "evidence",
        "secret_is_set",
        "webhook_addresses",
        "created_at",
        "updated_at",
    )
    fieldsets: ClassVar[Any] = (
        (None, {"fields": ("name", "number", "extension_number", "country", "time_zone", "active")}),
        (_("Server"), {"fields": ("address", "port")}),
        (_("Provider"), {"fields": ("provider", "evidence", "settings")}),
        (_("Provider's API"), {"fields": ("api_url", "api_login", "secret_is_set", "new_secret", "clear_secret")}),
        (_("Webhooks"), {"fields": ("webhook_addresses", "webhook_ips")}),
        (_("History"), {"fields": ("created_at", "updated_at")}),
    )
    actions_detail: Any = ("rotate_webhook_secret",)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description=_("provider"), ordering="provider")
    def operator(self, voip: Voip) -> str:
        facts = catalog.find(voip.provider)
        return facts.name if facts else voip.provider

    @admin.display(description=_("server"))
    def server(self, voip: Voip) -> str:
        return ":".join(filter(None, (voip.address, voip.port)))

    @admin.display(description=_("format of its webhooks"))
    def evidence(self, voip: Voip) -> str:
        facts = catalog.find(voip.provider)
        return str(EVIDENCE[facts.evidence]) if facts else ""

    @admin.display(description=_("API key set"), boolean=True)
    def secret_is_set(self, voip: Any) -> bool:
        return bool(voip.secret_length)

    @admin.display(description=_("addresses to give to the operator"))
    def webhook_addresses(self, voip: Voip) -> str:
        facts = catalog.find(voip.provider)
        if facts is None:
            return gettext("Choose a provider and save.")
        try:
            address = voip.webhook_url
        except DecryptionError as problem:
            return " ".join((str(problem), gettext("Or give the configuration a new webhook address.")))
        named = [(event, f"{address}{event}/") for event in facts.webhook_events] or [("", address)]
        shown = {"addresses": named, "input_classes": " ".join(INPUT_CLASSES), "title": gettext("Webhook address")}
        return render_to_string("admin/webhook_addresses.html", shown)

    @button(
        _("New webhook address"),
        question=_("The present address stops working at once; give the new one to the operator."),
        permission="change",
        icon="autorenew",
    )
    def rotate_webhook_secret(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        voip = self.get_object(request, object_id)
        if voip is None:
            raise Http404
        voip.rotate_webhook_secret()
        self.log_change(request, voip, gettext("New webhook address."))
        messages.success(request, gettext("The webhooks have a new address."))
        return leave_dialog(request, reverse("admin:sips_voip_change", args=[voip.pk]))
