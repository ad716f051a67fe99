"""The public endpoint from which the button on a page learns what to show. A plain Django view: every visitor of every page passes here."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from autocalls.prepared import Answer, find
from widgets import form_tokens, sightings
from widgets.texts import locale_for

CACHED_SECONDS = 60
"""Hours and slots begin and end on a minute. A time that somebody else books meanwhile is refused when it is asked for, and then read anew."""


@csrf_exempt  # else a POST would be told of a missing CSRF token instead of the method
@require_safe
@gzip_page  # nothing in it is secret: whoever asks is told the same
def widget_data(request: HttpRequest) -> HttpResponse:
    """What the button shows: 404 for an unknown token, `{"active": false}` alone for an inactive widget.

    `?locale=` asks for the texts of a page in another language than the widget's; one there is not gets the widget's own.
    """
    token = request.GET.get("widget_token", "")
    prepared = find(token) if "\x00" not in token else None
    if prepared is None:
        return JsonResponse(unknown_widget(), status=404)
    widget = prepared.widget
    if origin := sightings.origin_of(request):
        sightings.note(widget, origin)
    locale = locale_for(request.GET.get("locale", ""), widget.locale)
    if not widget.active:
        response: HttpResponse = JsonResponse({"active": False})
    elif widget.form_token_required:  # a token that is good once is one visitor's own
        response = JsonResponse(prepared.shown(locale) | {"form_token": form_tokens.issue(widget.pk)})
        response["Cache-Control"] = "no-store"
        return response
    else:
        response = _prepared_answer(request, prepared.answer(locale))
    response["Cache-Control"] = f"public, max-age={CACHED_SECONDS}"
    return response


def _prepared_answer(request: HttpRequest, answer: Answer) -> HttpResponse:
    """Packed for who can unpack it; 304 for who has it."""
    response = HttpResponse(answer.plain, content_type="application/json")
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response.content = answer.packed
        response["Content-Encoding"] = "gzip"
    response["ETag"] = answer.etag
    patch_vary_headers(response, ["Accept-Encoding"])
    known = get_conditional_response(request, etag=answer.etag, response=response)
    return known if isinstance(known, HttpResponse) else response


def unknown_widget() -> dict[str, str]:
    return {"code": "unknown_widget", "detail": gettext("There is no widget with this widget_token.")}
