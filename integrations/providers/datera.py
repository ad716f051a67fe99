"""Datera. Nothing about its webhooks is public: all names here are our declaration, not verified with the operator, and every one
can be replaced per configuration (docs/providers/datera.md)."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from calls.statuses import Status
from integrations.events import Account, CallEvent, Delivery
from integrations.field_map import FieldMap
from integrations.provider import Provider, provider_word


class Datera(Provider):
    slug = "datera"
    name = "Datera"
    evidence = "declared"
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
    field_map = FieldMap(events={provider_word(event): event for event in webhook_events}, statuses=statuses)

    def validate_settings(self, settings: Mapping[str, Any]) -> None:
        self.field_map.configured(settings)

    def parse(self, delivery: Delivery, account: Account) -> Iterable[CallEvent]:
        reading = self.field_map.read(delivery, account)
        word = reading.text("status")
        status = reading.names.statuses.get(provider_word(word))
        if status and not delivery.event and not reading.text("event"):
            return [
                reading.call_event(status, provider_status=word)
            ]  # some systems name no event: the status is all they report
        return [reading.tell(reading.event(delivery.event))]
