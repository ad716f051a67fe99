"""The sidebar of the back-office: only what its reader may open."""

from typing import Any

from django.apps import apps
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

SECTIONS = (
    (
        _("Telephone desk"),
        {"calls.call": "call", "autocalls.autocall": "phone_callback", "autocalls.refusal": "phone_disabled"},
    ),
    (_("Setup"), {"sips.voip": "dns", "sips.sip": "dialer_sip", "widgets.widget": "widgets"}),
    (_("Webhooks"), {"integrations.webhookdelivery": "webhook"}),
    (_("Access"), {"auth.user": "person", "auth.group": "group", "voipcrm.apitoken": "key"}),
)
"""Titles, models and the icons of their pages."""


def sections(request: HttpRequest) -> list[dict[str, Any]]:
    """unfold's groups of links."""
    overview = {"title": _("Overview"), "icon": "space_dashboard", "link": reverse("admin:index")}
    groups = [{"title": title, "items": _links(request, models)} for title, models in SECTIONS]
    return [{"title": None, "items": [overview]}, *(group for group in groups if group["items"])]


def _links(request: HttpRequest, models: dict[str, str]) -> list[dict[str, str]]:
    links = []
    for label, icon in models.items():
        options = apps.get_model(label)._meta
        if may_view(request, label):
            address = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
            links.append({"title": capfirst(str(options.verbose_name_plural)), "icon": icon, "link": address})
    return links


def may_view(request: HttpRequest, label: str) -> bool:
    """Whether the reader may open the page of that model (`calls.call`)."""
    app, _dot, model = label.partition(".")
    return request.user.has_perm(f"{app}.view_{model}") or request.user.has_perm(f"{app}.change_{model}")
