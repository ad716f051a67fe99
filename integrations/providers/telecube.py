"""Telecube. Its webhooks have no public document: only the names of the four events and of the four results are given, in our specification.
The rest is declared by us and can be corrected per configuration (docs/providers/telecube.md)."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from calls.statuses import Status
from integrations.events import Account, CallEvent, Delivery
from integrations.field_map import FieldMap
from integrations.provider import Provider, provider_word


class Telecube(Provider):
    slug = "telecube"
    name = "Telecube"
    evidence = "declared"
    webhook_events = ("queue_start", "queue_hangup", "call_start", "call_end")
    statuses: ClassVar[Mapping[str, Status]] = {
        "QUEUE START": Status.QUEUED,
        "CALL START": Status.RINGING,  # a leg is offered, which is not yet an answer
        "QUEUE HANGUP": Status.NO_ANSWER,  # unless it says otherwise
        "ANSWERED": Status.ANSWERED,
        "ANSWER": Status.ANSWERED,
        "BUSY": Status.BUSY,
        "FAILED": Status.FAILED,
        "NO ANSWER": Status.NO_ANSWER,
        "NOANSWER": Status.NO_ANSWER,
    }
    field_map = FieldMap(events={provider_word(event): event for event in webhook_events}, statuses=statuses)

    def validate_settings(self, settings: Mapping[str, Any]) -> None:
        self.field_map.configured(settings)

    def parse(self, delivery: Delivery, account: Account) -> Iterable[CallEvent]:
        reading = self.field_map.read(delivery, account)
        return [reading.tell(reading.event(delivery.event))]
