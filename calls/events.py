"""A report of a call in one vocabulary, whatever its source."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from calls.reasons import Reason
from calls.statuses import RESULTS, Kind, Source, Status
from sips import phone_numbers


@dataclass(frozen=True, slots=True, kw_only=True)
class CallEvent:
    """One thing that happened to one call.

    Everything but the call's id may be unknown; known values are merged into the Call in any order (see `calls.merge`).
    Numbers may have any format (`numbers` reads them). Times are aware.
    """

    provider_call_id: str
    "The provider's id of the call, the same for all its legs."
    reference: str = ""
    "Our id of a requested call, where the provider echoes it, for correlation."
    status: Status | None
    "None: it ended with a word that cannot be read, which stays in `provider_status`."
    source: Source = Source.EVENT
    "DERIVED where the end is certain but the result is only concluded (`status` is then NO ANSWER)."
    provider_status: str = ""
    "The provider's raw word, for people."
    reason: Reason = Reason.NONE
    kind: Kind | None = None
    "None: not reported; then it is concluded from our own numbers where possible."
    number_from: str = ""
    number_to: str = ""
    numbers_are_read: bool = False
    """The provider's file has read them: they are E.164, or stay as given because their country is ambiguous. Otherwise they are read by the rules of
    the configuration's country."""
    line: str = ""
    "The operator's telephone: an extension, SIP login or number, looked up among the lines of the configuration."
    started_at: datetime | None = None
    answered_at: datetime | None = None
    "When the second leg answered."
    ended_at: datetime | None = None
    talk_seconds: int | None = None
    recording_url: str = ""
    notes: tuple[str, ...] = ()
    """What could not be read of the delivery, as sentences for staff that name the cure. The event still counts; its delivery is *read in
    part*."""

    @property
    def is_end(self) -> bool:
        return self.status is None or self.status in RESULTS

    def line_number(self, country: str) -> str:
        """The line in E.164 if it is a telephone number (`48226221234` is +48226221234), else unchanged."""
        return phone_numbers.called(self.line, country)

    def numbers(self, country: str) -> tuple[str, str]:
        """Caller and called number as they are stored. `country`: ISO 3166 code whose rules apply to numbers without a country code."""
        rules = "" if self.numbers_are_read else country
        return phone_numbers.caller(self.number_from, rules), phone_numbers.called(self.number_to, rules)

    def readings(self, country: str) -> tuple[list[str], list[str]]:
        """For caller and called number: the two possible E.164 numbers if the country is ambiguous, else none."""
        number_from, number_to = (phone_numbers.possible_readings(each, country) for each in self.numbers(country))
        return list(number_from), list(number_to)

    def as_json(self) -> dict[str, object]:
        """The fields that are set, for storing."""
        stored = {name: getattr(self, name) for name in _STORED}
        return {
            name: value.isoformat() if isinstance(value, datetime) else value
            for name, value in stored.items()
            if value != _STORED[name]
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> "CallEvent":
        return cls(**{name: _READ.get(name, _unchanged)(value) for name, value in stored.items()})


def _status(value: str | None) -> Status | None:
    return Status(value) if value is not None else None


def _unchanged(value: Any) -> Any:
    return value


_STORED = {field.name: field.default for field in fields(CallEvent) if field.name != "notes"}
"""Each field's value where it is not reported; `status` is always stored."""

_READ: Mapping[str, Callable[[Any], Any]] = {
    "status": _status,
    "source": Source,
    "reason": Reason,
    "kind": Kind,
    **dict.fromkeys(("started_at", "answered_at", "ended_at"), datetime.fromisoformat),
}
