"""Middleware of all requests."""

import logging
import os
import re
import time
from io import BytesIO
from threading import Lock
from urllib.parse import unquote_plus

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language_from_request, gettext, override

from voipcrm.logs import ACCESS
from voipcrm.networks import is_within, parse_address
from voipcrm.rest.exceptions import as_page
from voipcrm.steps import Begun, GetResponse, as_middleware

access = logging.getLogger(ACCESS)
NO_ADDRESS = "0.0.0.0"  # noqa: S104 - stands for a unix socket, not an address to bind
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
"""The methods of RFC 9110 and RFC 5789. Each is a metrics label, so clients must not be able to add others."""
_LENGTH = re.compile(r"[0-9]{1,18}", re.ASCII)
LOGIN_WAITS = 0.5
"""Seconds that a login waits for another one to finish."""


def client_address(request: HttpRequest) -> Begun:
    """Make REMOTE_ADDR the client's address: the last hop that is not a configured proxy of ours.

    Nothing else in the project reads X-Forwarded-For, so clients may send anything in it.
    """
    address = request.META.get("REMOTE_ADDR") or NO_ADDRESS
    hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
    while hops and is_within(address, settings.TRUSTED_PROXIES):
        address = hops.pop()
    try:
        request.META["REMOTE_ADDR"] = str(parse_address(address))
    except ValueError:
        request.META["REMOTE_ADDR"] = NO_ADDRESS
    return (yield)


def address_of(request: HttpRequest) -> str:
    return str(request.META["REMOTE_ADDR"])


def readable_request(request: HttpRequest) -> Begun:
    """Refuse what no view could read, before anything counts or logs it: an unknown method, a length that is no number. And read a body whose length
    was not announced (chunked), which Django would take for empty; `voipcrm.asgi` has read it already, other servers may not have."""
    if request.method not in METHODS:
        with override(get_language_from_request(request)):  # LocaleMiddleware comes later
            message = {"detail": gettext("This method is not known here."), "code": "method_not_allowed"}
        answer = JsonResponse(message, status=405)  # a 501 would be logged as a fault of ours
        answer["Allow"] = ", ".join(sorted(METHODS))
        return answer
    length = request.META.get("CONTENT_LENGTH") or ""
    if length and not _LENGTH.fullmatch(length):
        with override(get_language_from_request(request)):
            message = {"detail": gettext("Content-Length must be a number of bytes."), "code": "parse_error"}
        return JsonResponse(message, status=400)
    if not length and "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower():
        # One byte over the limit is enough for Django to refuse it.
        body = request.META["wsgi.input"].read((settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0) + 1)
        request.META["CONTENT_LENGTH"] = str(len(body))
        request._stream = BytesIO(body)  # as WSGIRequest sets it
    return (yield)


def token_out_of_url(request: HttpRequest) -> Begun:
    """Move `?api_token=` into the Authorization header, so that no log line, error report or `next` link after this can hold it."""
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
    return (yield)


def request_log(request: HttpRequest) -> Begun:
    """Give the request an id, its caller's own if it is a plain one, and log one line about it: its view, never its address."""
    began = time.perf_counter()
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    request_id = given if _REQUEST_ID.fullmatch(given) else os.urandom(16).hex()
    with structlog.contextvars.bound_contextvars(request_id=request_id):
        response = yield
        response["X-Request-ID"] = request_id
        match = request.resolver_match
        access.info(
            "request",
            extra={
                "request_id": request_id,
                "method": request.method,
                "view": match.view_name if match else None,
                "status": response.status_code,
                "milliseconds": round((time.perf_counter() - began) * 1000, 1),
            },
        )
    return response


EVERY_REQUEST = (client_address, readable_request, token_out_of_url, request_log)
every_request = as_middleware(*EVERY_REQUEST)


def pages(get_response: GetResponse) -> GetResponse:
    """Pages for people (admin, API docs) get their own policies and the staff's time zone; everything else stays strict and in UTC."""

    def process(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(("/admin/", "/voip/docs/")):
            return get_response(request)
        with timezone.override(settings.STAFF_TIME_ZONE):
            response = get_response(request)
        # With no-referrer browsers send “Origin: null” with forms, which Django's CSRF check rightly refuses.
        response.headers["Referrer-Policy"] = "same-origin"
        return as_page(response)

    return process


def one_login_at_a_time(get_response: GetResponse) -> GetResponse:
    """Checking a password takes some tenths of a second of CPU time: a few guessers could occupy all threads of a process."""
    busy = Lock()

    def process(request: HttpRequest) -> HttpResponse:
        if request.method != "POST" or not request.path.startswith(reverse("admin:login")):
            return get_response(request)
        if not busy.acquire(timeout=LOGIN_WAITS):
            answer = render(request, "sign_in_busy.html", status=429)
            answer["Retry-After"] = "5"
            return answer
        try:
            return get_response(request)
        finally:
            busy.release()

    return process
