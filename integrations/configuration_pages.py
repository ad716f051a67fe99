"""Pages for trying a configuration: a first delivery, and the provider's key."""

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from integrations import connection_pages, connection_tests
from integrations.outbound import key_tests
from integrations.webhooks import first_delivery
from sips.admin import VoipAdmin
from sips.models import Voip
from voipcrm.backoffice.additions import Addition
from voipcrm.backoffice.buttons import page_button


@admin.display(description=_("last test of the key"))
def last_key_test(voip: Voip) -> SafeString:
    return connection_pages.as_field(connection_tests.of_configuration(voip))


@page_button(_("Send me a test event"), permission="change", icon="move_to_inbox", new_tab=False)
def test_event(model_admin: VoipAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    voip, context = _found(model_admin, request, object_id)
    context |= {
        "title": gettext("Test event for “%(name)s”") % {"name": voip.name},
        "addresses": model_admin.webhook_addresses(voip),
    }
    return first_delivery.show(request, voip, context)


@page_button(_("Test the key"), permission="change", icon="key", new_tab=False)
def test_key(model_admin: VoipAdmin, request: HttpRequest, object_id: str) -> HttpResponse:
    voip, context = _found(model_admin, request, object_id)
    return connection_pages.show(
        request,
        context | {"title": gettext("Test of the key of “%(name)s”") % {"name": voip.name}},
        ask=lambda: connection_tests.ask_key(voip),
        find=lambda: connection_tests.of_configuration(voip),
        refusal=key_tests.why_not(voip, key_set=bool(getattr(voip, "secret_length", 0))),
        explanation=gettext(
            "The provider's API is asked one question that changes nothing, with the stored login and key."
        ),
    )


def _found(model_admin: VoipAdmin, request: HttpRequest, object_id: str) -> tuple[Voip, dict[str, object]]:
    voip = model_admin.get_object(request, object_id)
    if voip is None:
        raise Http404
    address = reverse("admin:sips_voip_change", args=[voip.pk])
    context = {"back": address, "back_label": gettext("Back to the configuration"), "opts": model_admin.opts}
    return voip, model_admin.admin_site.each_context(request) | context


TRIALS = Addition(fields={"key": (last_key_test,)}, buttons=(test_event, test_key))
