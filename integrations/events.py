"""What crosses the border between operators and us. Frozen facts without behaviour."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from calls.events import CallEvent

__all__ = ["Account", "CallEvent", "Delivery"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What an adapter may know of a provider configuration (Voip)."""

    time_zone: ZoneInfo
    "The operator's local time: several send wall times without a zone."
    country: str = "PL"
    api_url: str = ""
    api_login: str = ""
    api_key: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One webhook request as received."""

    method: str
    body: bytes
    received_at: datetime
    headers: Mapping[str, str] = field(default_factory=dict)
    "Names in lower case; only the allow-listed ones of a stored delivery."
    query: str = ""
    "Raw query string, without the question mark."
    event: str = ""
    "Last part of the address, for operators that call one address per event."
    urls: tuple[str, ...] = ()
    "The address as the operator may have called it (public one first): signatures cover it. Empty when a stored delivery is replayed."
