"""Errors in one shape, with the right status; no input causes a 500.

`{"detail": sentence, "code": word, "field": name}`: `code` is stable and for programs, `detail` is for people and in their language; `field` names
the field at fault, if there is one. Fields at fault also have their sentences under their own names, as in DRF.
"""

from collections.abc import Iterator, Mapping
from typing import cast

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, RequestDataTooBig
from django.db import DataError, IntegrityError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import defaults
from django.views.csrf import csrf_failure
from rest_framework import status
from rest_framework.exceptions import APIException, ErrorDetail, NotFound
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

from voipcrm.bounded_search import ADVICE, TooMuchToSearch


def answer(problem: Exception, context: dict[str, object]) -> Response | None:
    """DRF's response, and ours for errors of the database and Django."""
    if isinstance(problem, Http404):  # Django's sentence is English and names the model
        problem = NotFound(_("There is no such record."))
    response = exception_handler(problem, context)
    if response is not None:
        response.data = _shape(problem.detail if isinstance(problem, APIException) else response.data["detail"])
        return response
    for kind, code, word, detail in _REFUSALS:
        if isinstance(problem, kind):
            set_rollback()
            return Response({"detail": str(detail), "code": word}, status=code)
    return None


def _shape(detail: object) -> dict[str, object]:
    """`detail`, `code` and `field` of the first problem; beside them the sentences of every field."""
    if isinstance(detail, ErrorDetail):
        return {"detail": detail, "code": detail.code}
    path, first = next(_problems(detail), ("", ErrorDetail("", code="invalid")))
    fields = dict(detail) if isinstance(detail, Mapping) else {}
    message: dict[str, object] = {"detail": first, "code": first.code}
    return {**fields, **message, "field": path} if path else message


def _problems(detail: object, path: str = "") -> Iterator[tuple[str, ErrorDetail]]:
    """Every problem with the path to its field: `autocall.number`. Problems of no single field have the parent's path."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = path if name == "non_field_errors" else f"{path}.{name}" if path else str(name)
            yield from _problems(inner, own)
    elif isinstance(detail, list):
        for inner in detail:
            yield from _problems(inner, path)
    else:
        yield path, cast("ErrorDetail", detail)


_REFUSALS: tuple[tuple[type[Exception], int, str, str | Promise], ...] = (
    (ObjectDoesNotExist, status.HTTP_404_NOT_FOUND, "not_found", _("This record was deleted meanwhile.")),
    (RequestDataTooBig, status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, "too_large", _("The request body is too large.")),
    (
        IntegrityError,
        status.HTTP_409_CONFLICT,
        "conflict",
        _("This contradicts a record that was stored meanwhile."),
    ),
    (DataError, status.HTTP_400_BAD_REQUEST, "invalid", _("A value is outside of what can be stored.")),
    (
        TooMuchToSearch,
        status.HTTP_400_BAD_REQUEST,
        "too_much_to_search",
        ADVICE,
    ),  # no 503, which would have it repeated
)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No view has this address; below /voip/ the response is JSON, for machines."""
    if request.path.startswith("/voip/"):
        message = {"detail": gettext("There is no such address."), "code": "not_found"}
        return JsonResponse(message, status=status.HTTP_404_NOT_FOUND)
    return as_page(defaults.page_not_found(request, exception))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return as_page(defaults.permission_denied(request, exception))


def failed(request: HttpRequest) -> HttpResponse:
    """An error of ours; the log holds it under the response's X-Request-ID."""
    if request.path.startswith("/voip/"):
        detail = gettext("This did not work, by no fault of yours. Please try again later.")
        return JsonResponse({"detail": detail, "code": "error"}, status=status.HTTP_500_INTERNAL_SERVER_ERROR)
    return as_page(defaults.server_error(request))


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without a valid CSRF token."""
    return as_page(csrf_failure(request, reason))


def as_page(response: HttpResponse) -> HttpResponse:
    """Give the response the content security policy of pages, which allows their styles."""
    vars(response)["_csp_replace"] = settings.PAGES_CSP  # django-csp's own per-response hook
    return response
