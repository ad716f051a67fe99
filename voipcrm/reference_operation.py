"""The reference text of one operation, and sentences that several operations share."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

IN_PAGES = "Newest first, in pages: follow `next` until it is null. Filters combine with *and*."
BLANK = "Fields that are left out get their defaults; `null` is blank for every optional one."
ONLY_GIVEN = "Only the fields that are given change. What was read may be sent back."


@dataclass(frozen=True)
class Operation:
    summary: str
    description: str
    bodies: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    "By what they show. *Try it out* begins with the first."
    refusals: Mapping[str, Sequence[str]] = field(default_factory=dict)
    "Codes by status, see `voipcrm.reference_refusals`."
