"""Notes and the company's outcomes in the back-office."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import BooleanRadioFilter

from calls.models import Note, Outcome
from sips.staff_lines import name_of
from voipcrm.backoffice.display import show_moment, unbroken
from voipcrm.backoffice.filters import DayRangeFilter
from voipcrm.backoffice.model_admin import BackOfficeAdmin
from voipcrm.backoffice.read_only import ReadOnlyAdmin

LONGEST_BEGINNING = 80
"""Characters of a note that its row in the list shows."""


class NoteAdmin(ReadOnlyAdmin[Note]):
    """All notes, to be read; they are written on their call's page."""

    list_display = ("written", "who", "call", "beginning")
    list_filter = (("created_at", DayRangeFilter),)
    ordering = ("-id",)
    sortable_by = ()
    search_fields = ("author__username",)
    search_help_text = _("Login name of the author")
    fields = ("call", "author", "created_at", "text")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Note]:
        return super().get_queryset(request).select_related("call", "author").defer("author__password")

    @admin.display(description=_("written"))
    def written(self, note: Note) -> SafeString | str:
        return unbroken(show_moment(note.created_at))

    @admin.display(description=_("author"))
    def who(self, note: Note) -> str:
        return name_of(note.author)

    @admin.display(description=_("text"))
    def beginning(self, note: Note) -> str:
        return note.text if len(note.text) <= LONGEST_BEGINNING else f"{note.text[:LONGEST_BEGINNING]}…"


class OutcomeAdmin(BackOfficeAdmin[Outcome]):
    """One that calls or follow-ups have cannot be deleted, but switched off."""

    list_display = ("name", "active", "position")
    list_filter = (("active", BooleanRadioFilter),)
    ordering = ("position", "name")
    search_fields = ("name",)
    readonly_fields = ("created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("name", "active", "position")}),
        (_("History"), {"fields": ("created_at", "updated_at")}),
    )
