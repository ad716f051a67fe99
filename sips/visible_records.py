"""The API shows a record to those who may see it, and to nobody else."""

from typing import Any, TypeVar

from django.db.models import Model
from django.utils.translation import gettext as _
from rest_framework import viewsets
from rest_framework.exceptions import PermissionDenied

_Model = TypeVar("_Model", bound=Model)


class VisibleRecords(viewsets.GenericViewSet[_Model]):
    """A record of a line that its reader does not see is not there for them: not in lists, and a 404 under its address. To be named first."""

    def get_queryset(self) -> Any:
        rows: Any = super().get_queryset()
        return rows.visible_to(self.request.user)

    def check_seen(self, pk: int) -> None:
        """Nobody writes a record that they would not see, nor learns that there is one which forbids it: to be asked in the transaction that
        stores it. Raises PermissionDenied."""
        if not self.get_queryset().order_by().filter(pk=pk).exists():
            message = _("You would not see this record yourself: name one of your own lines.")
            raise PermissionDenied(message, code="out_of_sight")
