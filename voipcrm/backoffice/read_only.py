"""A ModelAdmin without forms."""

from typing import Any

from django.http import HttpRequest

from voipcrm.backoffice.model_admin import BackOfficeAdmin


class ReadOnlyAdmin(BackOfficeAdmin):
    """Records cannot be added, changed or deleted here, except by buttons and actions."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
