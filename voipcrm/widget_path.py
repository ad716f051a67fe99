"""The path of `widget_data` on the event loop: every visitor of every page asks for it, and nearly always the answer is prepared.

What is not is answered by a thread, with all of the middleware.
"""

from functools import cache
from typing import cast
from wsgiref.types import WSGIEnvironment

from corsheaders.middleware import CorsMiddleware
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, resolve

from autocalls.widget_data import widget_data, widget_data_on_loop
from calls.sql import EventLoop
from voipcrm.metrics import counted
from voipcrm.middleware import EVERY_REQUEST
from voipcrm.steps import Begun, begin, end, leave
from voipcrm.webhook_path import security_headers
from voipcrm.wsgi_request import Utf8Request

WIDGET_DATA = "/voip/widget_data.json"
_cors = CorsMiddleware(widget_data)


def cors_headers(request: HttpRequest) -> Begun:
    return cast("HttpResponse", _cors.add_response_headers(request, (yield)))


STEPS = (*EVERY_REQUEST, counted, security_headers, cors_headers)


async def answer_widget_data(environ: WSGIEnvironment, loop: EventLoop) -> HttpResponse | None:
    """None, and as if nothing had happened, where it is not prepared or the request is an odd one."""
    request = Utf8Request(environ.copy())
    request.resolver_match = _match()
    begun, refusal = begin(STEPS, request)
    response = None if refusal else await widget_data_on_loop(request, loop)
    if response is None:
        leave(begun)
        return None
    return end(begun, response)


@cache
def _match() -> ResolverMatch:
    return resolve(WIDGET_DATA)
