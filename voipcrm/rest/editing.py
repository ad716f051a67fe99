"""Changing a record through the API."""

import json
from typing import TypeVar, cast

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils.text import capfirst
from django.utils.translation import override
from rest_framework import mixins, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

_Model = TypeVar("_Model", bound=Model)
_UNKNOWN = object()
"""A column that was not read, such as a secret, or a relation."""


class NotedEdits(mixins.UpdateModelMixin, viewsets.GenericViewSet[_Model]):
    """Records PATCH changes in the record's history (`voipcrm.backoffice.history`), with the token that made them."""

    def perform_update(self, serializer: BaseSerializer[_Model]) -> None:
        record = cast("_Model", serializer.instance)
        before = {name: _value(record, name) for name in serializer.validated_data}
        with transaction.atomic():
            self.store_update(serializer)
            stored = cast("_Model", serializer.instance)
            changed = [name for name, value in before.items() if value is _UNKNOWN or value != _value(stored, name)]
            if changed:
                self._note(stored, changed)

    def store_update(self, serializer: BaseSerializer[_Model]) -> None:
        serializer.save()

    def _note(self, record: _Model, changed: list[str]) -> None:
        with override(None):
            names = [
                str(capfirst(str(getattr(record._meta.get_field(name), "verbose_name", name)))) for name in changed
            ]
        LogEntry.objects.create(
            user_id=cast("int", self.request.user.pk),  # only who is known may PATCH
            content_type=ContentType.objects.get_for_model(record),
            object_id=str(record.pk),
            action_flag=CHANGE,
            change_message=json.dumps([{"changed": {"fields": names}, "token": str(self.request.auth or "")}]),
        )


class OneEditAtATime(NotedEdits[_Model]):
    """PATCH reads, checks and writes a record under its lock: concurrent edits do not undo each other, and a deleted record stays deleted."""

    @transaction.atomic
    def partial_update(self, request: Request, *args: object, **options: object) -> Response:
        return super().partial_update(request, *args, **options)

    def get_queryset(self) -> QuerySet[_Model]:
        rows = super().get_queryset()
        return rows.select_for_update(of=("self",)) if self.action == "partial_update" else rows


def _value(record: Model, name: str) -> object:
    attribute = getattr(record._meta.get_field(name), "attname", name)
    return record.__dict__.get(attribute, _UNKNOWN)
