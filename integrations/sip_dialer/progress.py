"""The reports of one call, and its times."""

import time
from datetime import UTC, datetime, timedelta

from calls.events import CallEvent
from calls.reasons import Reason
from calls.statuses import Status
from integrations.sip_dialer.orders import Report
from integrations.sip_dialer.outcomes import DialOutcome


class Progress:
    """Measured on `time.monotonic` and converted by the call's start, so that setting the clock changes no talk time."""

    def __init__(self, reference: str, report: Report) -> None:
        self._reference, self._report = reference, report
        self._started_at = datetime.now(UTC)
        self._began = time.monotonic()
        self._answered = 0.0
        self.is_talk = False
        """Whether the two have been joined."""

    def report(self, status: Status, phrase: str, reason: Reason = Reason.NONE) -> None:
        self._report(self._event(status, phrase, reason))

    def number_answered(self) -> None:
        self._answered = time.monotonic()

    def join(self) -> None:
        """The two hear each other. Only now the call is reported as answered: without media between the two there was no talk."""
        self.is_talk = True
        self.report(Status.IN_PROGRESS, "200 OK")

    def end(self, outcome: DialOutcome, phrase: str, *, at: float | None = None) -> None:
        """at: when it ended, if not now."""
        ended = max(at or time.monotonic(), self._answered)
        self._report(
            self._event(
                Status.ANSWERED if self.is_talk else outcome.status,
                phrase,
                outcome.reason,
                ended_at=self._wall(ended),
                talk_seconds=int(ended - self._answered) if self.is_talk else None,
            )
        )

    def _event(
        self,
        status: Status,
        phrase: str,
        reason: Reason,
        *,
        ended_at: datetime | None = None,
        talk_seconds: int | None = None,
    ) -> CallEvent:
        return CallEvent(
            provider_call_id=self._reference,
            status=status,
            provider_status=phrase,
            reason=reason,
            started_at=self._started_at,
            answered_at=self._wall(self._answered) if self.is_talk else None,
            ended_at=ended_at,
            talk_seconds=talk_seconds,
        )

    def _wall(self, monotonic: float) -> datetime:
        return self._started_at + timedelta(seconds=monotonic - self._began)
