"""The call-backs of the API, and the public door through which a visitor asks for one."""

from django.core import signing
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status, viewsets
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from autocalls import services
from autocalls.filters import AutocallFilter
from autocalls.models import Autocall, Source
from autocalls.serializers import AutocallSerializer, CreateFromWidgetSerializer, PromiseSerializer
from calls.exceptions import Conflict
from widgets.models import Widget
from widgets.texts import TEXTS

VISITOR_SALT = "autocalls.visitor"


class AutocallViewSet(viewsets.ModelViewSet[Autocall]):
    """Automatic call-backs."""

    resource = "autocall"
    queryset = Autocall.objects.all()
    serializer_class = AutocallSerializer
    filterset_class = AutocallFilter
    http_method_names = ("get", "post", "patch", "delete", "head", "options")

    def perform_create(self, serializer: BaseSerializer[Autocall]) -> None:
        serializer.save(source=Source.API)

    def perform_update(self, serializer: BaseSerializer[Autocall]) -> None:
        assert serializer.instance is not None
        try:
            serializer.instance = services.edit(serializer.instance, serializer.validated_data)
        except services.TooLate as problem:
            raise Conflict(str(problem)) from problem


class CreateFromWidget(APIView):
    """A visitor asks for a call."""

    authentication_classes = ()
    permission_classes = ()

    @extend_schema(
        auth=[],
        request=CreateFromWidgetSerializer,
        responses={
            201: PromiseSerializer,
            200: OpenApiResponse(PromiseSerializer, "Joined an earlier request"),
            400: None,
            403: None,
            404: None,
        },
    )
    def post(self, request: Request) -> Response:
        body = CreateFromWidgetSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        widget = (
            Widget.objects.select_related("voip")
            .defer("voip__api_key", "voip__webhook_secret")
            .filter(token=body.validated_data["widget_token"])
            .first()
        )
        if widget is None:
            return Response(
                {"code": "unknown_widget", "detail": "There is no widget with this widget_token."}, status=404
            )
        if not widget.active:
            return Response(
                {"code": "inactive", "detail": TEXTS[widget.locale]["inactive"]}, status=status.HTTP_403_FORBIDDEN
            )
        try:
            promise = services.schedule_for_visitor(widget, body.validated_data["autocall"])
        except services.Refused as problem:
            answer = {"code": problem.code, "detail": TEXTS[widget.locale][problem.code]}
            return Response(
                answer | ({"field": problem.field} if problem.field else {}), status=status.HTTP_400_BAD_REQUEST
            )
        told = {
            "status": promise.autocall.status,
            "call_at": promise.autocall.call_at,
            "visitor_token": signing.dumps(promise.autocall.pk, salt=VISITOR_SALT),
        }
        return Response(
            PromiseSerializer(told).data, status=status.HTTP_200_OK if promise.joined else status.HTTP_201_CREATED
        )
