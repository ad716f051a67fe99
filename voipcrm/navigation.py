"""The sidebar of the back-office, with only the pages that the reader may open."""

from django.apps import apps
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from sips.staff_lines import sees_all_lines

SECTIONS = (
    (
        _("Telephone desk"),
        {
            "calls.call": "call",
            "calls.followup": "assignment_ind",
            "autocalls.autocall": "phone_callback",
            "autocalls.refusal": "phone_disabled",
            "calls.note": "sticky_note_2",
        },
    ),
    (
        _("Setup"),
        {
            "sips.voip": "dns",
            "sips.sip": "dialer_sip",
            "sips.staffline": "badge",
            "widgets.widget": "widgets",
            "calls.outcome": "flag",
        },
    ),
    (_("Webhooks"), {"integrations.webhookdelivery": "webhook"}),
    (
        _("Access"),
        {"auth.user": "person", "auth.group": "group", "voipcrm.apitoken": "key", "voipcrm.auditentry": "policy"},
    ),
)
"""Titles, and models with the icons of their pages."""


def sections(request: HttpRequest) -> list[dict[str, object]]:
    """unfold's groups of links."""
    overview = {"title": _("Overview"), "icon": "space_dashboard", "link": reverse("admin:index")}
    desk = {"title": _("Desk"), "icon": "support_agent", "link": reverse("admin:desk")}
    first = [desk, overview] if may_view(request, "calls.call") else [overview]
    if may_view(request, "calls.call") or may_view(request, "autocalls.autocall"):
        first.append({"title": _("Figures"), "icon": "bar_chart", "link": reverse("admin:figures")})
    if may_see_health(request):
        first.append({"title": _("Health"), "icon": "monitor_heart", "link": reverse("admin:health")})
    groups = [{"title": title, "items": _links(request, models)} for title, models in SECTIONS]
    return [{"title": None, "items": first}, *(group for group in groups if group["items"])]


def _links(request: HttpRequest, models: dict[str, str]) -> list[dict[str, str]]:
    links = []
    for label, icon in models.items():
        options = apps.get_model(label)._meta
        if may_view(request, label):
            address = reverse(f"admin:{options.app_label}_{options.model_name}_changelist")
            links.append({"title": capfirst(str(options.verbose_name_plural)), "icon": icon, "link": address})
    return links


def may_see_health(request: HttpRequest) -> bool:
    """The page covers all configurations and everything received for them."""
    user = request.user
    seen = may_view(request, "integrations.webhookdelivery") and may_view(request, "sips.voip")
    return seen and sees_all_lines(user)


def may_view(request: HttpRequest, label: str) -> bool:
    """Whether the reader may open the page of that model (`calls.call`)."""
    app, _dot, model = label.partition(".")
    if label == "voipcrm.auditentry" and not sees_all_lines(request.user):
        return False
    return request.user.has_perm(f"{app}.view_{model}") or request.user.has_perm(f"{app}.change_{model}")
