"""What the SIP dialer is asked for and what it answers. Frozen facts that know no SIP library: import them anywhere."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from calls.statuses import RESULTS, Status

Party: TypeAlias = Literal["", "operator", "number", "crm"]

_NUMBER = re.compile(r"[+0-9*#A-Za-z._-]{1,64}", re.ASCII)
_LOGIN = re.compile(r"[0-9A-Za-z+*#._~!$&'()%=@-]{1,128}", re.ASCII)
_HOST = re.compile(r"[0-9A-Za-z._-]{1,253}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True, kw_only=True)
class SipOrder:
    """Ring the operator, then the number, and let them talk. Raises ValueError on anything that could be read as SIP syntax."""

    reference: str
    "Ours, unique among the orders that live at the same time."
    server: str
    "Host name or IPv4 address of the PBX, registrar or proxy. It is spoken to over UDP."
    port: int = 5060
    username: str
    password: str = field(repr=False)
    operator: str
    "What the server knows the operator's telephone by: an extension, a login."
    number: str
    "As the server wants it dialled."
    domain: str = ""
    "Of the account, where it is not the server's name."
    caller_name: str = ""
    "What the operator's display shows; the number when blank."
    operator_ring_seconds: float = 30
    number_ring_seconds: float = 45

    def __post_init__(self) -> None:
        _check("operator", self.operator, _NUMBER)
        _check("number", self.number, _NUMBER)
        _check("username", self.username, _LOGIN)
        _check("server", self.server, _HOST)
        _check("domain", self.domain or self.server, _HOST)
        if _CONTROL.search(self.caller_name):
            raise ValueError("the caller name has a control character")
        if not 1 <= self.port <= 65535:
            raise ValueError(f"{self.port} is not a port")
        if min(self.operator_ring_seconds, self.number_ring_seconds) <= 0:
            raise ValueError("a telephone must ring for some time")


@dataclass(frozen=True, slots=True, kw_only=True)
class SipReport:
    """How far an order is. The last one of an order, and only that one, carries a result (`is_end`)."""

    reference: str
    status: Status
    at: datetime
    "Aware, UTC."
    reason: str = ""
    "The finer truth of a result: see docs/dialing.md."
    provider_status: str = ""
    'The answer of the far end ("486 Busy Here"), or a sentence where there was none.'
    answered_at: datetime | None = None
    "When the number answered."
    talk_seconds: int | None = None
    hung_up_by: Party = ""

    @property
    def is_end(self) -> bool:
        return self.status in RESULTS


def _check(name: str, text: str, pattern: re.Pattern[str]) -> None:
    if not pattern.fullmatch(text):
        raise ValueError(f"“{text}” cannot be used as the {name} of a SIP call")
