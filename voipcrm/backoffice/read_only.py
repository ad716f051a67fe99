"""A ModelAdmin without forms."""

from django.http import HttpRequest

from voipcrm.backoffice.model_admin import BackOfficeAdmin
from voipcrm.backoffice.unfold_admin import M


class ReadOnlyAdmin(BackOfficeAdmin[M]):
    """Records cannot be added, changed or deleted here, except by buttons and actions."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        return False
