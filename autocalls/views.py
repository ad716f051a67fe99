"""The call-backs of the API."""

from collections.abc import Callable
from typing import cast

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from autocalls import services, taking
from autocalls.filters import AutocallFilter
from autocalls.models import Attempt, Autocall, RequestSource
from autocalls.serializers import AutocallSerializer
from sips.exceptions import Conflict
from sips.lines import CannotDial
from sips.visible_records import VisibleRecords
from voipcrm.rest.editing import NotedEdits
from voipcrm.rest.replica import ListsFromReplica


class AutocallViewSet(
    ListsFromReplica[Autocall], VisibleRecords[Autocall], NotedEdits[Autocall], viewsets.ModelViewSet[Autocall]
):
    """Automatic call-backs."""

    resource = "autocall"
    queryset = (
        Autocall.objects.select_related("taken_by")
        .defer("taken_by__password")
        .prefetch_related(Prefetch("calls_made", Attempt.objects.order_by("pk")))
    )
    serializer_class = AutocallSerializer
    filterset_class = AutocallFilter
    http_method_names = ("get", "post", "patch", "delete", "head", "options")

    @transaction.atomic
    def perform_create(self, serializer: BaseSerializer[Autocall]) -> None:
        try:
            serializer.instance = services.schedule(serializer.validated_data, source=RequestSource.API)
        except services.AlreadyScheduled as problem:
            self.check_seen(problem.autocall_id)
            raise Conflict(str(problem), code="already_promised") from problem
        except CannotDial as problem:
            raise ValidationError({problem.field: [str(problem)]}, code="cannot_dial") from problem
        self.check_seen(serializer.instance.pk)

    @transaction.atomic
    def store_update(self, serializer: BaseSerializer[Autocall]) -> None:
        assert serializer.instance is not None
        try:
            serializer.instance = services.edit(serializer.instance, serializer.validated_data)
        except services.TooLate as problem:
            raise Conflict(str(problem), code="too_late") from problem
        except services.AlreadyScheduled as problem:
            self.check_seen(problem.autocall_id)
            raise Conflict(str(problem), code="already_promised") from problem
        except CannotDial as problem:
            raise ValidationError({problem.field: [str(problem)]}, code="cannot_dial") from problem
        self.check_seen(serializer.instance.pk)

    def perform_destroy(self, instance: Autocall) -> None:
        try:
            services.delete(instance)
        except services.TooLate as problem:
            raise Conflict(str(problem), code="too_late") from problem

    @extend_schema(request=None, responses=AutocallSerializer)
    @action(detail=True, methods=["post"])
    def take(self, request: Request, pk: str | None = None) -> Response:
        """The token's user makes the call; it is not dialed automatically. 409 says who has taken it."""
        return self._answer(taking.take)

    @extend_schema(request=None, responses=AutocallSerializer)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, pk: str | None = None) -> Response:
        """Give it back to be dialed automatically."""
        return self._answer(taking.release)

    @extend_schema(request=None, responses=AutocallSerializer)
    @action(detail=True, methods=["post"])
    def finish(self, request: Request, pk: str | None = None) -> Response:
        """Mark it done."""
        return self._answer(taking.finish)

    def _answer(self, verb: Callable[[Autocall, User], Autocall]) -> Response:
        try:
            changed = verb(self.get_object(), cast("User", self.request.user))
        except taking.TakenBySomebody as problem:
            raise Conflict(str(problem), code="taken_by_somebody") from problem
        except services.TooLate as problem:
            raise Conflict(str(problem), code="too_late") from problem
        return Response(self.get_serializer(changed).data)
