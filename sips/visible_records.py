"""The API shows a record only to users who may see it."""

from typing import Protocol, TypeVar, cast

from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _
from rest_framework import viewsets
from rest_framework.exceptions import PermissionDenied

_Model = TypeVar("_Model", bound=Model)

_Row_co = TypeVar("_Row_co", bound=Model, covariant=True)


class _Visible(Protocol[_Row_co]):
    """The querysets of models whose rows not every user sees."""

    def visible_to(self, user: User | AnonymousUser) -> QuerySet[_Row_co]: ...


class VisibleRecords(viewsets.GenericViewSet[_Model]):
    """A record of a line that the user does not see does not exist for them: not in lists, and a 404 by its id. Must be the first base class."""

    def get_queryset(self) -> QuerySet[_Model]:
        return cast("_Visible[_Model]", super().get_queryset()).visible_to(self.request.user)

    def check_seen(self, pk: int) -> None:
        """Refuse storing a record that the user would not see, without revealing hidden records; must be called in the transaction that stores it.
        Raises PermissionDenied."""
        if not self.get_queryset().order_by().filter(pk=pk).exists():
            message = _("You would not see this record yourself: name one of your own lines.")
            raise PermissionDenied(message, code="out_of_sight")
