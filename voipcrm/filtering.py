from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django_filters.rest_framework import DjangoFilterBackend
from rest_framework.exceptions import ValidationError
from rest_framework.views import APIView

PAGING = {"cursor", "per_page"}


class StrictFilterBackend(DjangoFilterBackend):
    """A filter that is unknown or given twice is an error, because ignoring it would answer with records that were not asked for."""

    def filter_queryset(self, request: Any, queryset: QuerySet[Any], view: APIView) -> QuerySet[Any]:
        filterset_class = self.get_filterset_class(view, queryset)
        if filterset_class is not None and getattr(view, "action", None) == "list":
            known = set(filterset_class.base_filters) | PAGING
            errors = {}
            for name, values in request.query_params.lists():
                if name not in known:
                    errors[name] = [
                        _("There is no such filter; use one of: %(known)s.") % {"known": ", ".join(sorted(known))}
                    ]
                elif len(values) > 1:
                    errors[name] = [_("Give this filter once.")]
            if errors:
                raise ValidationError(errors)
        return super().filter_queryset(request, queryset, view)
