"""Cache-Control."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

NO_STORE = "no-store"


def keep_no_answers(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Responses of the API hold personal data: `no-store`, unless a view says otherwise (RFC 9111, 5.2.2.5)."""

    def process(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path_info.startswith("/voip/"):
            response.headers.setdefault("Cache-Control", NO_STORE)
        return response

    return process
