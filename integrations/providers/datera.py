"""Datera. Nothing about its webhooks or its API is public: all names here are our declaration, not verified with the operator, and every one
can be replaced per configuration. How to place calls is wholly the configuration's (docs/providers/datera.md)."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from calls.statuses import Status
from integrations.events import Account, CallEvent, Delivery, DialOrder, OutboundRequest, OutboundResponse
from integrations.field_map import FieldMap
from integrations.operator_api import answer_fields, refusal
from integrations.provider import InvalidSettings, Provider, Refused, Unreadable, provider_word
from integrations.request_template import can_ring_customer_first, check, fill


class Datera(Provider):
    slug = "datera"
    name = "Datera"
    evidence = "declared"
    can_dial = True
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
    field_map = FieldMap(
        events={provider_word(event): event for event in webhook_events},
        statuses=statuses,
        others=frozenset({"dial"}),
    )

    def validate_settings(self, settings: Mapping[str, Any]) -> None:
        self.field_map.configured(settings)
        if "dial" in settings:
            check(settings["dial"])

    def parse(self, delivery: Delivery, account: Account) -> Iterable[CallEvent]:
        reading = self.field_map.read(delivery, account)
        word = reading.text("status")
        status = reading.names.statuses.get(provider_word(word))
        if status and not delivery.event and not reading.text("event"):
            return [
                reading.call_event(status, provider_status=word)
            ]  # some systems name no event: the status is all they report
        return [reading.tell(reading.event(delivery.event))]

    def dial(self, order: DialOrder, account: Account) -> OutboundRequest:
        template = _template(account)
        if order.customer_first and not can_ring_customer_first(template):
            raise Refused("settings.dial does not say in which order to ring: use {first} and {second} there.")
        return fill(template, order, account)

    def read_dialed(self, response: OutboundResponse, account: Account) -> str:
        """Accepted by the configured rule; without one, by any success. A configured id that a success lacks is no reason to refuse."""
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


def _template(account: Account) -> Mapping[str, Any]:
    """The configuration's request to dial, checked again: it may be older than the rules."""
    if not account.settings.get("dial"):
        raise Refused("Describe in settings.dial how Datera is asked for a call.")
    try:
        check(account.settings["dial"])
    except InvalidSettings as problem:
        raise Refused(f"The configuration's settings must be corrected first. {problem}") from None
    template: Mapping[str, Any] = account.settings["dial"]
    return template
