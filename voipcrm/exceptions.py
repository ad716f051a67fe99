"""Errors in DRF's own shapes, with the right code, and never a 500 for any input."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import DataError, IntegrityError
from django.db.models import ProtectedError
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
    (RequestDataTooBig, status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, "The request body is too large."),
    (ProtectedError, status.HTTP_409_CONFLICT, "Other records still refer to this one."),
    (IntegrityError, status.HTTP_409_CONFLICT, "This contradicts a record that was stored meanwhile."),
    (DataError, status.HTTP_400_BAD_REQUEST, "A value is outside of what can be stored."),
)
