"""Sentences about tasks, each with its urgency and time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils import formats, timezone
from django.utils.translation import gettext as _

from autocalls.attention import OVERDUE_AFTER
from autocalls.models import Autocall, Status
from calls.follow_up_models import FollowUp, State
from calls.models import Call
from calls.reasons import Reason
from calls.statuses import Status as CallStatus
from voipcrm.backoffice.display import show_moment
from voipcrm.desk.fragments import label_of

PROMISED, DUE, MISSED, FAILED, TRIED, OTHERS = range(6)
"""Ranks of urgency, the most urgent first."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Its text is made only when shown: of a thousand rows a hundred are."""

    kind: str
    rank: int
    moment: datetime
    count: int = 1
    reason: str = ""

    @property
    def text(self) -> str:
        text = _SENTENCES[self.kind]() % {"time": show_time(self.moment), "count": self.count}
        return f"{text} ({self.reason})" if self.reason else text

    @property
    def icon(self) -> str:
        return _ICONS[self.kind]

    @property
    def is_late(self) -> bool:
        return self.kind in _LATE


_LATE = ("overdue", "missed", "missed_again", "failed")
_ICONS: Mapping[str, str] = {
    "taken_call_back": "person",
    "due": "schedule",
    "overdue": "alarm",
    "failed": "phone_disabled",
    "put_off": "snooze",
    "taken": "person",
    "to_call": "call",
    "missed": "call_missed",
    "missed_again": "call_missed",
    "tried": "call_made",
}
_SENTENCES: Mapping[str, Callable[[], str]] = {
    "taken_call_back": lambda: _("call-back taken, promised for %(time)s"),
    "due": lambda: _("call-back due, promised for %(time)s"),
    "overdue": lambda: _("call-back overdue, promised for %(time)s"),
    "failed": lambda: _("call-back failed at %(time)s"),
    "put_off": lambda: _("was put off until %(time)s"),
    "taken": lambda: _("taken at %(time)s"),
    "to_call": lambda: _("to be called since %(time)s"),
    "missed": lambda: _("missed call at %(time)s"),
    "missed_again": lambda: _("missed %(count)s×, last %(time)s"),
    "tried": lambda: _("called back in vain at %(time)s"),
}


def of_call_back(autocall: Autocall, now: datetime) -> Fact:
    if autocall.status == Status.TAKEN:
        return Fact("taken_call_back", DUE, autocall.promised_at)
    if autocall.promised_at > now - OVERDUE_AFTER:
        return Fact("due", PROMISED, autocall.promised_at)
    return Fact("overdue", PROMISED, autocall.promised_at, reason=_reason(autocall))


def of_failed(autocall: Autocall) -> Fact:
    return Fact("failed", FAILED, autocall.finished_at or autocall.updated_at, reason=_reason(autocall))


def of_follow_up(follow_up: FollowUp) -> Fact:
    if follow_up.state == State.LATER and follow_up.due_at is not None:
        return Fact("put_off", DUE, follow_up.due_at)
    if follow_up.state == State.TAKEN:
        return Fact("taken", DUE, follow_up.taken_at or follow_up.updated_at)
    return Fact("to_call", DUE, follow_up.created_at)


def of_missed(moments: Sequence[datetime]) -> Fact:
    """moments: latest first."""
    return Fact("missed" if len(moments) == 1 else "missed_again", MISSED, moments[0], count=len(moments))


def of_attempt(call: Call) -> Fact:
    """Without caller and line, which the reader may not be allowed to see."""
    return Fact(
        "tried", TRIED, call.start_time, reason=label_of(Reason, call.reason) or label_of(CallStatus, call.status)
    )


def show_time(moment: datetime) -> str:
    """Only the time if it is today."""
    local = timezone.localtime(moment)
    return formats.time_format(local, "H:i") if local.date() == timezone.localdate() else show_moment(moment)


def _reason(autocall: Autocall) -> str:
    return str(autocall.get_reason_display()) if autocall.reason else ""
