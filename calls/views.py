from typing import cast

from django.contrib.auth.models import User
from django.db import transaction
from drf_spectacular.utils import extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from calls import dialing, services
from calls.filters import CallFilter
from calls.models import Call, Via
from calls.serializers import CallSerializer, MakeCallSerializer
from sips.exceptions import Conflict
from sips.lines import CannotDial
from sips.visible_records import VisibleRecords
from voipcrm.rest.editing import NotedEdits
from voipcrm.rest.replica import ListsFromReplica

NAMES = ("voip", "sip", "placed_by")
HEAVY = (
    "voip__api_key",
    "voip__webhook_secret",
    "voip__settings",
    "voip__webhook_ips",
    "sip__password",
    "placed_by__password",
)
"""Secrets, and columns that a call does not show."""


class CallViewSet(ListsFromReplica[Call], VisibleRecords[Call], NotedEdits[Call], viewsets.ModelViewSet[Call]):
    """Calls: the log, and click-to-call."""

    resource = "call"
    list_time = "start_time"
    queryset = Call.objects.select_related(*NAMES).defer(*HEAVY)
    serializer_class = CallSerializer
    filterset_class = CallFilter
    http_method_names = ("get", "post", "patch", "delete", "head", "options")

    @transaction.atomic
    def perform_create(self, serializer: BaseSerializer[Call]) -> None:
        serializer.instance = services.record_call(serializer.validated_data)
        self.check_seen(serializer.instance.pk)

    @transaction.atomic
    def store_update(self, serializer: BaseSerializer[Call]) -> None:
        assert serializer.instance is not None
        try:
            services.edit_call(serializer.instance, serializer.validated_data)
        except services.Owned as problem:
            raise Conflict(str(problem), code="owned_by_reporter") from problem
        self.check_seen(serializer.instance.pk)
        serializer.instance = self._read(serializer.instance.pk)

    def perform_destroy(self, instance: Call) -> None:
        services.delete_call(instance)

    @extend_schema(request=MakeCallSerializer, responses={201: CallSerializer})
    @action(detail=False, methods=["post"])
    def make_call(self, request: Request) -> Response:
        """Call by SIP itself: ring the line, then the number."""
        return self._request_call(request, Via.SIP)

    @extend_schema(request=MakeCallSerializer, responses={201: CallSerializer})
    @action(detail=False, methods=["post"])
    def make_call_integrate(self, request: Request) -> Response:
        """Call through the API of the configuration's provider: ring the line, then the number."""
        return self._request_call(request, Via.PROVIDER)

    @extend_schema(request=None, responses=CallSerializer)
    @action(detail=True, methods=["post"])
    def hangup(self, request: Request, pk: str | None = None) -> Response:
        """End a call that our SIP dialer holds, or cancel one that waits to be dialed; 409 where nobody here can."""
        call = self.get_object()
        try:
            dialing.hang_up(call.pk)
        except dialing.NotControllable as problem:
            raise Conflict(str(problem), code="not_controllable") from problem
        return Response(self.get_serializer(self._read(call.pk)).data)

    def _request_call(self, request: Request, via: Via) -> Response:
        body = MakeCallSerializer(data=request.data, context=self.get_serializer_context())
        body.is_valid(raise_exception=True)
        try:
            call = services.request_call(via=via, placed_by=cast("User", request.user), **body.validated_data)
        except CannotDial as problem:
            raise ValidationError({problem.field: [str(problem)]}, code="cannot_dial") from problem
        return Response(self.get_serializer(call).data, status=status.HTTP_201_CREATED)

    def _read(self, pk: int) -> Call:
        """A call as it is stored now, with the names of its line and configuration and without their secrets."""
        call: Call = self.get_queryset().get(pk=pk)
        return call
