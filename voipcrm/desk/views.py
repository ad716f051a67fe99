"""The desk's pages. Every form is a plain POST that acts once and redirects to the desk; a script only refreshes the columns."""

from collections.abc import Callable
from functools import wraps
from typing import TypeVar, cast

from django.contrib import admin, messages
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from calls import dialing, notes, services
from calls.models import Call, Outcome
from calls.note_models import LONGEST_NOTE
from sips.number_writing import drop_invisible
from voipcrm.backoffice.reader_links import may_view
from voipcrm.backoffice.submissions import submit_once
from voipcrm.desk import actions, times
from voipcrm.desk.lines import choose_line
from voipcrm.desk.open_desks import MARK
from voipcrm.desk.readers import recognise
from voipcrm.desk.shown import columns_since, shown_page
from voipcrm.desk.to_do import Entry, to_do

SIGNED_OUT = 286
"""htmx's status for stopping a poll; a 2xx, which browsers do not log as an error."""
ADD, CHANGE = "calls.add_call", "calls.change_call"
LONGEST_NUMBER = 64
LONGEST_ID = 19
View = Callable[[HttpRequest], HttpResponse]
Row = TypeVar("Row", bound=Model)


def needs(*rights: str) -> Callable[[View], View]:
    """For signed-in users who may see calls and have these rights."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: HttpRequest) -> HttpResponse:
            if not may_view(request.user, Call) or not request.user.has_perms(rights):
                raise PermissionDenied
            return view(request)

        return checked

    return decorate


@never_cache
@require_GET
@needs()
def page(request: HttpRequest) -> HttpResponse:
    shown = shown_page(request, recognise(request), request.GET.get("number", ""))
    context = admin.site.each_context(request) | shown
    return TemplateResponse(request, "desk/page.html", context | {"title": _("Desk")})


@never_cache
@require_GET
def changes(request: HttpRequest) -> HttpResponse:
    """The parts that have changed since `since`; 204 if none has."""
    reader, since = recognise(request), request.GET.get("since", "")
    if not admin.site.has_permission(request):
        return HttpResponse(status=SIGNED_OUT)
    if not may_view(request.user, Call):
        raise PermissionDenied
    columns = columns_since(request, reader, _stored(request.GET), since)
    headers = {MARK: columns.since if columns else since}
    if columns is None or not columns.changed:
        return HttpResponse(status=204, headers=headers)
    context = {**columns.context, "changed": columns.changed}
    return TemplateResponse(request, "desk/columns.html", context, headers=headers)


@require_POST
@needs()
def dial(request: HttpRequest) -> HttpResponse:
    """The dial field: call the number, or show who it is."""
    written = drop_invisible(request.POST.get("number", ""))
    if request.POST.get("verb") == "look_up":
        return redirect(_desk(written))
    if not request.user.has_perm(ADD):
        raise PermissionDenied

    def act() -> str:
        line = choose_line(request, request.POST.get("line", ""))
        return _announce(request, actions.dial(written, line=line, by=cast("User", request.user)))

    return _once(request, written, act)


@require_POST
@needs()
def act(request: HttpRequest) -> HttpResponse:
    """A button of a row or of the caller card."""
    number = _stored(request.POST)
    verb = request.POST.get("verb") or ("later" if "until" in request.POST else "")
    return _once(request, number, lambda: _do(request, number, verb))


def _do(request: HttpRequest, number: str, verb: str) -> str | None:
    user = request.user
    entry = next(iter(to_do(user, number=number)), None)
    if verb == "call":
        return _call(request, number, entry)
    work = actions.find_action(verb, until=times.until(request.POST.get("until", "")))
    if entry is None:
        messages.info(request, _("There is nothing to do about this number any more."))
        return None
    if not actions.may_change(user, entry):
        raise PermissionDenied
    work(entry, by=user)
    return None


def _call(request: HttpRequest, number: str, entry: Entry | None) -> str:
    user = cast("User", request.user)
    if not user.has_perm(ADD) or (entry and entry.autocall_ids and not user.has_perm("autocalls.change_autocall")):
        raise PermissionDenied
    return _announce(request, actions.call(number, entry, line=choose_line(request, ""), by=user))


@require_POST
@needs("calls.add_note")
def add_note(request: HttpRequest) -> HttpResponse:
    number, text = _stored(request.POST), _text(request)

    def store() -> None:
        if not text or len(text) > LONGEST_NOTE:
            raise actions.Refused(_("The note was not stored: it is empty or too long."))
        notes.add_note(_own_call(request), author=cast("User", request.user), text=text)

    return _once(request, number, store)


@require_POST
@needs(CHANGE)
def set_outcome(request: HttpRequest) -> HttpResponse:
    """Sets the outcome of the call on the card; choosing the same again removes it."""

    def store() -> None:
        services.edit_call(_own_call(request), {"outcome": _chosen_outcome(request)})

    return _once(request, _stored(request.POST), store)


@require_POST
@needs(CHANGE)
def hang_up(request: HttpRequest) -> HttpResponse:
    def end() -> None:
        dialing.hang_up(_own_call(request).pk)

    return _once(request, _stored(request.POST), end)


def _text(request: HttpRequest) -> str:
    """The submitted text, with the line ends that are stored."""
    return request.POST.get("text", "").replace("\0", "").replace("\r\n", "\n").strip()


def _stored(form: QueryDict) -> str:
    """The number of a row or of the card, as it is stored."""
    return drop_invisible(form.get("number", ""))[:LONGEST_NUMBER]


def _own_call(request: HttpRequest) -> Call:
    """The call that the form names. Raises Refused if it was deleted or the reader may not see it."""
    call: Call | None = _named(Call.objects.visible_to(request.user), request.POST.get("call", ""))
    if call is None:
        raise actions.Refused(_("Nothing was done: the call is deleted, or is not yours to see."))
    return call


def _chosen_outcome(request: HttpRequest) -> Outcome | None:
    """None if the outcome is removed. Raises Refused."""
    written = request.POST.get("outcome", "")
    outcome = _named(Outcome.objects.offered(), written)
    if outcome is None and written:
        raise actions.Refused(_("Nothing was stored: this outcome is no longer offered."))
    return outcome


def _named(rows: QuerySet[Row], pk: str) -> Row | None:
    return rows.filter(pk=pk).first() if pk.isdecimal() and len(pk) < LONGEST_ID else None


def _announce(request: HttpRequest, call: Call) -> str:
    """Tell the reader that it rings; returns the number of the card to open."""
    messages.success(request, _("Your telephone rings first, then %(number)s.") % {"number": call.number_to})
    return call.customer_number or call.number_to


def _once(request: HttpRequest, number: str, act: Callable[[], str | None]) -> HttpResponse:
    """Act once, show why if it is refused, and redirect to the desk with this number's card, or the card of the number acted upon."""

    def do() -> HttpResponse:
        try:
            return redirect(_desk(act() or number))
        except actions.REFUSALS as problem:
            messages.error(request, str(problem))
        except actions.GONE:
            messages.error(request, _("Nothing was done: somebody has just deleted this."))
        return redirect(_desk(number))

    return submit_once(request, request.POST.get("once", ""), do, otherwise=_desk(number))


def _desk(number: str) -> str:
    query = QueryDict(mutable=True)
    query["number"] = number
    return f"{reverse('admin:desk')}?{query.urlencode()}" if number else reverse("admin:desk")
