"""The page that waits for a configuration's next delivery and shows what was understood of it."""

from datetime import UTC, datetime
from secrets import token_hex

from django.contrib.auth.models import AnonymousUser, User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from calls.sentences import translate_stored
from integrations import providers
from integrations.models import WebhookDelivery
from integrations.providers.foundation.events import Delivery
from integrations.providers.simulator import Simulator, tell_story
from integrations.teaching.explaining import EventReading, explain
from integrations.webhooks import processing, services
from integrations.webhooks.addressee import account_of
from integrations.webhooks.replay_report import label
from sips.models import Voip
from sips.staff_lines import sees_all_lines
from voipcrm.backoffice.display import show_moment
from voipcrm.backoffice.reader_links import may_view
from voipcrm.backoffice.submissions import new_token, submit_once

FACTS = ("status", "kind", "number_from", "number_to", "answered_at", "ended_at")
SAMPLE_NUMBER = "+48500500500"


def show(request: HttpRequest, voip: Voip, context: dict[str, object]) -> HttpResponse:
    """Waits for a delivery newer than the one named in the URL."""
    if request.method == "POST":

        def act() -> HttpResponse:
            if voip.provider == Simulator.slug:
                simulate(voip)
            return redirect(request.get_full_path())

        return submit_once(request, request.POST.get("once", ""), act, otherwise=request.get_full_path())
    after = request.GET.get("after", "")
    if not (after.isascii() and after.isdigit() and len(after) < 19):
        latest = WebhookDelivery.objects.filter(voip=voip.pk).order_by("-id").values_list("pk", flat=True).first()
        return redirect(f"{request.path}?after={latest or 0}")
    delivery = WebhookDelivery.objects.filter(voip=voip.pk, pk__gt=int(after)).order_by("id").first()
    page = {
        "voip": voip,
        "poll": f"{request.path}?after={after}",
        "again": request.path,
        "is_simulated": voip.provider == Simulator.slug,
        "has_provider": voip.provider in providers.slugs(),
        "once": new_token(),
        **(_describe(delivery, voip, request.user) if delivery else {}),
    }
    name = "first_delivery_state.html" if "state" in request.GET else "first_delivery.html"
    return TemplateResponse(request, f"integrations/{name}", context | page)


def simulate(voip: Voip) -> None:
    """Receive what the simulator would send for an incoming call, as if it had been sent to the webhook address."""
    recipient = services.Recipient(voip, providers.find(Simulator.slug))
    story = tell_story(
        call_id=f"test-{token_hex(6)}",
        started_at=datetime.now(UTC),
        number_from=SAMPLE_NUMBER,
        number_to=voip.number or "100",
        ring_seconds=3,
        talk_seconds=12,
    )
    for body in story:
        delivery = Delivery(
            method="POST",
            body=body,
            received_at=datetime.now(UTC),
            headers={"content-type": "application/json"},
            query="",
            event="",
        )
        services.take_in(delivery, recipient)


def _describe(delivery: WebhookDelivery, voip: Voip, user: User | AnonymousUser) -> dict[str, object]:
    """Includes content only for users who may see deliveries."""
    shown: dict[str, object] = {"delivery": delivery, "received": show_moment(delivery.received_at)}
    if not (may_view(user, WebhookDelivery) and sees_all_lines(user)):
        return shown
    shown |= {"problem": translate_stored(delivery.error), "notes": translate_stored(delivery.notes).splitlines()}
    shown["link"] = reverse("admin:integrations_webhookdelivery_change", args=[delivery.pk])
    if voip.provider in providers.slugs() and not delivery.error:
        account = account_of(voip, with_key=False)
        reading = explain(providers.find(voip.provider), processing.as_received(delivery), account)
        shown["events"] = [_facts(event, account.country) for event in reading.events if event.call_event]
        shown["tells_nothing"] = not shown["events"]
    return shown


def _facts(event: EventReading, country: str) -> list[tuple[str, str]]:
    call_event = event.call_event
    assert call_event is not None
    number_from, number_to = call_event.numbers(country)
    known: dict[str, object] = {
        "status": call_event.status.label if call_event.status else _("ended, nobody knows how"),
        "kind": call_event.kind.label if call_event.kind else "",
        "number_from": number_from,
        "number_to": number_to,
        "answered_at": show_moment(call_event.answered_at) if call_event.answered_at else "",
        "ended_at": show_moment(call_event.ended_at) if call_event.ended_at else "",
    }
    facts = [(label(name), str(known[name])) for name in FACTS if known[name]]
    return [*facts, *([(_("line"), call_event.line)] if call_event.line else [])]
