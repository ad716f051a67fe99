"""Datera. Neither its webhooks nor its API are publicly documented: all names here are our declaration, not verified with the provider, and can be
replaced per configuration. How calls are placed is defined entirely by the configuration (docs/providers/datera.md).

The number format is not known either: numbers are read by the rules of the configuration's country, and ambiguous ones stay as given."""

from collections.abc import Iterable, Mapping
from typing import ClassVar

from calls.sentences import Sentence, _
from calls.statuses import Status
from integrations.providers.foundation.events import (
    Account,
    CallEvent,
    Delivery,
    DialOrder,
    OutboundRequest,
    OutboundResponse,
    Settings,
)
from integrations.providers.foundation.field_map import FieldMap
from integrations.providers.foundation.provider import InvalidSettings, Provider, Refused, Unreadable, provider_word
from integrations.providers.foundation.provider_api import answer_fields, refusal
from integrations.providers.foundation.reading import read_events
from integrations.providers.foundation.request_template import can_ring_customer_first, check, fill


class Datera(Provider):
    slug = "datera"
    name = "Datera"
    evidence = "declared"
    can_dial = True
    steps = (
        _("Give Datera the address below, or one address per event, and ask for a description of its webhooks."),
        _("Then call your number once: what cannot be read is kept, and “What does this say?” on its page teaches it."),
        _("How calls are placed stands in the settings, see the provider's page in the docs."),
    )
    webhook_events = ("queue_start", "queue_hangup", "call_start", "call_answered", "call_end")
    statuses: ClassVar[Mapping[str, Status]] = {
        "QUEUE START": Status.QUEUED,
        "CALL START": Status.RINGING,
        "CALL ANSWERED": Status.IN_PROGRESS,
        "QUEUE HANGUP": Status.NO_ANSWER,  # unless it says otherwise
        "ANSWERED": Status.ANSWERED,
        "BUSY": Status.BUSY,
        "FAILED": Status.FAILED,
        "NO ANSWER": Status.NO_ANSWER,
        "CANCELED": Status.CANCELED,
    }
    field_map: ClassVar[FieldMap] = FieldMap(
        events={provider_word(event): event for event in webhook_events},
        statuses=statuses,
        others=frozenset({"dial"}),
    )

    def validate_settings(self, settings: Mapping[str, object]) -> None:
        self.field_map.configured(settings)
        if "dial" in settings:
            check(settings["dial"])

    def parse(self, delivery: Delivery, account: Account) -> Iterable[CallEvent]:
        return read_events(delivery, account, self.field_map)

    def dial(self, order: DialOrder, account: Account) -> OutboundRequest:
        template = _template(account)
        if order.customer_first and not can_ring_customer_first(template):
            raise Refused(_("settings.dial does not say in which order to ring: use {first} and {second} there."))
        return fill(template, order, account)

    def read_dialed(self, response: OutboundResponse, account: Account) -> str:
        """Accepted by the configured rule; without one, by any success. A missing configured id is no reason to refuse a success."""
        template = _template(account)
        rule = template.get("success", {})
        if response.status not in rule.get("status", range(200, 300)):
            raise refusal(response, account, self.name)
        path = template.get("call_id", "").lower()
        try:
            fields = answer_fields(response)
        except Unreadable:
            if "field" in rule:
                raise
            return ""
        if "field" in rule and fields.get(rule["field"].lower()) != rule["equals"]:
            raise refusal(response, account, self.name)
        call_id = fields.get(path, "")
        return call_id if len(call_id) <= 255 else ""


def _template(account: Account) -> Settings:
    """The configuration's dial request, validated again: it may be older than the rules."""
    if not account.settings.get("dial"):
        raise Refused(_("Describe in settings.dial how Datera is asked for a call."))
    try:
        check(account.settings["dial"])
    except InvalidSettings as problem:
        problem_text = _("The configuration's settings must be corrected first. %(problem)s")
        raise Refused(Sentence(problem_text, problem=problem.sentence)) from None
    template: Settings = account.settings["dial"]
    return template
