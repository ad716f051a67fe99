"""Provider configurations in the back-office."""

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from django import forms
from django.contrib import admin, messages
from django.db.models import CASCADE, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter
from unfold.widgets import INPUT_CLASSES, UnfoldAdminSelectWidget

from sips import catalog, services
from sips.connection_admin import ConnectionAdmin
from sips.destinations import destination
from sips.encryption import DecryptionError
from sips.line_admin import SipAdmin
from sips.models import Sip, StaffLine, Voip
from sips.staff_line_admin import StaffLineAdmin
from voipcrm.backoffice.additions import Place
from voipcrm.backoffice.buttons import DialogForm, button, redirect_from_dialog
from voipcrm.backoffice.changelist import LARGEST_COUNT, count_up_to
from voipcrm.backoffice.secret_inputs import ClearInput, SecretForm, SecretInput

if TYPE_CHECKING:
    from typing import Unpack

    from django_stubs_ext import WithAnnotations

    from sips.connection_admin import Measured
    from voipcrm.backoffice.form_options import Data, Files, ModelFormOptions

EVIDENCE = {
    "documented": _("by the provider's own document"),
    "observed": _("observed in real traffic"),
    "declared": _("declared, not verified with the provider"),
}


def _provider_choices() -> list[tuple[str, str]]:
    named = [(slug, name, catalog.find(slug)) for slug, name in catalog.choices()]
    return [("", gettext("none"))] + [
        (slug, f"{name} — {EVIDENCE[facts.evidence]}") for slug, name, facts in named if facts
    ]


def _compact(value: object) -> str:
    return json.dumps(value, separators=(",", ":"))


OF_PROVIDERS = ("api_url", "api_login", "api_key", "settings")


def _field_attributes(voip: Voip) -> dict[str, str]:
    """Which fields the chosen provider does not use, unless they hold something; a page without scripts shows another's when that is saved."""
    uses = {slug: sorted(facts.uses) for slug, _name in catalog.choices() if (facts := catalog.find(slug))} | {"": []}
    holds = [name for name in OF_PROVIDERS if name != "api_key" and getattr(voip, name)]
    holds += ["api_key"] if getattr(voip, "secret_length", 0) else []
    shown = {*uses.get(voip.provider, OF_PROVIDERS), *holds}
    return {
        "data-uses": _compact(uses),
        "data-holds": _compact(holds),
        "data-fields": _compact(OF_PROVIDERS),
        "data-hides": _compact([name for name in OF_PROVIDERS if name not in shown]),
    }


class VoipForm(SecretForm[Voip]):
    secret = "api_key"
    new_secret = SecretInput(_("New API key"))
    clear_secret = ClearInput(_("Remove the API key"))
    provider = forms.ChoiceField(
        label=_("Provider"), required=False, choices=_provider_choices, widget=UnfoldAdminSelectWidget()
    )

    def __init__(self, data: "Data" = None, files: "Files" = None, **options: "Unpack[ModelFormOptions[Voip]]") -> None:
        """Tells the page which fields to hide, and its script which each provider uses."""
        super().__init__(data, files, **options)
        if "provider" in self.fields:
            self.fields["provider"].widget.attrs |= _field_attributes(self.instance)

    key_was_removed = False
    "See `sips.destinations`."

    def clean(self) -> dict[str, object]:
        cleaned = super().clean()
        before = {name: getattr(self.instance, name) for name in ("provider", "api_url", "settings")}
        after = before | {name: cleaned[name] for name in before if name in cleaned}
        if self.instance.pk and not cleaned.get("new_secret") and destination(**before) != destination(**after):
            self.key_was_removed = bool(getattr(self.instance, "secret_length", 0))
            self.instance.api_key = ""
        return cleaned


