"""The path of a webhook from the server to its view: what every request needs, and nothing for browsers.

Sessions, languages, CSRF, policies for pages, and a connection of the database fetched and brought back, would cost a provider as much time as
storing the delivery. `voipcrm.asgi` answers webhooks here on its event loop; the middleware is for other servers.
"""

from functools import partial
from typing import cast
from wsgiref.types import WSGIEnvironment

from django.core.handlers.exception import convert_exception_to_response, response_for_exception
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware

from calls.sql import EventLoop
from integrations.urls import urlpatterns
from integrations.webhooks.views import webhook, webhook_on_loop
from voipcrm.kept_connection import keep_connection
from voipcrm.metrics import counted
from voipcrm.middleware import EVERY_REQUEST
from voipcrm.steps import Begun, GetResponse, as_middleware, begin, end
from voipcrm.wsgi_request import Utf8Request

MOUNTED = "/voip/"
WEBHOOKS = f"{MOUNTED}webhooks/"
(_ROUTE,) = urlpatterns


def security_headers(request: HttpRequest) -> Begun:
    """Django's own headers."""
    if (redirection := _headers.process_request(request)) is not None:
        return redirection
    return _headers.process_response(request, (yield))


def _view(request: HttpRequest) -> HttpResponse:
    return webhook(request, **_named(request))


_in_thread = keep_connection(cast("GetResponse", convert_exception_to_response(_view)))  # it is not asynchronous
_headers = SecurityMiddleware(_in_thread)
STEPS = (*EVERY_REQUEST, counted, security_headers)
_through_all = as_middleware(*STEPS)(_in_thread)


def straight_to_webhooks(get_response: GetResponse) -> GetResponse:
    def process(request: HttpRequest) -> HttpResponse:
        return _through_all(request) if _is_webhook(request) else get_response(request)

    return process


async def answer_webhook(environ: WSGIEnvironment, loop: EventLoop) -> HttpResponse | None:
    """None where there is no such address."""
    request = Utf8Request(environ)
    if not _is_webhook(request):
        return None
    try:
        begun, response = begin(STEPS, request)
        if response is None:
            response = await webhook_on_loop(request, **_named(request), loop=loop)
        if response is None:
            response = await loop.in_thread(partial(_in_thread, request))
        return end(begun, response)
    except Exception as problem:
        return response_for_exception(request, problem)


def _is_webhook(request: HttpRequest) -> bool:
    """Whether it is to the address of a webhook, which then is what it is resolved to."""
    if not request.path_info.startswith(WEBHOOKS):
        return False
    request.resolver_match = _ROUTE.resolve(request.path_info.removeprefix(MOUNTED))
    return request.resolver_match is not None


def _named(request: HttpRequest) -> dict[str, str]:
    assert request.resolver_match is not None
    return request.resolver_match.kwargs
