"""Call-back widgets in the back-office."""

from functools import partial
from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminColorInputWidget

from sips.backoffice import SECRETS, BackOfficeAdmin, VoipFilter, button, leave_dialog
from sips.json_input import JSONInput
from sips.models import Voip
from widgets.models import Widget
from widgets.opening_hours import WEEKDAYS

HOURS_EXAMPLE = (
    '{"monday": [["09:00", "12:00"], ["13:00", "17:00"]], "exceptions": {"2026-12-24": [["09:00", "12:00"]]}}'
)


class HoursInput(JSONInput):
    """Opening hours in the order of the week, which the database does not keep."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, dict):
            days = [day for day in WEEKDAYS if day in value]
            value = {key: value[key] for key in [*days, *(key for key in value if key not in days)]}
        return super().prepare_value(value)


@admin.register(Widget)
class WidgetAdmin(BackOfficeAdmin):
    list_display = ("name", "voip", "locale", "call_now", "call_future", "active")
    list_filter = (("active", BooleanRadioFilter), VoipFilter, ("locale", ChoicesDropdownFilter))
    ordering = ("name", "id")
    search_fields = ("name", "description", "token")
    search_help_text = _("Name, description or token")
    autocomplete_fields = ("voip",)
    readonly_fields = ("token", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("name", "description", "voip", "active", "token")}),
        (
            _("Opening hours"),
            {
                "fields": ("opening_time", "time_zone", "holidays"),
                "description": format_lazy(
                    "{} {}", _("A missing day is closed; an empty object is always open. For example:"), HOURS_EXAMPLE
                ),
            },
        ),
        (
            _("What a visitor may ask for"),
            {"fields": ("call_now", "call_future", "slot_minutes", "slot_capacity", "allowed_countries")},
        ),
        (_("Calling"), {"fields": ("ring_first", "max_attempts", "retry_minutes")}),
        (_("Appearance"), {"fields": ("locale", "color", "position", "consent_text")}),
        (_("History"), {"fields": ("created_at", "updated_at")}),
    )
    actions_detail: Any = ("rotate_token",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Widget]:
        secrets = (f"voip__{secret}" for secret in SECRETS[Voip])
        rows: QuerySet[Widget] = super().get_queryset(request).select_related("voip").defer(*secrets)
        return rows

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        match db_field.name:
            case "color":
                options["widget"] = UnfoldAdminColorInputWidget()
            case "opening_time":
                options["form_class"] = partial(HoursInput, empty=db_field.get_default)
        return super().formfield_for_dbfield(db_field, request, **options)

    @button(
        _("New token"),
        question=_("Pages that still show the present token stop working until they get the new one."),
        permission="change",
        icon="autorenew",
    )
    def rotate_token(self, request: HttpRequest, form: Any, object_id: str) -> HttpResponse:
        widget = self.get_object(request, object_id)
        if widget is None:
            raise Http404
        widget.rotate_token()
        self.log_change(request, widget, gettext("New token."))
        messages.success(request, gettext("The widget has a new token."))
        return leave_dialog(request, reverse("admin:widgets_widget_change", args=[widget.pk]))
