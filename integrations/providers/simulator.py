"""A simulated provider, for demonstrations and for developers without a telephone line. The format is ours; its numbers are E.164 with their
plus."""

import json
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import ClassVar

from calls.sentences import _
from calls.statuses import RESULTS, Kind, Status
from integrations.providers.foundation.call_ids import check_call_id
from integrations.providers.foundation.decoding import decode
from integrations.providers.foundation.events import (
    Account,
    CallEvent,
    Delivery,
    DialOrder,
    OutboundRequest,
    OutboundResponse,
)
from integrations.providers.foundation.field_values import (
    read_caller,
    read_kind,
    read_number,
    read_reference,
    read_seconds,
    read_time,
)
from integrations.providers.foundation.provider import Provider, Unreadable, provider_word, unknown_result
from integrations.providers.foundation.provider_api import JSON, address, answer_fields, refusal, required


class Simulator(Provider):
    slug = "simulator"
    name = "Simulator"
    evidence = "declared"
    can_dial = True
    unused = frozenset({"api_login", "api_key"})
    steps = (_("There is nobody to give the address to: “Send me a test event” sends a call."),)
    statuses: ClassVar[Mapping[str, Status]] = {
        "CALL.QUEUED": Status.QUEUED,
        "CALL.DIALING": Status.DIALING,
        "CALL.RINGING": Status.RINGING,
        "CALL.ANSWERED": Status.IN_PROGRESS,
        "ANSWERED": Status.ANSWERED,
        "BUSY": Status.BUSY,
        "NO ANSWER": Status.NO_ANSWER,
        "FAILED": Status.FAILED,
        "CANCELED": Status.CANCELED,
    }

    def parse(self, delivery: Delivery, account: Account) -> Iterable[CallEvent]:
        fields = decode(delivery)
        event = fields.get("event", "")
        moment = read_time(fields.get("at", ""), account.time_zone)
        word = fields.get("status", "") if event == "call.ended" else event
        status = self.statuses.get(provider_word(word))
        if event == "call.ended":
            status = status if status in RESULTS else None
        elif status is None or not event.startswith("call."):
            raise Unreadable(
                _("The event is not one of call.queued, call.dialing, call.ringing, call.answered and call.ended.")
            )
        is_end = event == "call.ended"
        return [
            CallEvent(
                provider_call_id=check_call_id(fields.get("id", ""), missing=_("The event has no id.")),
                reference=read_reference(fields.get("ref", "")),
                status=status,
                provider_status=word or event,
                kind=read_kind(fields.get("kind", "")),
                number_from=read_caller(fields.get("from", "")),
                number_to=read_number(fields.get("to", "")),
                line=read_number(fields.get("line", "")),
                started_at=moment if not is_end and status is not Status.IN_PROGRESS else None,
                answered_at=moment if status is Status.IN_PROGRESS else None,
                ended_at=moment if is_end else None,
                notes=unknown_result(word) if status is None else (),
                talk_seconds=read_seconds(fields.get("seconds", "")) if status is Status.ANSWERED else None,
            )
        ]

    def dial(self, order: DialOrder, account: Account) -> OutboundRequest:
        required(
            account.api_url, _("Put the address of a running simulated_provider into the configuration's api_url.")
        )
        content = {
            "ref": order.reference,
            "from": order.line_number or order.line,
            "to": order.number,
            "line": order.line,
            "customer_first": order.customer_first,
            "callback_url": order.callback_url,
        }
        body = json.dumps(content).encode()
        return OutboundRequest(
            method="POST", url=address(account, "", "/calls"), headers={"Content-Type": JSON}, body=body
        )

    def read_dialed(self, response: OutboundResponse, account: Account) -> str:
        if response.status != 201:
            raise refusal(response, account, self.name)
        return check_call_id(answer_fields(response).get("call_id", ""), missing="The answer has no call_id.")


def tell_story(
    *,
    call_id: str,
    started_at: datetime,
    number_from: str,
    number_to: str,
    line: str = "",
    kind: Kind = Kind.INCOMING,
    result: Status = Status.ANSWERED,
    ring_seconds: int = 8,
    talk_seconds: int = 42,
) -> list[bytes]:
    """The webhook bodies of one call in the order in which they happen. `started_at` is aware; `talk_seconds` counts only when answered."""
    first = "call.queued" if kind is Kind.INCOMING else "call.dialing"
    moments: list[tuple[str, int, dict[str, str | int]]] = [(first, 0, {}), ("call.ringing", 1, {"line": line})]
    answered = result is Status.ANSWERED
    if answered:
        moments.append(("call.answered", ring_seconds, {"line": line}))
    end = ring_seconds + talk_seconds if answered else ring_seconds
    moments.append(
        ("call.ended", end, {"line": line, "status": result.value, "seconds": talk_seconds if answered else 0})
    )
    call = {"id": call_id, "from": number_from, "to": number_to, "kind": kind.value}
    return [
        json.dumps({"event": event, "at": (started_at + timedelta(seconds=after)).isoformat(), **call, **more}).encode()
        for event, after, more in moments
    ]


def disturb(bodies: Sequence[bytes], seed: int) -> list[bytes]:
    """The bodies as a bad network delivers them: every one at least once, some twice, in any order; the same for the same seed."""
    chance = random.Random(seed)
    delivered = [*bodies, *chance.choices(bodies, k=len(bodies))]
    chance.shuffle(delivered)
    return delivered
