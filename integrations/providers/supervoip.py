"""SuperVoIP. The webhook's field names are known from a customer's public code, its wire format and most result words are not
(docs/providers/supervoip.md)."""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

from calls.statuses import Status
from integrations.events import Account, CallEvent, Delivery
from integrations.field_map import CANDIDATES, FieldMap
from integrations.provider import Provider

_FIELDS = {
    **CANDIDATES,
    "event": ("status",),
    "call_id": ("callid", "uniqueid"),
    "from": ("numbera",),
    "to": ("numberb",),
    "line": ("sipnumber",),
    "direction": ("direction",),
    "status": ("disposition",),
    "talk_seconds": ("billseconds",),
    "event_time": ("createdat",),
}
_REASONS = {"CHANUNAVAIL": "unreachable", "CONGESTION": "congestion"}


class SuperVoip(Provider):
    slug = "supervoip"
    name = "SuperVoIP"
    evidence = "observed"
    statuses: ClassVar[Mapping[str, Status]] = {
        "QUEUESTART": Status.QUEUED,
        "CALLSTART": Status.RINGING,
        "ANSWER": Status.ANSWERED,
        "ANSWERED": Status.ANSWERED,
        "NO ANSWER": Status.NO_ANSWER,
        "NOANSWER": Status.NO_ANSWER,
        "BUSY": Status.BUSY,
        "CANCEL": Status.CANCELED,
        "FAILED": Status.FAILED,
        "CHANUNAVAIL": Status.FAILED,
        "CONGESTION": Status.FAILED,
    }
    field_map = FieldMap(
        events={"QUEUESTART": "queuestart", "CALLSTART": "callstart", "CALLEND": "callend"},
        statuses=statuses,
        fields=_FIELDS,
    )

    def validate_settings(self, settings: Mapping[str, Any]) -> None:
        self.field_map.configured(settings)

    def parse(self, delivery: Delivery, account: Account) -> Iterable[CallEvent]:
        reading = self.field_map.read(delivery, account)
        return [reading.tell(reading.event(delivery.event), reasons=_REASONS)]
