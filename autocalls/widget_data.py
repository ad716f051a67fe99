"""The public endpoint from which the button on a page learns what to show. A plain Django view: every visitor of every page passes here."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_safe

from autocalls.prepared import FIND, Answer, asked, find, recall
from calls.sql import EventLoop
from widgets import form_tokens, sightings
from widgets.texts import locale_for

CACHED = "public, max-age=60"
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
        response["Cache-Control"] = CACHED
        return response
    if widget.form_token_required:  # a token that is good once is one visitor's own
        response = JsonResponse(prepared.shown(locale) | {"form_token": form_tokens.issue(widget.pk)})
        response["Cache-Control"] = "no-store"
        return response
    return _prepared_answer(request, prepared.answer(locale))


async def widget_data_on_loop(request: HttpRequest, loop: EventLoop) -> HttpResponse | None:
    """The answer that is prepared already, without a thread; None where `widget_data` has to decide, or to prepare it."""
    try:
        request.get_host()
        token, now = request.GET.get("widget_token", ""), timezone.now()
        row = await loop.fetch_one(FIND, asked(token, now)) if request.method == "GET" and "\x00" not in token else None
        prepared = recall(row, now) if row else None
        if prepared is None or not prepared.widget.active or prepared.widget.form_token_required:
            return None
        origin = sightings.origin_of(request)
        answer = prepared.answers.get(locale_for(request.GET.get("locale", ""), prepared.widget.locale))
        if answer is None or (origin and not sightings.is_noted(prepared.widget, origin)):
            return None
        return _prepared_answer(request, answer)
    except Exception:  # raised again by `widget_data`
        return None


def _prepared_answer(request: HttpRequest, answer: Answer) -> HttpResponse:
    """Packed for who can unpack it; 304 for who has it."""
    response = HttpResponse(answer.plain, content_type="application/json")
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response.content = answer.packed
        response["Content-Encoding"] = "gzip"
    response["ETag"] = answer.etag
    response["Cache-Control"] = CACHED
    patch_vary_headers(response, ["Accept-Encoding"])
    known = get_conditional_response(request, etag=answer.etag, response=response)
    return known if isinstance(known, HttpResponse) else response


def unknown_widget() -> dict[str, str]:
    return {"code": "unknown_widget", "detail": gettext("There is no widget with this widget_token.")}
