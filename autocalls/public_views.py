"""The public endpoints for visitors of web sites. They take no credentials, so any origin may use them."""

from django.utils import timezone
from django.utils.translation import get_language
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from autocalls import refusals, services, visitors
from autocalls.guard import Origin, VisitorRefused
from autocalls.models import Autocall, Status
from autocalls.prepared import widget_with
from autocalls.serializers import (
    CreateFromWidgetSerializer,
    ScheduledCallBackSerializer,
    VisitorStatusSerializer,
    VisitorTokenSerializer,
)
from autocalls.texts import sentence
from autocalls.widget_data import unknown_widget
from sips.phone_numbers import display
from widgets.models import Locale
from widgets.texts import locale_for

BAD_REQUESTS = frozenset({"number_invalid", "number_extension", "closed", "not_bookable", "slot_taken"})
"""400: the visitor can correct these; the others are 403 or 429."""


class PublicView(APIView):
    authentication_classes = ()
    permission_classes = ()


class CreateFromWidget(PublicView):
    """A visitor asks for a call."""

    @extend_schema(
        auth=[],
        request=CreateFromWidgetSerializer,
        responses={
            201: ScheduledCallBackSerializer,
            200: OpenApiResponse(ScheduledCallBackSerializer, "Joined an earlier request"),
        },
    )
    def post(self, request: Request) -> Response:
        body = CreateFromWidgetSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        widget = widget_with(body.validated_data["widget_token"])
        if widget is None:
            return Response(unknown_widget(), status=404)
        locale = body.validated_data.get("locale", widget.locale)
        if not widget.active:
            return Response({"code": "inactive", "detail": sentence(locale, "inactive")}, status=403)
        requested, origin = body.request_of(widget), Origin.of(request.META["REMOTE_ADDR"])
        try:
            scheduled = services.schedule_for_visitor(widget, requested, origin)
        except VisitorRefused as refused:
            refusals.keep(widget, refused.code, requested, origin)
            return _refuse(refused, locale)
        owned = not scheduled.joined or scheduled.autocall.address == origin.address
        token = visitors.token_for(scheduled.autocall, owned=owned)
        message = ScheduledCallBackSerializer(_told(scheduled.autocall, owned=owned) | {"visitor_token": token})
        return Response(message.data, status=200 if scheduled.joined else 201)


class VisitorStatus(PublicView):
    """How a visitor's request stands."""

    @extend_schema(
        auth=[],
        parameters=[
            OpenApiParameter(
                "visitor_token", str, required=True, description="That of the answer to the visitor's request."
            ),
            OpenApiParameter("locale", str, description="The language of a refusal's sentence, such as `cs`."),
        ],
        responses=VisitorStatusSerializer,
    )
    def get(self, request: Request) -> Response:
        try:
            found = visitors.find(request.query_params.get("visitor_token", ""))
        except visitors.UnknownRequest:
            return _unknown_request(request.query_params.get("locale", ""))
        message = VisitorStatusSerializer(_told(found.autocall, owned=found.owned))
        return Response(message.data, headers={"Cache-Control": "no-store"})


class CancelByVisitor(PublicView):
    """A visitor cancels the request."""

    @extend_schema(
        auth=[],
        request=VisitorTokenSerializer,
        responses=VisitorStatusSerializer,
    )
    def post(self, request: Request) -> Response:
        token = request.query_params.get("visitor_token")
        body = VisitorTokenSerializer(data={"visitor_token": token} if token else request.data)
        body.is_valid(raise_exception=True)
        try:
            found = visitors.find(body.validated_data["visitor_token"])
        except visitors.UnknownRequest:
            return _unknown_request(body.validated_data.get("locale", ""))
        own = found.autocall.widget.locale if found.autocall.widget else Locale.EN
        locale = body.validated_data.get("locale", own)
        try:
            canceled = visitors.cancel(found)
        except visitors.NotYours:
            return Response({"code": "not_yours", "detail": sentence(locale, "not_yours")}, status=403)
        except services.TooLate:
            return Response({"code": "too_late", "detail": sentence(locale, "too_late")}, status=409)
        return Response(VisitorStatusSerializer(_told(canceled, owned=True)).data)


def _refuse(refused: VisitorRefused, locale: str) -> Response:
    answer = {"code": refused.code, "detail": sentence(locale, refused.code).format(**refused.values)}
    if refused.field:
        answer["field"] = refused.field
    if refused.retry_after is not None:
        seconds = max(1, round(refused.retry_after.total_seconds()))
        return Response(answer, status=429, headers={"Retry-After": str(seconds)})
    return Response(answer, status=400 if refused.code in BAD_REQUESTS else 403)


def _unknown_request(wanted: str) -> Response:
    """In the language asked for, else that of the request's headers."""
    locale = locale_for(wanted or get_language() or "", Locale.EN)
    return Response({"code": "unknown_request", "detail": sentence(locale, "unknown_request")}, status=404)


def _told(autocall: Autocall, *, owned: bool) -> dict[str, object]:
    return {
        "status": visitors.shown_status(autocall),
        "step": visitors.step(autocall),
        "number": display(autocall.number),
        "call_at": autocall.call_at,
        "can_cancel": owned and autocall.status == Status.SCHEDULED,
        "now": timezone.now(),
    }
