"""Errors in DRF's own shapes, with the right code, and never a 500 for any input."""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist, RequestDataTooBig
from django.db import DataError, IntegrityError
from django.db.models import ProtectedError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views import defaults
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback


def answer(problem: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's answer, and ours to what the database and Django refuse."""
    response = exception_handler(problem, context)
    if response is not None:
        return response
    for kind, code, detail in _REFUSALS:
        if isinstance(problem, kind):
            set_rollback()
            return Response({"detail": detail}, status=code)
    return None


_REFUSALS: tuple[tuple[type[Exception], int, str], ...] = (
    (ObjectDoesNotExist, status.HTTP_404_NOT_FOUND, "This record was deleted meanwhile."),
    (RequestDataTooBig, status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, "The request body is too large."),
    (ProtectedError, status.HTTP_409_CONFLICT, "Other records still refer to this one."),
    (IntegrityError, status.HTTP_409_CONFLICT, "This contradicts a record that was stored meanwhile."),
    (DataError, status.HTTP_400_BAD_REQUEST, "A value is outside of what can be stored."),
)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """An address that no view has; below /voip/ machines ask, who do not read HTML."""
    if request.path.startswith("/voip/"):
        return JsonResponse({"detail": "There is no such address."}, status=status.HTTP_404_NOT_FOUND)
    return defaults.page_not_found(request, exception)


def failed(request: HttpRequest) -> HttpResponse:
    """A fault of ours; the log tells which under the answer's X-Request-ID."""
    if request.path.startswith("/voip/"):
        detail = "This did not work, by no fault of yours. Please try again later."
        return JsonResponse({"detail": detail}, status=status.HTTP_500_INTERNAL_SERVER_ERROR)
    return defaults.server_error(request)
