"""The widgets of the API."""

from django.db.models import Prefetch
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from sips.models import Sip
from voipcrm.rest.editing import OneEditAtATime
from widgets.filters import WidgetFilter
from widgets.models import Widget
from widgets.serializers import WidgetSerializer


class WidgetViewSet(OneEditAtATime[Widget], viewsets.ModelViewSet[Widget]):
    """Call-back widgets."""

    resource = "widget"
    queryset = Widget.objects.prefetch_related(Prefetch("lines", Sip.objects.only("pk")))
    serializer_class = WidgetSerializer
    filterset_class = WidgetFilter
    http_method_names = ("get", "post", "patch", "delete", "head", "options")

    @extend_schema(request=None, responses=WidgetSerializer)
    @action(detail=True, methods=["post"])
    def rotate_token(self, request: Request, pk: str | None = None) -> Response:
        """Give the widget a new token; pages with the old one stop working."""
        widget = self.get_object()
        widget.rotate_token()
        return Response(self.get_serializer(widget).data)
