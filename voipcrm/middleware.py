"""What happens to every request before and after its view."""

import logging
import re
import time
import uuid
from collections.abc import Callable
from io import BytesIO
from urllib.parse import unquote_plus

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, resolve
from django.utils import timezone

from voipcrm.networks import is_within, parse_address

GetResponse = Callable[[HttpRequest], HttpResponse]

access = logging.getLogger("voipcrm.access")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)


def client_address(get_response: GetResponse) -> GetResponse:
    """Make REMOTE_ADDR the client's address: the last hop that is not a configured proxy of ours.

    Nothing else in the project reads X-Forwarded-For, so a client can write into it whatever it likes.
    """

    def process(request: HttpRequest) -> HttpResponse:
        address = request.META.get("REMOTE_ADDR") or "0.0.0.0"  # noqa: S104 - a unix socket has no address
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        while hops and is_within(address, settings.TRUSTED_PROXIES):
            address = hops.pop()
        try:
            request.META["REMOTE_ADDR"] = str(parse_address(address))
        except ValueError:
            request.META["REMOTE_ADDR"] = "0.0.0.0"  # noqa: S104
        return get_response(request)

    return process


def address_of(request: HttpRequest) -> str:
    return str(request.META["REMOTE_ADDR"])


def readable_request(get_response: GetResponse) -> GetResponse:
    """Read a body whose length was not announced (chunked), which Django would take for empty, and refuse a length that is no number."""

    def process(request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or ""
        if length and not _LENGTH.fullmatch(length):
            return JsonResponse({"detail": "Content-Length must be a number of bytes."}, status=400)
        if not length and "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
            # One byte over the limit is enough for Django to refuse it.
            body = request.META["wsgi.input"].read((settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) + 1)
            request.META["CONTENT_LENGTH"] = str(len(body))
            request._stream = BytesIO(body)  # as WSGIRequest sets it
        return get_response(request)

    return process


def token_out_of_url(get_response: GetResponse) -> GetResponse:
    """Move `?api_token=` into the Authorization header, so that no log line, error report or `next` link after this can hold it."""

    def process(request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if "api_token" in unquote_plus(query):
            kept = []
            for pair in query.split("&"):
                name, _, value = pair.partition("=")
                if unquote_plus(name) != "api_token":
                    kept.append(pair)
                elif not request.META.get("HTTP_AUTHORIZATION", "").lower().startswith("bearer"):
                    request.META["HTTP_AUTHORIZATION"] = f"Bearer {unquote_plus(value)}"
            request.META["QUERY_STRING"] = "&".join(kept)
        return get_response(request)

    return process


def request_log(get_response: GetResponse) -> GetResponse:
    """Give the request an id, its caller's own if it is a plain one, and log one line about it: its view, never its address."""

    def process(request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else uuid.uuid4().hex
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = get_response(request)
            response["X-Request-ID"] = request_id
            match = request.resolver_match
            access.info(
                "request",
                extra={
                    "method": request.method,
                    "view": match.view_name if match else None,
                    "status": response.status_code,
                    "milliseconds": round((time.perf_counter() - began) * 1000, 1),
                },
            )
        return response

    return process


def straight_to_webhooks(get_response: GetResponse) -> GetResponse:
    """Lead operators to their view without what lies further in: sessions, languages, CSRF and policies for pages are for browsers, and would
    cost an operator as much time as storing the delivery."""

    def process(request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/voip/webhooks/"):
            return get_response(request)
        try:
            match = resolve(request.path_info)
        except Resolver404:
            return get_response(request)
        request.resolver_match = match
        answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return answer

    return process


def pages(get_response: GetResponse) -> GetResponse:
    """What people look at (admin, API docs) gets the policies it needs and the staff's wall clock; everything else stays strict and in UTC."""

    def process(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(("/admin/", "/voip/docs/")):
            return get_response(request)
        with timezone.override(settings.STAFF_TIME_ZONE):
            response = get_response(request)
        # Under no-referrer browsers send “Origin: null” with a form, which Django's CSRF check rightly refuses.
        response.headers["Referrer-Policy"] = "same-origin"
        response._csp_replace = settings.PAGES_CSP  # type: ignore[attr-defined]  # django-csp's own per-response hook
        return response

    return process
