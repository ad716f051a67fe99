"""A report as parameters of the merge statement, with the times and precedences derived from it."""

import json
from datetime import datetime, timedelta

from calls.events import CallEvent
from calls.statuses import RESULTS, Kind, Source, Status, precedence

TALKED = 199
"""The precedence of a report that proves talk: above every other."""

LONGEST_TALK = 2_000_000_000
EARLIEST_YEAR, LATEST_YEAR = 1980, 2200


def parameters(
    event: CallEvent, *, voip_id: int | None, country: str, received_at: datetime, now: datetime
) -> dict[str, object]:
    """The parameters of a received report. Missing times are derived from when it was received, never from the present: reading it again must give
    the same row."""
    ended_at, ended_precedence = _end(event, received_at)
    talk_seconds = _talk(event)
    started_at = _plausible(event.started_at) or (
        ended_at - timedelta(seconds=talk_seconds or 0) if ended_at else received_at
    )
    answered_at = _plausible(event.answered_at) or (received_at if event.status == Status.IN_PROGRESS else None)
    proven = event.status == Status.ANSWERED and bool(answered_at or talk_seconds)
    status = event.status or Status.QUEUED
    talked = (status in RESULTS or ended_at is not None) and bool(answered_at or talk_seconds)
    return _parties(event, country) | {
        "voip": voip_id,
        "provider_call_id": event.provider_call_id,
        "status": Status.ANSWERED.value if talked else status.value,
        "precedence": TALKED if proven else precedence(status, event.source),
        "provider_status": event.provider_status[:255],
        "reason": event.reason.value,
        "kind": event.kind.value if event.kind else "",
        "kind_precedence": _kind_precedence(event.kind, event.source),
        "started_at": started_at,
        "answered_at": answered_at,
        "ended_at": ended_at,
        "ended_precedence": ended_precedence,
        "talk_seconds": talk_seconds,
        "recording_url": event.recording_url if _is_link(event.recording_url) else "",
        "now": now,
    }


def _parties(event: CallEvent, country: str) -> dict[str, object]:
    number_from, number_to = event.numbers(country)
    readings_from, readings_to = event.readings(country)
    return {
        "number_from": number_from,
        "number_to": number_to,
        "readings_from": readings_from,
        "readings_to": readings_to,
        "line": event.line[:255],
        "line_number": event.line_number(country),
    }


def storing(event: CallEvent, *, received_at: datetime, delivery_id: int | None = None) -> dict[str, object]:
    """Additional parameters of `reporting`, for storing the report."""
    return {"call_event": json.dumps(event.as_json()), "received_at": received_at, "delivery": delivery_id}


_KINDS = {Kind.INTERNAL: 1, Kind.OUTGOING: 2, Kind.INCOMING: 3}


def _kind_precedence(kind: Kind | None, source: Source) -> int:
    """The precedence of a reported direction; 0 where the report has none.

    A reported direction beats one derived from our own numbers (20 from both, 10 from one). A stronger source beats a weaker one; our own request is
    the strongest. Within one source, incoming and outgoing beat internal, because a call with an outside party is not internal; and incoming beats
    outgoing, because a forwarded incoming call came in.
    """
    return 10 * (source + 2) + _KINDS[kind] if kind else 0


def _end(event: CallEvent, received_at: datetime) -> tuple[datetime | None, int]:
    """When the call ended, and the evidence: 2 reported, 1 start plus talk time, 0 when the report came. None: not ended, or the time is unknown.

    An end before the start is ignored. Of several arrival times the first counts, because repeated reports come later.
    """
    if not event.is_end or event.source == Source.EXPIRY:
        return None, 0
    began = _plausible(event.answered_at) or _plausible(event.started_at)
    ended_at = _plausible(event.ended_at)
    if ended_at and not (began and ended_at < began):
        return ended_at, 2
    if began and (talk_seconds := _talk(event)):
        return began + timedelta(seconds=talk_seconds), 1
    return received_at, 0


def _talk(event: CallEvent) -> int | None:
    return event.talk_seconds if event.talk_seconds is not None and 0 <= event.talk_seconds <= LONGEST_TALK else None


def _plausible(moment: datetime | None) -> datetime | None:
    """None for an impossible time, such as a provider's `0000-00-00` or the far future."""
    return moment if moment and EARLIEST_YEAR <= moment.year <= LATEST_YEAR else None


def _is_link(url: str) -> bool:
    return url.startswith(("https://", "http://")) and len(url) <= 1000
