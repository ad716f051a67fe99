"""Lines in the back-office."""

from typing import TYPE_CHECKING, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter

from sips import line_history, line_import_page, services
from sips.configuration_filter import ConfigurationFilter
from sips.connection_admin import ConnectionAdmin
from sips.encryption import without_secrets
from sips.exporting import Exporting
from sips.lines import why_not
from sips.models import Sip
from voipcrm.backoffice.additions import Place
from voipcrm.backoffice.buttons import page_button
from voipcrm.backoffice.secret_inputs import ClearInput, SecretForm, SecretInput

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations

    from sips.connection_admin import Measured


class SipForm(SecretForm[Sip]):
    secret = "password"
    new_secret = SecretInput(_("New SIP password"))
    clear_secret = ClearInput(_("Remove the SIP password"))


class SipAdmin(Exporting[Sip], ConnectionAdmin[Sip]):
    form = SipForm
    export_columns = (
        "voip__name",
        "name",
        "sip",
        "username",
        "auth_username",
        "number",
        "caller_id",
        "kind",
        "hands_free",
        "active",
    )
    list_disable_select_all = False
    actions = ("switch_on", "switch_off")
    actions_list = ("import_lines",)
    list_display = ("name", "sip", "voip", "username", "shown_number", "kind", "secret_is_set", "active")
    list_filter = (ConfigurationFilter, ("active", BooleanRadioFilter))
    search_fields = ("name", "sip", "username")
    search_help_text = _("Name, SIP number, login or telephone number")
    autocomplete_fields = ("voip",)
    readonly_fields = ("secret_is_set", "dialing", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("name", "voip", "sip", "number", "kind", "active", "dialing")}),
        (
            _("Sign-in at the provider"),
            {"fields": ("username", "auth_username", "secret_is_set", "new_secret", "clear_secret")},
        ),
        (_("State"), {"fields": (Place("state"),)}),
        (_("Calls by SIP"), {"fields": ("caller_id", "hands_free")}),
        (_("History"), {"fields": ("created_at", "updated_at")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Sip]:
        return without_secrets(super().get_queryset(request).select_related("voip"))

    @admin.display(description=_("dialing"))
    def dialing(self, line: Sip) -> str:
        """Whether calls can be placed from it, and else why not."""
        return why_not(line.pk) or gettext("This line can dial.")

    @admin.display(description=_("password set"), boolean=True)
    def secret_is_set(self, line: "WithAnnotations[Sip, Measured]") -> bool:
        return bool(line.secret_length)

    @page_button(_("Import lines"), permission="change", icon="upload_file", new_tab=False)
    def import_lines(self, request: HttpRequest) -> HttpResponse:
        return line_import_page.show(request, self.admin_site.each_context(request) | {"opts": self.opts})

    @admin.action(description=_("Switch the selected lines on"), permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[Sip]) -> None:
        messages.success(request, _switch(request, queryset, on=True))

    @admin.action(description=_("Switch the selected lines off"), permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Sip]) -> None:
        messages.success(request, _switch(request, queryset, on=False))


def _switch(request: HttpRequest, lines: QuerySet[Sip], *, on: bool) -> str:
    """What was done, in a sentence."""
    chosen, switched = lines.count(), services.switch_lines(lines, on=on)
    line_history.note(cast("User", request.user), ((line, ["active"]) for line in switched))
    message = (
        ngettext("%(count)s line switched on.", "%(count)s lines switched on.", len(switched))
        if on
        else ngettext("%(count)s line switched off.", "%(count)s lines switched off.", len(switched))
    )
    before = chosen - len(switched)
    was = ngettext("%(count)s was so before.", "%(count)s were so before.", before) if before else ""
    return " ".join((message % {"count": len(switched)}, was % {"count": before} if was else "")).strip()
