"""Call-back widgets in the back-office."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypedDict

from django import forms
from django.contrib import admin, messages
from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.timesince import timesince
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter, ChoicesDropdownFilter
from unfold.widgets import INPUT_CLASSES, UnfoldAdminColorInputWidget

from sips.configuration_filter import ConfigurationFilter
from sips.encryption import without_secrets
from sips.models import Sip
from voipcrm.backoffice.buttons import DialogForm, button, page_button, redirect_from_dialog
from voipcrm.backoffice.model_admin import BackOfficeAdmin
from widgets.embedding import embed_line
from widgets.hours_input import HoursField, fits
from widgets.models import Sighting, Widget
from widgets.texts_input import TextsField
from widgets.written_hours import mean_the_same, write

if TYPE_CHECKING:  # forms are generic in their stubs only
    from typing import Unpack

    from django_stubs_ext import WithAnnotations

    from voipcrm.backoffice.form_options import Data, Files, ModelFormOptions
    from voipcrm.backoffice.unfold_admin import AnyField, Sections

    _ModelForm = forms.ModelForm[Widget]
else:
    _ModelForm = forms.ModelForm

MOST_SIGHTINGS = 10
"""Sites named on a widget's page."""


class WidgetForm(_ModelForm):
    opening_time = HoursField(label=_("Opening hours"), required=False, initial=dict)
    texts = TextsField(label=_("Texts of your own"), required=False)

    def __init__(
        self, data: "Data" = None, files: "Files" = None, **options: "Unpack[ModelFormOptions[Widget]]"
    ) -> None:
        super().__init__(data, files, **options)
        self.fields["opening_time"].disabled = not fits(self.instance.opening_time)
        if "texts" in self.fields:
            self.fields["texts"].widget.locale = self.instance.locale

    def clean_opening_time(self) -> object:
        """Equal hours are left as they were written."""
        stored, read = self.instance.opening_time, self.cleaned_data["opening_time"]
        return stored if mean_the_same(stored, read) else read

    def clean_texts(self) -> dict[str, object]:
        """Texts of other languages are kept."""
        locale, typed = self.instance.locale, self.cleaned_data["texts"]
        if self.fields["texts"].disabled:
            kept: dict[str, object] = self.instance.texts
            return kept
        others = {key: texts for key, texts in self.instance.texts.items() if key != locale}
        return others | ({locale: typed} if typed else {})


class LastSeen(TypedDict):
    """What the rows of the list have besides their columns."""

    seen_on: str
    seen_at: datetime | None


