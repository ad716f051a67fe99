"""The path of an open desk's question on the event loop: most of them are told that nothing is new.

Who asks is found out by one statement (`voipcrm.desk.readers`); what has changed is read once in half a second for all desks of the process. Whatever
else there is to say is said by a thread, with all of the middleware: that the session has ended, that the desk shows something else now.
"""

from functools import cache
from wsgiref.types import WSGIEnvironment

from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, resolve

from calls.models import Call
from calls.sql import EventLoop
from voipcrm.backoffice.reader_links import may_view
from voipcrm.desk import pulse, readers
from voipcrm.desk.open_desks import MARK, Mark, is_unchanged
from voipcrm.metrics import counted
from voipcrm.middleware import EVERY_REQUEST
from voipcrm.steps import begin, end, leave
from voipcrm.webhook_path import security_headers
from voipcrm.wsgi_request import Utf8Request

DESK_CHANGES = "/admin/desk/changes"
STEPS = (*EVERY_REQUEST, counted, security_headers)


async def answer_desk(environ: WSGIEnvironment, loop: EventLoop) -> HttpResponse | None:
    """None, and as if nothing had happened, where there may be news or the request is an odd one."""
    if environ["PATH_INFO"] != DESK_CHANGES or environ["REQUEST_METHOD"] != "GET":
        return None
    request = Utf8Request(environ.copy())
    request.resolver_match = _match()
    begun, refusal = begin(STEPS, request)
    response = None if refusal else await _nothing_new(request, loop)
    if response is None:
        leave(begun)
        return None
    return end(begun, response)


async def _nothing_new(request: HttpRequest, loop: EventLoop) -> HttpResponse | None:
    try:
        request.get_host()
        reader = await readers.find_on_loop(request, loop)
        if reader is None or not may_view(reader.user, Call):
            return None
        seen = await pulse.snapshot_on_loop(loop)
        since, number = request.GET.get("since", ""), request.GET.get("number", "")
        if seen is None or not is_unchanged(request, reader, number, Mark.read(since), seen):
            return None
        return HttpResponse(status=204, headers={MARK: since, "Cache-Control": "no-store"})
    except Exception:  # raised again by the view
        return None


@cache
def _match() -> ResolverMatch:
    return resolve(DESK_CHANGES)
