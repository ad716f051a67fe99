"""A shorter way to the two endpoints on which somebody waits for a telephone to ring: all that other requests have, but for what pages need.

Sessions, forms, messages, sign-ins and static files take a sixth of the time of `create_from_widget`. These two know no session: one is public, and
the other wants a token.
"""

from functools import cache
from typing import cast

from django.core.handlers.exception import convert_exception_to_response
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, resolve
from django.utils.module_loading import import_string
from rest_framework.response import Response

from voipcrm.metrics import counted
from voipcrm.middleware import EVERY_REQUEST
from voipcrm.steps import GetResponse, as_middleware

PATHS = frozenset({"/voip/autocalls/create_from_widget", "/voip/calls/make_call.json"})
KEPT = (
    "django.middleware.security.SecurityMiddleware",
    "voipcrm.caching.forbid_storing",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "voipcrm.audit.actors.attribute_changes",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
)
"""Of settings.MIDDLEWARE, in its order; besides the steps of every request."""


def take_short_path(get_response: GetResponse) -> GetResponse:
    through = cast("GetResponse", convert_exception_to_response(_view))  # it is not asynchronous
    for name in reversed(KEPT):
        through = import_string(name)(through)
    short = as_middleware(*EVERY_REQUEST, counted)(through)

    def process(request: HttpRequest) -> HttpResponse:
        if request.method != "POST" or request.path_info not in PATHS:
            return get_response(request)
        request.resolver_match = _match(request.path_info)
        return short(request)

    return process


@cache
def _match(path: str) -> ResolverMatch:
    return resolve(path)


def _view(request: HttpRequest) -> HttpResponse:
    request.get_host()  # refuses hosts that are not ours
    match = _match(request.path_info)
    response: Response = match.func(request, *match.args, **match.kwargs)
    rendered: HttpResponse = response.render()
    return rendered
