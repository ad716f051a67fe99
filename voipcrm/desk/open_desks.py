"""Open desks. A desk without news is answered before its session is checked; with fifty open desks that is most requests.

The scope of a desk is remembered from when it was last shown, for at most fifteen seconds; then its user is checked again. Somebody who guesses
a session id and the desk's mark learns only that nothing has changed there.
"""

from collections.abc import Callable
from threading import Lock

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import resolve, reverse

from voipcrm.desk.changes import Concern
from voipcrm.desk.pulse import snapshot

MARK = "X-Desk-Since"
MOST_KNOWN = 10_000

_Desk = tuple[str, str]
"""A session, and the number whose card is open."""


class OpenDesks:
    def __init__(self) -> None:
        self._lock = Lock()
        self._slot = 0
        self._known: dict[_Desk, Concern] = {}

    def remember(self, request: HttpRequest, slot: int, concern: Concern) -> None:
        with self._lock:
            if slot != self._slot or len(self._known) >= MOST_KNOWN:
                self._slot, self._known = slot, {}
            self._known[_of(request)] = concern

    def find(self, request: HttpRequest, slot: int) -> Concern | None:
        return self._known.get(_of(request)) if slot == self._slot else None


_open = OpenDesks()


def remember(request: HttpRequest, slot: int, concern: Concern) -> None:
    _open.remember(request, slot, concern)


def answer_unchanged_desks(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware, placed before the session middleware."""
    address = ""

    def process(request: HttpRequest) -> HttpResponse:
        nonlocal address
        address = address or reverse("admin:desk_changes")
        if request.path_info != address or request.method != "GET" or not _is_unchanged(request):
            return get_response(request)
        request.resolver_match = resolve(request.path_info)
        return HttpResponse(status=204, headers={MARK: _since(request), "Cache-Control": "no-store"})

    return process


def _is_unchanged(request: HttpRequest) -> bool:
    pulse = _since(request).partition(".")[0]
    if not pulse or settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return False
    seen = snapshot()
    concern = _open.find(request, seen.slot)
    return concern is not None and seen.pulse(concern) == pulse


def _since(request: HttpRequest) -> str:
    return request.GET.get("since", "")


def _of(request: HttpRequest) -> _Desk:
    return request.COOKIES.get(settings.SESSION_COOKIE_NAME, ""), request.GET.get("number", "")
