"""The data types that provider files take and return."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from calls.events import CallEvent

__all__ = [
    "Account",
    "CallEvent",
    "CallPage",
    "Delivery",
    "DialOrder",
    "OutboundRequest",
    "OutboundResponse",
    "Settings",
]

Settings: TypeAlias = Mapping[str, Any]
"""What staff have set for a provider: JSON, checked by the provider's `validate_settings`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A configuration (Voip) as its adapter sees it."""

    time_zone: ZoneInfo
    "The provider's local time: several send wall times without a zone."
    country: str = "PL"
    api_url: str = ""
    api_login: str = ""
    api_key: str = field(default="", repr=False)
    settings: Settings = field(default_factory=dict)


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
    "Last part of the address, for providers that call one address per event."
    urls: tuple[str, ...] = ()
    "The address as the provider may have called it (public one first): signatures cover it. Empty when a stored delivery is replayed."


@dataclass(frozen=True, slots=True, kw_only=True)
class DialOrder:
    """A request to a provider: ring the line, then the number, and join them."""

    reference: str
    "Ours. It is echoed in webhooks where the provider's API lets us."
    number: str
    "E.164, or an extension as given."
    line: str
    "The line's SIP number, usually an extension."
    line_login: str = ""
    line_number: str = ""
    "E.164 of the line, where it has one."
    caller_id: str = ""
    "The number to present: the configuration's main number, E.164."
    customer_first: bool = False
    "Ring the number first and the line when it answers. Where the provider cannot, its adapter refuses."
    callback_url: str = field(default="", repr=False)
    "Our webhook address for this call's progress, with the reference in it."


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundRequest:
    """One HTTP request to a provider. Its `repr` hides everything, as it carries keys."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundResponse:
    """A provider's answer."""

    status: int
    body: bytes = b""
    url: str = field(default="", repr=False)
    "The URL of the request, from which the next page follows."


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPage:
    """A page of a provider's list of calls."""

    events: Sequence[CallEvent]
    next: OutboundRequest | None = None
    "The request for the following page."