def _deletion_summary(voip: Voip) -> list[str | Sequence[str]]:
    """As nested lists, with counts: what is deleted with the configuration, and what stays without one."""
    gone: list[str] = []
    staying: list[str] = []
    for relation in Voip._meta.related_objects:
        count = count_up_to(LARGEST_COUNT, relation.related_model._base_manager.filter(**{relation.field.name: voip}))
        if count:
            shown = f"{LARGEST_COUNT}+" if count > LARGEST_COUNT else count
            message = f"{relation.related_model._meta.verbose_name_plural}: {shown}"
            (gone if relation.on_delete is CASCADE else staying).append(message)
    return [str(voip), gone, *([gettext("These stay, without a configuration:"), staying] if staying else [])]


@admin.register(Voip)
class VoipAdmin(ConnectionAdmin[Voip]):
    form = VoipForm
    refusals = (services.VoipInUse,)
    list_display = ("name", "provider", "shown_number", "server", "active")
    list_filter = (("active", BooleanRadioFilter),)
    search_fields = ("name", "provider", "address")
    search_help_text = _("Name, provider, server or telephone number")
    readonly_fields = ("evidence", "secret_is_set", "steps", "webhook_addresses", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("name", "number", "extension_number", "country", "time_zone", "active")}),
        (_("Server"), {"fields": ("address", "port", "outbound_proxy", "caller_id", "caller_id_header")}),
        (_("Provider"), {"fields": ("provider", "evidence", "settings", Place("lacks"))}),
        (
            _("Provider's API"),
            {"fields": ("api_url", "api_login", "secret_is_set", "new_secret", "clear_secret", Place("key"))},
        ),
        (_("Webhooks"), {"fields": ("steps", "webhook_addresses", "webhook_ips")}),
        (_("Deliveries"), {"fields": (Place("deliveries"),)}),
        (_("History"), {"fields": ("created_at", "updated_at")}),
    )
    actions_detail = ("rotate_webhook_secret",)

    def get_deleted_objects(
        self, objs: QuerySet[Voip] | Sequence[Voip], request: HttpRequest
    ) -> tuple[list[str], dict[str, int], set[str], list[str]]:
        """Counted and not listed, as there may be millions."""
        shown = [message for voip in objs for message in _deletion_summary(voip)]
        return cast("list[str]", shown), {}, set(), []  # the stubs know no nested ones

    def save_model(self, request: HttpRequest, obj: Voip, form: VoipForm, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if form.key_was_removed:
            messages.warning(
                request, gettext("Requests now go to another host, so the API key was removed: enter it again.")
            )

    def delete_model(self, request: HttpRequest, obj: Voip) -> None:
        services.delete_voip(obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Voip]) -> None:
        for voip in queryset:
            services.delete_voip(voip)

    @admin.display(description=_("provider"), ordering="provider")
    def provider(self, voip: Voip) -> str:
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
    def secret_is_set(self, voip: "WithAnnotations[Voip, Measured]") -> bool:
        return bool(voip.secret_length)

    @admin.display(description=_("what to paste where"))
    def steps(self, voip: Voip) -> SafeString | str:
        facts = catalog.find(voip.provider)
        steps = format_html_join("", "<li>{}</li>", ((gettext(step),) for step in facts.steps)) if facts else ""
        return format_html('<ol class="numbered">{}</ol>', steps) if steps else ""

    def response_post_save_add(self, request: HttpRequest, obj: Voip) -> HttpResponseRedirect:
        """Lead to its page, on which the addresses for the provider now stand."""
        return redirect("admin:sips_voip_change", obj.pk)

    @admin.display(description=_("addresses for the provider"))
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
        question=_("The present address stops working at once; give the new one to the provider."),
        permission="change",
        icon="autorenew",
    )
    def rotate_webhook_secret(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        voip = self.get_object(request, object_id)
        if voip is None:
            raise Http404
        voip.rotate_webhook_secret()
        self.log_change(request, voip, gettext_noop("New webhook address."))
        messages.success(request, gettext("The webhooks have a new address."))
        return redirect_from_dialog(request, reverse("admin:sips_voip_change", args=[voip.pk]))


admin.site.register(Sip, SipAdmin)
admin.site.register(StaffLine, StaffLineAdmin)
