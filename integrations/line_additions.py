"""What `integrations` adds to the pages of lines: calls and tests."""

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.models import Call
from integrations import connection_pages, connection_tests
from sips.line_admin import SipAdmin
from sips.lines import CannotDial, check_login
from sips.models import Sip
from voipcrm.backoffice.additions import Addition
from voipcrm.backoffice.buttons import page_button
from voipcrm.backoffice.display import show_moment


@admin.display(description=_("last call"))
def last_call(line: Sip) -> str:
    begun = Call.objects.filter(sip=line.pk).order_by("-start_time", "-pk").values_list("start_time", flat=True).first()
    return show_moment(begun) if begun else ""


@admin.display(description=_("last test"))
def last_test(line: Sip) -> SafeString:
    return connection_pages.as_field(connection_tests.of_line(line))


@page_button(_("Test this line"), permission="change", icon="network_check", new_tab=False)
def test(model_admin: SipAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    line = model_admin.get_object(request, object_id)
    if line is None:
        raise Http404
    address = reverse("admin:sips_sip_change", args=[line.pk])
    context = {"title": gettext("Test of “%(line)s”") % {"line": line}, "back": address, "opts": model_admin.opts}
    return connection_pages.show(
        request,
        model_admin.admin_site.each_context(request) | context | {"back_label": gettext("Back to the line")},
        ask=lambda: connection_tests.ask_line(line),
        find=lambda: connection_tests.of_line(line),
        refusal=_why_not(line),
        explanation=gettext(
            "The server is asked whether it accepts the line's login and password. Nobody's telephone rings, and the telephone "
            "that is registered with the line stays registered."
        ),
    )


def _why_not(line: Sip) -> str:
    stored = Sip.objects.select_related("voip").without_secrets().get(pk=line.pk)
    try:
        check_login(stored)
    except CannotDial as problem:
        return str(problem)
    return ""


TO_LINES = Addition(fields={"state": (last_call, last_test)}, buttons=(test,))
