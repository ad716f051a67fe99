"""Errors in one shape, with the right status, and never a 500 for any input.

`{"detail": sentence, "code": word, "field": name}`: `code` is stable and for programs, `detail` is for people and in their language; `field` is there
where one field is at fault. Where fields are, each also has its sentences under its own name, as DRF tells them.
"""

from collections.abc import Iterator, Mapping
from typing import Any, cast

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


def answer(problem: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's answer, and ours to what the database and Django refuse."""
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


def _shape(detail: Any) -> dict[str, Any]:
    """`detail`, `code` and `field` of the first problem; beside them the sentences of every field."""
    if isinstance(detail, ErrorDetail):
        return {"detail": detail, "code": detail.code}
    path, first = next(_problems(detail), ("", ErrorDetail("", code="invalid")))
    fields = dict(detail) if isinstance(detail, Mapping) else {}
    message = {"detail": first, "code": first.code}
    return {**fields, **message, "field": path} if path else message


def _problems(detail: Any, path: str = "") -> Iterator[tuple[str, ErrorDetail]]:
    """Every problem with the path to its field: `autocall.number`. What concerns no single field has its parent's."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = path if name == "non_field_errors" else f"{path}.{name}" if path else str(name)
            yield from _problems(inner, own)
    elif isinstance(detail, list):
        for inner in detail:
            yield from _problems(inner, path)
    else:
        yield path, detail


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
    """An address that no view has; below /voip/ machines ask, who do not read HTML."""
    if request.path.startswith("/voip/"):
        message = {"detail": gettext("There is no such address."), "code": "not_found"}
        return JsonResponse(message, status=status.HTTP_404_NOT_FOUND)
    return as_page(defaults.page_not_found(request, exception))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return as_page(defaults.permission_denied(request, exception))


def failed(request: HttpRequest) -> HttpResponse:
    """A fault of ours; the log tells which under the answer's X-Request-ID."""
    if request.path.startswith("/voip/"):
        detail = gettext("This did not work, by no fault of yours. Please try again later.")
        return JsonResponse({"detail": detail, "code": "error"}, status=status.HTTP_500_INTERNAL_SERVER_ERROR)
    return as_page(defaults.server_error(request))


def form_refused(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form without the token that proves that it comes from a page of ours (CSRF)."""
    return as_page(csrf_failure(request, reason))


def as_page(response: HttpResponse) -> HttpResponse:
    """With the policy of pages, under which it may have its colours."""
    cast("Any", response)._csp_replace = settings.PAGES_CSP  # django-csp's own per-response hook
    return response
