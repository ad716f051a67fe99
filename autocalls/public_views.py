"""The doors that stand open to visitors of web sites. They carry no credentials, so pages of any origin may use them."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from autocalls import refusals, services, visitors
from autocalls.guard import Origin, Refused
from autocalls.models import Autocall, Status
from autocalls.serializers import (
    CreateFromWidgetSerializer,
    PromiseSerializer,
    VisitorStatusSerializer,
    VisitorTokenSerializer,
)
from autocalls.texts import sentence
from widgets.models import Locale, Widget

BAD_REQUESTS = frozenset({"number_invalid", "closed", "not_bookable", "slot_taken"})
"""What the visitor can put right; the rest is forbidden, or too much."""

UNKNOWN_WIDGET = {"code": "unknown_widget", "detail": "There is no widget with this widget_token."}


class PublicView(APIView):
    authentication_classes = ()
    permission_classes = ()


class CreateFromWidget(PublicView):
    """A visitor asks for a call."""

    @extend_schema(
        auth=[],
        request=CreateFromWidgetSerializer,
        responses={
            201: PromiseSerializer,
            200: OpenApiResponse(PromiseSerializer, "Joined an earlier request"),
            400: None,
            403: None,
            404: None,
            429: None,
        },
    )
    def post(self, request: Request) -> Response:
        body = CreateFromWidgetSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        widget = _find_widget(body.validated_data["widget_token"])
        if widget is None:
            return Response(UNKNOWN_WIDGET, status=404)
        if not widget.active:
            return Response({"code": "inactive", "detail": sentence(widget.locale, "inactive")}, status=403)
        wish, origin = body.validated_data["autocall"], Origin.of(request.META["REMOTE_ADDR"])
        try:
            promise = services.schedule_for_visitor(widget, wish, origin)
        except Refused as refused:
            refusals.keep(widget, refused.code, wish, origin)
            return _refuse(refused, widget.locale)
        owned = not promise.joined or promise.autocall.address == origin.address
        token = visitors.token_for(promise.autocall, owned=owned)
        told = PromiseSerializer(_told(promise.autocall, owned=owned) | {"visitor_token": token})
        return Response(told.data, status=200 if promise.joined else 201)


class VisitorStatus(PublicView):
    """How a visitor's request stands."""

    @extend_schema(
        auth=[],
        parameters=[OpenApiParameter("visitor_token", str, required=True)],
        responses={200: VisitorStatusSerializer, 404: None},
    )
    def get(self, request: Request) -> Response:
        try:
            found = visitors.find(request.query_params.get("visitor_token", ""))
        except visitors.UnknownRequest:
            return _unknown_request()
        told = VisitorStatusSerializer(_told(found.autocall, owned=found.owned))
        return Response(told.data, headers={"Cache-Control": "no-store"})


class CancelByVisitor(PublicView):
    """A visitor does not want to be called any more."""

    @extend_schema(
        auth=[],
        request=VisitorTokenSerializer,
        responses={200: VisitorStatusSerializer, 403: None, 404: None, 409: None},
    )
    def post(self, request: Request) -> Response:
        token = request.query_params.get("visitor_token")
        body = VisitorTokenSerializer(data={"visitor_token": token} if token else request.data)
        body.is_valid(raise_exception=True)
        try:
            found = visitors.find(body.validated_data["visitor_token"])
        except visitors.UnknownRequest:
            return _unknown_request()
        locale = found.autocall.widget.locale if found.autocall.widget else Locale.EN
        try:
            canceled = visitors.cancel(found)
        except visitors.NotYours:
            return Response({"code": "not_yours", "detail": sentence(locale, "not_yours")}, status=403)
        except services.TooLate:
            return Response({"code": "too_late", "detail": sentence(locale, "too_late")}, status=409)
        return Response(VisitorStatusSerializer(_told(canceled, owned=True)).data)


def _find_widget(token: str) -> Widget | None:
    secretless = Widget.objects.select_related("voip").defer("voip__api_key", "voip__webhook_secret")
    return secretless.filter(token=token).first()


def _refuse(refused: Refused, locale: str) -> Response:
    answer = {"code": refused.code, "detail": sentence(locale, refused.code)}
    if refused.field:
        answer["field"] = refused.field
    if refused.retry_after is not None:
        seconds = max(1, round(refused.retry_after.total_seconds()))
        return Response(answer, status=429, headers={"Retry-After": str(seconds)})
    return Response(answer, status=400 if refused.code in BAD_REQUESTS else 403)


def _unknown_request() -> Response:
    return Response({"code": "unknown_request", "detail": sentence(Locale.EN, "unknown_request")}, status=404)


def _told(autocall: Autocall, *, owned: bool) -> dict[str, Any]:
    return {
        "status": autocall.status,
        "step": visitors.step(autocall),
        "call_at": autocall.call_at,
        "can_cancel": owned and autocall.status == Status.SCHEDULED,
        "now": timezone.now(),
    }
