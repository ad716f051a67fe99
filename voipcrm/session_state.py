"""Requested by a page that has been open for long before it sends a form, so that nothing typed is lost to an expired session."""

from django.contrib import admin
from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import get_token
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET


@never_cache
@require_GET
def session_state(request: HttpRequest) -> JsonResponse:
    """Whether the reader is still signed in, and the current CSRF token: signing in again has changed it."""
    signed_in = admin.site.has_permission(request)
    return JsonResponse({"signed_in": signed_in, "csrf": get_token(request) if signed_in else ""})
