"""The `Reason` header of SIP (RFC 3326): why a leg ended, as the network behind the server puts it."""

import re
from collections.abc import Iterable
from typing import NamedTuple

_TEXT = re.compile(r';\s*text\s*=\s*"(?:\\.|[^"\\])*"?', re.IGNORECASE)
"""May hold commas, semicolons and anything that looks like a cause."""
_VALUE = re.compile(r"\s*([A-Za-z0-9.\-]+)\s*(?:;.*?)?;\s*cause\s*=\s*\"?([0-9]{1,4})(?![0-9])", re.IGNORECASE)


class Cause(NamedTuple):
    """Causes of a message; None if it has none."""

    q850: int | None = None
    sip: int | None = None
    "The final code that a server on the path received, if it responded with another one."

    def __str__(self) -> str:
        return "" if self.q850 is None else f" (Q.850 cause {self.q850})"


NO_CAUSE = Cause()


def read_cause(values: Iterable[str], asterisk_cause: str = "") -> Cause:
    """values: of all `Reason` headers of a message, of each protocol the first counts. What cannot be parsed is ignored.

    asterisk_cause: of `X-Asterisk-HangupCauseCode`, by which Asterisk's older SIP channel says the same.
    """
    found: dict[str, int] = {}
    for value in values:
        for part in _TEXT.sub("", value).split(","):
            if read := _VALUE.match(part):
                found.setdefault(read[1].upper(), int(read[2]))
    q850, sip = found.get("Q.850"), found.get("SIP", 0)
    if q850 is None and re.fullmatch(r"[0-9]{1,3}", asterisk_cause.strip()):
        q850 = int(asterisk_cause)
    return Cause(q850=q850, sip=sip if 300 <= sip <= 699 else None)
