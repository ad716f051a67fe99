from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import status, viewsets
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer

from calls import dialing, services
from calls.exceptions import Conflict, KeyReused
from calls.filters import CallFilter
from calls.models import Call, Via
from calls.serializers import CallSerializer, MakeCallSerializer
from sips.lines import CannotDial

LONGEST_KEY = 255
IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="The same key and body within 24 hours is the same request: nothing is dialed twice.",
)
REQUESTED = {
    201: CallSerializer,
    200: OpenApiResponse(CallSerializer, "Replayed"),
    404: OpenApiResponse(OpenApiTypes.OBJECT, "The call of this Idempotency-Key has been deleted"),
    422: OpenApiResponse(OpenApiTypes.OBJECT, "The Idempotency-Key was used for another request"),
}


class CallViewSet(viewsets.ModelViewSet[Call]):
    """Calls: the log, and click-to-call."""

    resource = "call"
    list_time = "start_time"
    queryset = Call.objects.all()
    serializer_class = CallSerializer
    filterset_class = CallFilter
    http_method_names = ("get", "post", "patch", "delete", "head", "options")

    def perform_create(self, serializer: BaseSerializer[Call]) -> None:
        serializer.instance = services.record_call(serializer.validated_data)

    def perform_update(self, serializer: BaseSerializer[Call]) -> None:
        assert serializer.instance is not None
        try:
            serializer.instance = services.edit_call(serializer.instance, serializer.validated_data)
        except services.Owned as problem:
            raise Conflict(str(problem)) from problem

    def perform_destroy(self, instance: Call) -> None:
        services.delete_call(instance)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=MakeCallSerializer,
        responses=REQUESTED,
    )
    @action(detail=False, methods=["post"])
    def make_call(self, request: Request) -> Response:
        """Call by SIP itself: ring the line, then the number."""
        return self._request_call(request, Via.SIP)

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=MakeCallSerializer,
        responses=REQUESTED,
    )
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
        except dialing.NobodyHolds as problem:
            raise Conflict(str(problem)) from problem
        call.refresh_from_db()
        return Response(self.get_serializer(call).data)

    def _request_call(self, request: Request, via: Via) -> Response:
        body = MakeCallSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        key = _read_key(request)

        def place() -> Call:
            return services.request_call(via=via, **body.validated_data)

        try:
            requested = (
                services.request_once(user_id=request.user.id or 0, key=key, digest=body.digest(via), request=place)
                if key
                else services.Requested(place(), replayed=False)
            )
        except CannotDial as problem:
            raise ValidationError({problem.field: [str(problem)]}) from problem
        except services.IdempotencyClash as problem:
            raise KeyReused from problem
        if requested.call.deleted_at is not None:
            raise NotFound("The call of this Idempotency-Key has been deleted.")
        return _answer(self.get_serializer(requested.call).data, replayed=requested.replayed)


def _answer(call: Any, *, replayed: bool) -> Response:
    if replayed:
        return Response(call, headers={"Idempotent-Replayed": "true"})
    return Response(call, status=status.HTTP_201_CREATED)


def _read_key(request: Request) -> str:
    key = str(request.headers.get("Idempotency-Key", ""))
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise ValidationError({"Idempotency-Key": [f"Give at most {LONGEST_KEY} printable characters."]})
    return key
