"""One call of the simulated provider, and the parameters of its deliveries, read by the shortest code that knows only this format."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

STATUSES = {"call.queued": ("QUEUED", 10), "call.ringing": ("RINGING", 30), "call.answered": ("IN PROGRESS", 40)}
ENDED = ("ANSWERED", 199)
KINDS = {"internal": 51, "outgoing": 52, "incoming": 53}

UNSAID: Mapping[str, Any] = {
    "event": "",
    "method": "POST",
    "headers": '{"content-type": "application/json"}',
    "query": "",
    "error": "",
    "reason": "",
    "readings_from": [],
    "readings_to": [],
    "recording_url": "",
    "provider": "simulator",
    "notes": "",
}
"""Parameters that are the same in all of its deliveries."""


def read(body: bytes, *, voip_id: int, received_at: datetime) -> dict[str, Any]:
    """The parameters of the product's statement for a delivery with this body."""
    event = json.loads(body)
    moment = datetime.fromisoformat(event["at"])
    status, precedence = STATUSES.get(event["event"], ENDED)
    is_end, is_answer = event["event"] == "call.ended", event["event"] == "call.answered"
    talk_seconds = event["seconds"] if is_end else None
    return {
        **UNSAID,
        "voip": voip_id,
        "fingerprint": hashlib.sha256(body).hexdigest(),
        "body": body,
        **dict.fromkeys(("received_at", "processed_at", "now"), received_at),
        "provider_call_id": event["id"],
        "call_ids": [event["id"]],
        "status": status,
        "precedence": precedence,
        "provider_status": event.get("status", event["event"]),
        "kind": event["kind"],
        "kind_precedence": KINDS[event["kind"]],
        "number_from": event["from"],
        "number_to": event["to"],
        "line": event.get("line", ""),
        "line_number": event.get("line", ""),
        "started_at": received_at if is_answer else moment - timedelta(seconds=talk_seconds or 0),
        "answered_at": moment if is_answer else None,
        "ended_at": moment if is_end else None,
        "ended_precedence": 2 if is_end else 0,
        "talk_seconds": talk_seconds,
        "call_event": json.dumps(event),
    }
