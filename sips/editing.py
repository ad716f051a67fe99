"""Changing a record through the API."""

from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model, QuerySet
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response

_Model = TypeVar("_Model", bound=Model)


class OneEditAtATime(mixins.UpdateModelMixin, viewsets.GenericViewSet[_Model]):
    """PATCH reads, checks and writes a record under its lock: of two at once neither undoes the other, and what is deleted meanwhile stays so."""

    @transaction.atomic
    def partial_update(self, request: Request, *args: Any, **options: Any) -> Response:
        return super().partial_update(request, *args, **options)

    def get_queryset(self) -> QuerySet[_Model]:
        rows = super().get_queryset()
        return rows.select_for_update(of=("self",)) if self.action == "partial_update" else rows
