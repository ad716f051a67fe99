"""The API shows a record only to users who may see it."""

from typing import Any, TypeVar

from django.db.models import Model
from django.utils.translation import gettext as _
from rest_framework import viewsets
from rest_framework.exceptions import PermissionDenied

_Model = TypeVar("_Model", bound=Model)


class VisibleRecords(viewsets.GenericViewSet[_Model]):
    """A record of a line that the user does not see does not exist for them: not in lists, and a 404 by its id. Must be the first base class."""

    def get_queryset(self) -> Any:
        rows: Any = super().get_queryset()
        return rows.visible_to(self.request.user)

    def check_seen(self, pk: int) -> None:
        """Refuse storing a record that the user would not see, without revealing hidden records; must be called in the transaction that stores it.
        Raises PermissionDenied."""
        if not self.get_queryset().order_by().filter(pk=pk).exists():
            message = _("You would not see this record yourself: name one of your own lines.")
            raise PermissionDenied(message, code="out_of_sight")
