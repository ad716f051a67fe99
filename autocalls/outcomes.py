"""What the end of a call means for its call-back. Writes nothing."""

from collections.abc import Mapping
from typing import Final

from autocalls.models import AttemptOutcome
from calls.models import Call
from calls.reasons import FOLLOWS, Follow, Reason
from calls.statuses import RESULTS, Status

FINAL: Final[Mapping[str, AttemptOutcome]] = {
    Reason.REJECTED: AttemptOutcome.DECLINED,
    Reason.NO_SUCH_NUMBER: AttemptOutcome.IMPOSSIBLE,
}
"""Final outcomes: another attempt would be unwanted or could not succeed."""

FAULTS: Final[Mapping[Follow, AttemptOutcome]] = {
    Follow.NEXT_OPERATOR: AttemptOutcome.OPERATOR,
    Follow.REDIAL: AttemptOutcome.NOT_DIALED,
}
WORDS: Final[Mapping[str, AttemptOutcome]] = {
    Status.BUSY: AttemptOutcome.BUSY,
    Status.NO_ANSWER: AttemptOutcome.NO_ANSWER,
}


def read(call: Call | None) -> AttemptOutcome | None:
    """The outcome of a call that has ended or was deleted, else None."""
    if call is None:
        return AttemptOutcome.FAILED
    if call.status not in RESULTS:
        return AttemptOutcome.FAILED if call.deleted_at is not None else None
    if call.status == Status.ANSWERED:
        return AttemptOutcome.ANSWERED
    follow = FOLLOWS.get(Reason(call.reason), Follow.AGAIN)
    if follow is Follow.FINAL:
        return FINAL[call.reason]
    return FAULTS.get(follow) or WORDS.get(call.status, AttemptOutcome.FAILED)
