"""The widgets of the API, and the public door from which the button on a page learns what to show."""

from typing import Any

from django.db.models import Prefetch
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework import viewsets
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from sips.editing import OneEditAtATime
from sips.models import Sip
from sips.phone_numbers import display
from widgets import form_tokens, sightings
from widgets.filters import WidgetFilter
from widgets.models import Widget
from widgets.places import free_slots
from widgets.serializers import WidgetSerializer
from widgets.texts import TEXTS

CACHED_SECONDS = 10


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


@csrf_exempt  # else a POST would be told of a missing CSRF token instead of the method
@require_safe
def widget_data(request: HttpRequest) -> JsonResponse:
    """What the button shows: 404 for an unknown token, `{"active": false}` alone for an inactive widget."""
    token = request.GET.get("widget_token", "")
    shown = Widget.objects.select_related("voip").defer("voip__api_key", "voip__webhook_secret")
    widget = shown.filter(token=token).first() if "\x00" not in token else None
    if widget is None:
        return JsonResponse(
            {"code": "unknown_widget", "detail": "There is no widget with this widget_token."}, status=404
        )
    if origin := sightings.origin_of(request):
        sightings.note(widget, origin)
    response = JsonResponse(_shown(widget) if widget.active else {"active": False})
    # A token that is good once is one visitor's own.
    own = widget.active and widget.form_token_required
    response["Cache-Control"] = "no-store" if own else f"public, max-age={CACHED_SECONDS}"
    return response


def _shown(widget: Widget) -> dict[str, Any]:
    now = timezone.now()
    hours = widget.hours()
    return {
        "name": widget.name,
        "description": widget.description,
        "locale": widget.locale,
        "active": True,
        "open": hours.is_open(now),
        "call_now": widget.call_now,
        "call_future": widget.call_future,
        "opening_time": widget.opening_time,
        "time_zone": widget.time_zone,
        "next_opening": hours.next_opening(now),
        "slots": [{"call_at": slot.begin, "free": free} for slot, free in free_slots(widget, hours, now)]
        if widget.call_future
        else [],
        "slot_minutes": widget.slot_minutes,
        "ring_first": widget.ring_first,
        "phone": display(widget.voip.number) if widget.voip else "",
        "texts": TEXTS[widget.locale],
        "consent_text": widget.consent_text,
        "consent_version": widget.consent_version,
        "color": widget.color,
        "position": widget.position,
        "form_token": form_tokens.issue(widget.pk),
    }
