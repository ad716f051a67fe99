from typing import cast

from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ErrorDetail, ValidationError
from rest_framework.request import Request
from rest_framework.views import APIView

PAGING = {"cursor", "per_page"}


class StrictFilterBackend(DjangoFilterBackend):
    """Filters lists only. An unknown, empty or repeated filter is an error, because ignoring it would return records that were not asked
    for."""

    def filter_queryset(self, request: HttpRequest, queryset: QuerySet[Model], view: APIView) -> QuerySet[Model]:
        if getattr(view, "action", None) != "list":
            return queryset
        filterset_class = self.get_filterset_class(view, queryset)
        known = (set(filterset_class.base_filters) if filterset_class else set()) | (
            PAGING if getattr(view, "pagination_class", None) else set()
        )
        errors = {
            name: [ErrorDetail(problem, code="unknown_filter" if name not in known else "invalid")]
            for name, values in cast("Request", request).query_params.lists()
            if (problem := find_problem(name, values, known=known))
        }
        if errors:
            raise ValidationError(errors)
        filterset = self.get_filterset(request, queryset, view)
        if filterset is None:
            return queryset
        if not filterset.is_valid():
            # Not raised as django-filter does, which would interpret a % in a sentence as a placeholder.
            raise ValidationError(
                {
                    name: [ErrorDetail(problem["message"], code=problem["code"] or "invalid") for problem in problems]
                    for name, problems in filterset.form.errors.get_json_data().items()
                }
            )
        found: QuerySet[Model] = filterset.qs
        return found


def find_problem(name: str, values: list[str], *, known: set[str]) -> str:
    if name not in known:
        return _("There is no such filter; use one of: %(known)s.") % {"known": ", ".join(sorted(known))}
    if len(values) > 1:
        return _("Give this filter once.")
    return "" if values[0].strip() else _("Give a value, or leave this filter out.")
