"""The page of the audit log: administrators read it, nobody changes it."""

from django.apps import apps
from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from sips.staff_lines import sees_all_lines
from voipcrm.audit.actors import By
from voipcrm.audit.entries import Action, AuditEntry
from voipcrm.audit_texts import Names, describe, kind_of, names_in
from voipcrm.backoffice.display import Text, show_moment, unbroken
from voipcrm.backoffice.filters import ChoiceFilter, DayRangeFilter
from voipcrm.backoffice.read_only import ReadOnlyAdmin
from voipcrm.backoffice.reader_links import may_view

LONGEST_LINE, LONGEST_TEXT = 200, 100_000
KINDS = (
    "sips.voip", "sips.sip", "sips.staffline", "widgets.widget", "calls.call", "calls.note", "calls.followup", "calls.outcome",
    "autocalls.autocall", "autocalls.refusal", "auth.user", "auth.group", "voipcrm.apitoken",
)  # fmt: skip


class KindFilter(ChoiceFilter[AuditEntry]):
    title = _("kind of record")
    parameter_name = "model"

    def lookups(self, request: HttpRequest, model_admin: "admin.ModelAdmin[Model]") -> list[tuple[str, Text]]:
        return [(label, kind_of(label)) for label in KINDS]

    def narrow(self, queryset: QuerySet[AuditEntry], chosen: str) -> QuerySet[AuditEntry]:
        return queryset.filter(model=chosen)

    @property
    def choices_shown(self) -> tuple[tuple[str, str], ...]:  # type: ignore[override]  # names of models are in the reader's language
        return tuple((label, label) for label in KINDS)


class ActionFilter(ChoiceFilter[AuditEntry]):
    title = _("action")
    parameter_name = "action"
    choices_shown = tuple(Action.choices)

    def narrow(self, queryset: QuerySet[AuditEntry], chosen: str) -> QuerySet[AuditEntry]:
        return queryset.filter(action=chosen)


class ByFilter(ChoiceFilter[AuditEntry]):
    title = _("by")
    parameter_name = "by"
    choices_shown = tuple(By.choices)

    def narrow(self, queryset: QuerySet[AuditEntry], chosen: str) -> QuerySet[AuditEntry]:
        return queryset.filter(by=chosen)


class AuditEntryAdmin(ReadOnlyAdmin[AuditEntry]):
    list_display = ("moment", "person", "action", "record", "summary")
    list_filter = (("at", DayRangeFilter), ActionFilter, KindFilter, ByFilter)
    list_display_links = ("moment",)
    ordering = ("-at", "-id")
    sortable_by = ()
    search_fields = ("who",)
    search_help_text = _("Login name")
    fields = ("moment", "person", "by", "token", "address", "action", "record", "in_full")
    readonly_fields = ("moment", "person", "record", "in_full")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        """By login name, or `calls.call 7` for the history of a record; both use an index."""
        kind, _space, number = search_term.strip().partition(" ")
        if kind.lower() in KINDS and number.strip().isdecimal() and len(number) < 19:
            return queryset.filter(model=kind.lower(), object_id=int(number)), False
        return queryset.filter(who=search_term.strip()) if search_term.strip() else queryset, False

    def has_view_permission(self, request: HttpRequest, obj: AuditEntry | None = None) -> bool:
        """Only for users who see all lines, because the log covers their calls."""
        return super().has_view_permission(request, obj) and sees_all_lines(request.user)

    def get_changelist_instance(self, request: HttpRequest) -> ChangeList:
        """Adds the reader and the current names of the records on this page."""
        found = super().get_changelist_instance(request)
        names = names_in(found.result_list)
        for entry in found.result_list:
            entry.names = names
        return found

    @admin.display(description=_("when"))
    def moment(self, entry: AuditEntry) -> SafeString | str:
        return unbroken(show_moment(entry.at))

    @admin.display(description=_("who"))
    def person(self, entry: AuditEntry) -> str:
        through = entry.token or entry.get_by_display()
        return f"{entry.who} ({through})" if entry.who else through

    @admin.display(description=_("record"))
    def record(self, entry: AuditEntry) -> SafeString | str:
        return _link(getattr(entry, "reader", None), entry)

    @admin.display(description=_("changes"))
    def summary(self, entry: AuditEntry) -> SafeString:
        return _lines(entry, getattr(entry, "names", {}), LONGEST_LINE)

    @admin.display(description=_("changes"))
    def in_full(self, entry: AuditEntry) -> SafeString:
        return _lines(entry, names_in([entry]), LONGEST_TEXT)


def _link(reader: User | AnonymousUser | None, entry: AuditEntry) -> SafeString | str:
    """Labelled by id, because the record's name may be personal."""
    if not entry.model:
        return ""
    label = kind_of(entry.model) if entry.object_id is None else f"{kind_of(entry.model)} {entry.object_id}"
    model = apps.get_model(entry.model)
    if entry.object_id is None or entry.action == Action.DELETED or not may_view(reader, model):
        return label
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[entry.object_id])
    return format_html('<a href="{}" class="text-link">{}</a>', address, label)


def _lines(entry: AuditEntry, names: Names, longest: int) -> SafeString:
    lines = ((line if len(line) <= longest else f"{line[:longest]}…",) for line in describe(entry, names))
    return format_html_join("", "<div>{}</div>", lines)
