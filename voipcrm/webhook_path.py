"""The way of a webhook from the server to its view: what every request gets, and nothing of what is for browsers.

Sessions, languages, CSRF, policies for pages, and a connection of the database fetched and brought back, would cost a provider as much time as
storing the delivery. Both `voipcrm.asgi`, which calls this without Django's own handler, and the middleware lead here.
"""

from typing import Any, cast

from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware
from django.urls import ResolverMatch

from integrations.urls import urlpatterns
from voipcrm.kept_connection import keep_connection
from voipcrm.metrics import counted
from voipcrm.middleware import GetResponse, client_address, readable_request, request_log, token_out_of_url
from voipcrm.wsgi_request import Utf8Request

MOUNTED = "/voip/"
WEBHOOKS = f"{MOUNTED}webhooks/"
STEPS = (
    client_address,
    readable_request,
    token_out_of_url,
    request_log,
    counted,
    SecurityMiddleware,
    keep_connection,
)
(_ROUTE,) = urlpatterns


def straight_to_webhooks(get_response: GetResponse) -> GetResponse:
    def process(request: HttpRequest) -> HttpResponse:
        match = _match(request)
        return _answer(request, match) if match else get_response(request)

    return process


def answer_webhook(environ: dict[str, Any]) -> HttpResponse | None:
    """None where there is no such address."""
    request = Utf8Request(environ)
    match = _match(request)
    return _answer(request, match) if match else None


def _match(request: HttpRequest) -> ResolverMatch | None:
    if not request.path_info.startswith(WEBHOOKS):
        return None
    return _ROUTE.resolve(request.path_info.removeprefix(MOUNTED))


def _answer(request: HttpRequest, match: ResolverMatch) -> HttpResponse:
    request.resolver_match = match
    return _through_all(request)


def _view(request: HttpRequest) -> HttpResponse:
    match = request.resolver_match
    assert match is not None
    answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return answer


def _chain() -> GetResponse:
    step: Any = convert_exception_to_response(_view)
    for middleware in reversed(STEPS):
        step = middleware(step)
    return cast("GetResponse", convert_exception_to_response(step))  # none of them is asynchronous


_through_all = _chain()
