"""Cache-Control."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

NO_STORE = "no-store"


def forbid_storing(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Set `no-store` on API responses, which hold personal data, unless a view sets another policy (RFC 9111, 5.2.2.5)."""

    def process(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if request.path_info.startswith("/voip/"):
            response.headers.setdefault("Cache-Control", NO_STORE)
        return response

    return process
