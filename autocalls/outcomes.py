"""What the end of a call means for whoever was promised one. No rows are written here."""

from collections.abc import Mapping
from typing import Final

from autocalls.models import Outcome
from calls.models import Call
from calls.statuses import RESULTS, Status

IMPOSSIBLE_WORDS = ("404", "484", "604")
"""SIP answers (RFC 3261): not found, address incomplete, does not exist anywhere."""

FINAL = (Outcome.DECLINED, Outcome.IMPOSSIBLE)
"""Whoever declined does not want to be called, and a number that does not exist will not exist later."""

OPERATOR_REASONS = frozenset(
    {"operator_no_answer", "operator_busy", "operator_rejected", "operator_unreachable", "refused"}
)
"""Nobody else was rung, and another line may be in its place, or have a login that works. `operator_hung_up` is not among them: that operator had
answered, and the visitor's telephone may have rung."""

REASONS: Final[Mapping[str, Outcome]] = {
    "rejected": Outcome.DECLINED,
    "unreachable": Outcome.IMPOSSIBLE,
    "expired": Outcome.NOT_DIALED,
}
WORDS: Final[Mapping[str, Outcome]] = {Status.BUSY: Outcome.BUSY, Status.NO_ANSWER: Outcome.NO_ANSWER}


def read(call: Call | None) -> Outcome | None:
    """The outcome of a call that has ended, None while it goes on. Of one that was deleted no more is heard."""
    if call is None:
        return Outcome.FAILED
    if call.status not in RESULTS:
        return Outcome.FAILED if call.deleted_at is not None else None
    if call.status == Status.ANSWERED:
        return Outcome.ANSWERED
    if call.reason in OPERATOR_REASONS:
        return Outcome.OPERATOR
    if call.provider_status.startswith(IMPOSSIBLE_WORDS):
        return Outcome.IMPOSSIBLE
    return REASONS.get(call.reason) or WORDS.get(call.status, Outcome.FAILED)