@admin.register(Widget)
class WidgetAdmin(BackOfficeAdmin[Widget]):
    form = WidgetForm
    list_display = ("name", "voip", "locale", "call_now", "call_future", "active", "seen")
    list_filter = (("active", BooleanRadioFilter), ConfigurationFilter, ("locale", ChoicesDropdownFilter))
    ordering = ("name", "id")
    search_fields = ("name", "description", "token")
    search_help_text = _("Name, description or token")
    autocomplete_fields = ("voip", "lines")
    readonly_fields = ("token", "embed", "installed", "shown_hours", "calling", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("name", "description", "voip", "active", "calling")}),
        (_("On the web site"), {"fields": ("token", "embed", "installed")}),
        (_("Opening hours"), {"fields": ("opening_time", "shown_hours", "time_zone", "holidays")}),
        (
            _("What a visitor may ask for"),
            {
                "fields": (
                    "call_now",
                    "call_future",
                    "slot_minutes",
                    "slot_capacity",
                    "minimum_notice_minutes",
                    "days_ahead",
                )
            },
        ),
        (_("Protection"), {"fields": ("allowed_countries", "daily_limit", "form_token_required")}),
        (_("Calling"), {"fields": ("lines", "ring_first", "max_attempts", "retry_minutes")}),
        (_("Appearance"), {"fields": ("locale", "color", "position", "consent_text", "texts")}),
        (_("History"), {"fields": ("created_at", "updated_at")}),
    )
    actions_detail = ("preview", "rotate_token")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Widget]:
        latest = Sighting.objects.filter(widget=OuterRef("pk")).order_by("-last_at", "pk")
        seen = {name: Subquery(latest.values(name)[:1]) for name in ("origin", "last_at")}
        rows: QuerySet[Widget] = without_secrets(super().get_queryset(request).select_related("voip"))
        rows = rows.prefetch_related(Prefetch("lines", Sip.objects.without_secrets()))
        return rows.annotate(seen_on=seen["origin"], seen_at=seen["last_at"])

    def get_fieldsets(self, request: HttpRequest, obj: Widget | None = None) -> "Sections":
        """The hours as a form, or as text for those who may not change them; a new widget has no sightings."""
        hidden = {"shown_hours"} if self._may_write(request, obj) else {"opening_time"}
        # which texts there are depends on its language
        hidden |= {"token", "embed", "installed", "texts", "calling"} if obj is None else set()
        named = (
            (title, options | {"fields": [name for name in options["fields"] if name not in hidden]})
            for title, options in super().get_fieldsets(request, obj)
        )
        return [(title, options) for title, options in named if options["fields"]]

    def _may_write(self, request: HttpRequest, widget: Widget | None) -> bool:
        return self.has_add_permission(request) if widget is None else self.has_change_permission(request, widget)

    def formfield_for_dbfield(
        self, db_field: "AnyField", request: HttpRequest, **options: object
    ) -> forms.Field | None:
        if db_field.name == "color":
            options["widget"] = UnfoldAdminColorInputWidget()
        return super().formfield_for_dbfield(db_field, request, **options)

    @admin.display(description=_("seen on"))
    def seen(self, widget: "WithAnnotations[Widget, LastSeen]") -> str:
        return _last_seen(widget.seen_on, widget.seen_at) if widget.seen_at else gettext("not seen yet")

    @admin.display(description=_("line to paste into the pages"))
    def embed(self, widget: Widget) -> str:
        shown = {"text": escape(embed_line(widget)), "label": gettext("Line to paste into the pages"), "name": ""}
        return render_to_string("admin/copy_line.html", shown | {"input_classes": " ".join(INPUT_CLASSES)})

    @admin.display(description=_("is it installed?"))
    def installed(self, widget: Widget) -> SafeString | str:
        sites = widget.sightings.order_by("-last_at", "pk")[:MOST_SIGHTINGS]
        if not sites:
            return gettext("Not seen yet: paste the line into the pages of your site.")
        rows = format_html_join("", "<li>{}</li>", ((_last_seen(site.origin, site.last_at),) for site in sites))
        return format_html("<ul>{}</ul>", rows)

    @admin.display(description=_("calling back"))
    def calling(self, widget: Widget) -> str:
        if widget.voip_id is None and not widget.lines.filter(voip__isnull=False).exists():
            return gettext("No configuration and no line of one: nobody who asks here can be called.")
        return gettext("Through the lines of this widget, else those of its configuration.")

    @admin.display(description=_("opening hours"))
    def shown_hours(self, widget: Widget) -> str:
        return render_to_string("widgets/shown_hours.html", {"written": write(widget.opening_time)})

    @page_button(_("Preview"), permission="view", icon="visibility")
    def preview(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A plain page with the button as visitors see it; its script is loaded from here, whatever PUBLIC_URL says."""
        widget = self.get_object(request, object_id)
        if widget is None:
            raise Http404
        shown = {"widget": widget, "line": embed_line(widget, server="")}
        return TemplateResponse(request, "widgets/preview.html", shown)

    @button(
        _("New token"),
        question=_("Pages that still show the present token stop working until they get the new one."),
        permission="change",
        icon="autorenew",
    )
    def rotate_token(self, request: HttpRequest, form: DialogForm, object_id: str) -> HttpResponse:
        widget = self.get_object(request, object_id)
        if widget is None:
            raise Http404
        widget.rotate_token()
        self.log_change(request, widget, gettext_noop("New token."))
        messages.success(request, gettext("The widget has a new token."))
        return redirect_from_dialog(request, reverse("admin:widgets_widget_change", args=[widget.pk]))


def _last_seen(origin: str, at: datetime) -> str:
    """Plain text, as the origin may be forged and must not become a link."""
    now = timezone.now()
    if now - at < timedelta(minutes=1):
        return gettext("last seen just now on %(origin)s") % {"origin": origin}
    return gettext("last seen %(ago)s ago on %(origin)s") % {"ago": timesince(at, now, depth=1), "origin": origin}
