"""The page on which staff test a line or a key and see the result without reloading."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from calls.sentences import translate_stored
from integrations import connection_tests
from integrations.connection_models import ConnectionState, ConnectionTest
from voipcrm.backoffice.submissions import new_token, redirect_from_dialog, submit_once

COLOURS = {ConnectionState.PASSED: "success", ConnectionState.FAILED: "danger"}


def show(
    request: HttpRequest,
    context: dict[str, object],
    *,
    ask: Callable[[], ConnectionTest],
    find: Callable[[], ConnectionTest | None],
    refusal: str,
    explanation: str,
) -> HttpResponse:
    """ask: starts the test. find: the latest test. refusal: why it cannot be tested, or ""."""
    if request.method == "POST":

        def act() -> HttpResponse:
            if refusal:
                messages.error(request, refusal)
            else:
                ask()
            return redirect_from_dialog(request, request.path)

        return submit_once(request, request.POST.get("once", ""), act, otherwise=request.path)
    test = find()
    shown = {
        **describe(test),
        "refusal": refusal,
        "explanation": explanation,
        "once": new_token(),
        "poll": request.path,
    }
    template = "integrations/connection_state.html" if "state" in request.GET else "integrations/connection_test.html"
    return TemplateResponse(request, template, context | shown)


def describe(test: ConnectionTest | None) -> dict[str, object]:
    """The test as the templates need it."""
    return {
        "test": test,
        "state": test.state if test else ConnectionState.NONE,
        "message": connection_tests.message_of(test),
        "last_failure": translate_stored(test.last_failure) if test else "",
        "in_progress": bool(test and test.in_progress),
        "is_fault": bool(test and test.state == ConnectionState.FAILED),
    }


def as_field(test: ConnectionTest | None) -> SafeString:
    """The state of the latest test, as a field of a record's page."""
    return render_to_string("integrations/connection_result.html", describe(test))
