"""Which call-backs staff should look at; each choice is read from an index."""

from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter

from autocalls.models import OPEN, Autocall, Status

OVERDUE_AFTER = timedelta(minutes=1)
"""Of an hour that was promised: later than this no operator was free, no line can dial, or no worker runs."""

WAITING = Q(status__in=OPEN)


def overdue() -> Q:
    return Q(status=Status.SCHEDULED, call_at__lt=timezone.now() - OVERDUE_AFTER)


class AttentionFilter(DropdownFilter):
    title = _("attention")
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("waiting", _("waiting")), ("overdue", _("overdue"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Autocall]) -> QuerySet[Autocall]:
        match self.value():
            case "waiting":
                return queryset.filter(WAITING)
            case "overdue":
                return queryset.filter(overdue())
        return queryset
