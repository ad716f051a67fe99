"""The API list's filters in the admin's list of the same records, so that a link shows exactly the same rows in both."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, cast

from django.contrib import messages
from django.contrib.admin import ModelAdmin, SimpleListFilter
from django.contrib.admin.views.main import SEARCH_VAR, ChangeList
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_filters import FilterSet

if TYPE_CHECKING:
    from django.contrib.admin.filters import _ListFilterChoices


class ListConditions(SimpleListFilter):
    """Shown only if the URL has such filters, as a figure's link does. An invalid one finds nothing and says so."""

    title = _("rows of a figure")
    parameter_name = "conditions"
    template = "admin/list_conditions.html"
    filterset: ClassVar[type[FilterSet]]

    def __init__(
        self, request: HttpRequest, params: dict[str, list[str]], model: type[Model], model_admin: "ModelAdmin[Model]"
    ) -> None:
        super().__init__(request, params, model, model_admin)
        for name in self.expected_parameters():
            if name in params:
                self.used_parameters[name] = params.pop(name)[-1]

    def expected_parameters(self) -> list[str | None]:
        return [name for name in self.filterset.base_filters if name != SEARCH_VAR]

    def has_output(self) -> bool:
        return bool(self.used_parameters)

    def lookups(self, request: HttpRequest, model_admin: "ModelAdmin[Model]") -> list[tuple[str, str]]:
        return [(name, str(value)) for name, value in self.used_parameters.items()]

    def choices(self, changelist: ChangeList) -> "Iterator[_ListFilterChoices]":
        """One, for the template named above."""
        shown = {
            "selected": True,
            "conditions": self.used_parameters,
            "query_string": changelist.get_query_string(remove=list(self.used_parameters)),
        }
        yield cast("_ListFilterChoices", shown)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Model]) -> QuerySet[Model]:
        if not self.used_parameters:
            return queryset
        narrowed = self.filterset(self.used_parameters, queryset=queryset)
        if narrowed.is_valid():
            found: QuerySet[Model] = narrowed.qs
            return found
        for name, problems in narrowed.errors.items():
            messages.error(request, f"{name}: {problems[0]}")
        return queryset.none()
