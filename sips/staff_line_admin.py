"""Lines of users, in the back-office."""

from typing import TYPE_CHECKING

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline

from sips.encryption import without_secrets
from sips.models import Sip, StaffLine
from voipcrm.backoffice.model_admin import BackOfficeAdmin

if TYPE_CHECKING:
    from voipcrm.backoffice.unfold_admin import Choice, ForeignKey


def lines_to_give(user: User | AnonymousUser) -> QuerySet[Sip]:
    """A line lets its user see its calls, so nobody may give a line whose calls they do not see."""
    return Sip.objects.dialed_from_by(user).without_secrets()


class StaffLineAdmin(BackOfficeAdmin[StaffLine]):
    list_display = ("user", "sip", "created_at")
    ordering = ("user__username", "id")
    sortable_by = ()
    search_fields = ("user__username", "sip__sip", "sip__name")
    autocomplete_fields = ("user", "sip")
    fields = ("user", "sip")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffLine]:
        rows = super().get_queryset(request).select_related("user", "sip")
        return without_secrets(rows).defer("user__password")

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey", request: HttpRequest, **options: object
    ) -> "Choice | None":
        if db_field.name == "sip":
            options["queryset"] = lines_to_give(request.user)
        return super().formfield_for_foreignkey(db_field, request, **options)

    def has_change_permission(self, request: HttpRequest, obj: StaffLine | None = None) -> bool:
        """Given or removed, never changed."""
        return False


class StaffLineInline(TabularInline):
    """The lines of one user, on their page."""

    model = StaffLine
    fields = ("sip",)
    autocomplete_fields = ("sip",)
    extra = 0
    verbose_name_plural = _("lines")

    def get_queryset(self, request: HttpRequest) -> QuerySet[StaffLine]:
        return without_secrets(super().get_queryset(request).select_related("sip"))

    def formfield_for_foreignkey(
        self, db_field: "ForeignKey", request: HttpRequest, **options: object
    ) -> "Choice | None":
        if db_field.name == "sip":
            options["queryset"] = lines_to_give(request.user)
        return super().formfield_for_foreignkey(db_field, request, **options)
