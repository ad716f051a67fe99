"""Who answered: the one rule for all providers that a PBX picking up is not an answered call.

A PBX answers a caller itself for an IVR, a queue, an announcement or voicemail, and reports that as answered, with a duration. The caller has then
talked to nobody, and the call stays missed.
"""

from dataclasses import replace

from calls.events import CallEvent
from calls.statuses import Kind, Source, Status


def unless_answered_by(event: CallEvent, telephone: str) -> CallEvent:
    """The event unchanged if an operator's `telephone` answered an incoming call; without one, `without_answer`.

    An outgoing or internal call is answered by the called party, so it stays unchanged.
    """
    if telephone or event.kind in (Kind.OUTGOING, Kind.INTERNAL):
        return event
    return without_answer(event)


def without_answer(event: CallEvent) -> CallEvent:
    """The event where only a machine answered: the caller still waits, or the call ended with NO ANSWER."""
    if event.status is Status.IN_PROGRESS:
        return replace(event, status=Status.QUEUED, answered_at=None)
    if event.status is Status.ANSWERED:
        return replace(event, status=Status.NO_ANSWER, source=Source.DERIVED, talk_seconds=None, answered_at=None)
    return event
