"""The page that teaches a configuration, opened from one of its deliveries."""

from collections.abc import Callable, Mapping

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, gettext_noop
from unfold.widgets import SELECT_CLASSES

from calls.reports import CallChange
from calls.sentences import translate
from integrations import providers
from integrations.models import Rebuilding, WebhookDelivery
from integrations.providers.foundation.field_map import FieldMap
from integrations.providers.foundation.provider import InvalidSettings, Provider
from integrations.teaching.form import meaning_rows, other_choices, settings_of, version_of, word_rows
from integrations.teaching.lessons import Lesson, teach
from integrations.webhooks import rebuilding
from integrations.webhooks.replay_report import label, shown
from sips.models import Sip, Voip

MOST_CALLS = 50
"""Calls of the preview that are shown."""
COLUMNS = (
    "status",
    "kind",
    "number_from",
    "number_to",
    "customer_number",
    "sip_id",
    "start_time",
    "answered_at",
    "ended_at",
    "duration",
)

Texts = Mapping[str, Mapping[object, str]]
"""Of values that are ids, by column and id."""


def show(
    request: HttpRequest,
    delivery: WebhookDelivery,
    context: dict[str, object],
    *,
    log: Callable[[HttpRequest, WebhookDelivery, str], object],
) -> HttpResponse:
    """The page, a preview of what was chosen on it, or where the settings were saved a way back to it."""
    voip = delivery.voip
    if "progress" in request.GET:
        return TemplateResponse(request, "integrations/rebuilding.html", {"rebuilding": _rebuilding(voip)})
    adapter = providers.find(voip.provider) if voip.provider in providers.slugs() else None
    if (
        adapter is None
        or adapter.field_map is None
        or delivery.erased_at
        or delivery.provider not in ("", voip.provider)
    ):
        messages.info(request, _why_not(delivery, knows_provider=adapter is not None))
        return redirect("admin:integrations_webhookdelivery_change", delivery.pk)
    settings, problem = _chosen(request, voip, adapter)
    if "save" in request.POST and not problem:
        problem = _save(request, voip, settings)
        if not problem:
            log(request, delivery, gettext_noop("The configuration was taught."))
            return redirect(request.path)
    page = _page(request, delivery, settings, adapter.field_map)
    return TemplateResponse(request, "integrations/teaching.html", context | page | {"problem": problem})


def _chosen(request: HttpRequest, voip: Voip, adapter: Provider) -> tuple[dict[str, object], str]:
    """The settings as the page has them, and what is wrong with them."""
    if request.method != "POST":
        return voip.settings, ""
    settings = settings_of(request.POST, voip.settings)
    try:
        adapter.validate_settings(settings)
    except InvalidSettings as mistake:
        return settings, str(mistake)
    return settings, ""


def _page(
    request: HttpRequest, delivery: WebhookDelivery, settings: dict[str, object], field_map: FieldMap
) -> dict[str, object]:
    voip = delivery.voip
    lesson = teach(delivery, voip, settings)
    return {
        "title": gettext("What does this say?"),
        "delivery": delivery,
        "voip": voip,
        "version": request.POST.get("version") or version_of(voip.settings),
        "meanings": meaning_rows(lesson, settings),
        "words": word_rows(lesson, field_map),
        "others": other_choices(settings),
        "lesson": lesson,
        "calls": _calls(lesson, voip),
        "most_calls": MOST_CALLS,
        "rebuilding": _rebuilding(voip),
        "select_classes": " ".join(SELECT_CLASSES),
    }


def _why_not(delivery: WebhookDelivery, *, knows_provider: bool) -> str:
    if delivery.erased_at:
        return gettext("Its content was erased; there is nothing to read.")
    if not knows_provider:
        return gettext("Choose the provider of the configuration first.")
    if delivery.provider not in ("", delivery.voip.provider):
        return gettext("This delivery is of the configuration's former provider.")
    return gettext("This provider's format is known; there is nothing to teach.")


def _save(request: HttpRequest, voip: Voip, settings: dict[str, object]) -> str:
    """Store the settings and have everything read again. Returns why not."""
    with transaction.atomic():
        stored = Voip.objects.select_for_update(of=("self",)).only("settings", "updated_at").get(pk=voip.pk)
        if version_of(stored.settings) != request.POST.get("version"):
            return gettext("The settings were changed meanwhile. Open this page again, so that nothing is lost.")
        stored.settings = settings
        stored.save(update_fields=["settings", "updated_at"])
        rebuilding.start(voip.pk)
    messages.success(
        request, gettext("The settings are saved. All deliveries of the configuration are read again now.")
    )
    return ""


def _rebuilding(voip: Voip) -> Rebuilding | None:
    return Rebuilding.objects.filter(voip=voip).first()


def _calls(lesson: Lesson, voip: Voip) -> list[dict[str, object]]:
    """The calls of the preview as the template shows them, changed ones first."""
    changed = [change for change in lesson.preview.calls if change.facts or change.doubt]
    same = [change for change in lesson.preview.calls if not (change.facts or change.doubt)]
    texts: Texts = {"sip_id": dict(Sip.objects.filter(voip=voip).values_list("pk", "sip"))}
    labels = {name: label(name.removesuffix("_id")) for name in COLUMNS}
    return [_call(change, labels, texts) for change in [*changed, *same][:MOST_CALLS]]


def _call(change: CallChange, labels: Mapping[str, str], texts: Texts) -> dict[str, object]:
    now = change.after or change.before or {}
    differ = change.facts if change.before is not None and change.after is not None else {}
    facts = [
        {
            "label": labels[name],
            "is_changed": name in differ,
            "before": _text(name, differ[name][0], texts) if name in differ else "",
            "after": _text(name, now.get(name), texts),
        }
        for name in COLUMNS
    ]
    state = (
        "new" if change.before is None else "gone" if change.after is None else "changed" if change.facts else "same"
    )
    return {"id": change.provider_call_id, "state": state, "facts": facts, "doubt": translate(change.doubt)}


def _text(name: str, value: object, texts: Texts) -> str:
    return texts.get(name, {}).get(value) or shown(name, value)
