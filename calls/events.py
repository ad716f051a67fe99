"""What somebody reports of a call, in our words."""

from dataclasses import dataclass
from datetime import datetime

from calls.statuses import RESULTS, Kind, Source, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """One thing that happened to one call.

    Everything but the call's id may be unknown; what is known is merged into the Call in any order (see `calls.merge`).
    Numbers are in any writing. Times are aware.
    """

    provider_call_id: str
    "The operator's id of the whole conversation, not of one leg: every leg of a call carries the same one."
    reference: str = ""
    "Our own id of a requested call, where the operator echoes it: finds the request before the operator's id is known."
    status: Status | None
    "How far the call is by this report. None: it ended with a word we cannot read, kept in `provider_status` and not guessed."
    source: Source = Source.EVENT
    "DERIVED where the end is certain but the result is only concluded (`status` is then NO ANSWER)."
    provider_status: str = ""
    "The operator's raw word, for people."
    reason: str = ""
    "The finer truth of a result: rejected, unreachable, congestion, operator_busy, operator_no_answer, refused."
    kind: Kind | None = None
    "None: not said; it is then concluded from our own numbers where that is possible."
    number_from: str = ""
    number_to: str = ""
    line: str = ""
    "The operator's telephone (staff): an extension, SIP login or number that is looked up among the lines of the configuration."
    started_at: datetime | None = None
    answered_at: datetime | None = None
    "When the second leg answered."
    ended_at: datetime | None = None
    talk_seconds: int | None = None
    recording_url: str = ""

    @property
    def is_end(self) -> bool:
        return self.status is None or self.status in RESULTS
