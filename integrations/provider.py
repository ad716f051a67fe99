"""What every provider file implements, and the few ways it can say no."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, ClassVar, Literal

from calls.statuses import Status
from integrations.events import (
    Account,
    CallEvent,
    CallPage,
    Delivery,
    DialOrder,
    OutboundRequest,
    OutboundResponse,
)


class ProviderError(Exception):
    """What the operator sent or we were configured with does not work; the message is for staff and carries no secret."""


class Unreadable(ProviderError):
    """The delivery is authentic but cannot be understood (yet): it is kept and can be replayed."""


class Untrusted(ProviderError):
    """The delivery's signature is missing or wrong: it is refused and not stored."""


class Refused(ProviderError):
    """The operator did not do what we asked; the message is a sentence for staff, in the operator's words where there are any."""


class InvalidSettings(ProviderError, ValueError):
    """A configuration's `settings` object is not what this provider takes. `field` names the culprit."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field


class Provider(ABC):
    """An operator of telephones. Pure: bytes in, events out; one file, one provider."""

    slug: ClassVar[str]
    "The file's name, and the provider's name in addresses and in the API."
    name: ClassVar[str]
    "The operator's own name."
    evidence: ClassVar[Literal["documented", "observed", "declared"]]
    "Where the webhook format is from: the operator's document, a customer's traffic, or only our own declaration."
    statuses: ClassVar[Mapping[str, Status]]
    "The operator's words for how far a call is or how it ended, normalised by `provider_word`, and ours. The one place they are mapped."
    webhook_events: ClassVar[tuple[str, ...]] = ()
    "For operators that call one address per event: the last parts of those addresses."
    can_dial: ClassVar[bool] = False
    "Whether calls can be placed through the operator's API: `dial` and `read_dialed` are written."
    can_list: ClassVar[bool] = False
    "Whether the operator has a list of past calls: `list_calls` and `read_calls` are written."
    seconds_between_dials: ClassVar[float] = 0
    "The operator's rate limit for dialing, per configuration."
    signed: ClassVar[bool] = False
    "Whether the operator signs its deliveries, so that unsigned ones are refused."

    def validate_settings(self, settings: Mapping[str, Any]) -> None:
        """Raise InvalidSettings unless this provider takes these settings. By default it takes none."""
        for key in settings:
            raise InvalidSettings(key, f"{self.name} has no such setting.")

    def answer_handshake(self, delivery: Delivery) -> str | None:
        """The plain text an operator expects when it checks the address, or None when this is not such a check."""
        return None

    def verify(self, delivery: Delivery, account: Account) -> None:
        """Raise Untrusted unless the delivery is the operator's. Compare in constant time."""
        return

    @abstractmethod
    def parse(self, delivery: Delivery, account: Account) -> Iterable[CallEvent]:
        """What the delivery says; nothing when it is readable but tells of no call. Raises Unreadable."""

    def dial(self, order: DialOrder, account: Account) -> OutboundRequest:
        """The request that places the call. Raises Refused when the configuration lacks something, before anything is sent."""
        raise Refused(f"{self.name} offers no way to place calls.")

    def read_dialed(self, response: OutboundResponse, account: Account) -> str:
        """The operator's id of the call it is placing, or "" where it tells none. Raises Refused unless the operator accepted, and Unreadable
        when it cannot be told whether it did.

        Not asked for answers of 500 and above: those leave it open whether the call is being placed.
        """
        raise Refused(f"{self.name} offers no way to place calls.")

    def list_calls(self, since: datetime, until: datetime, account: Account) -> OutboundRequest | None:
        """The request for the first page of calls that began in that time; None where the configuration does not want its list read.

        Raises Refused when the configuration lacks something.
        """
        raise Refused(f"{self.name} offers no list of calls.")

    def read_calls(self, response: OutboundResponse, account: Account) -> CallPage:
        """A page of calls as events of Source.LIST. Raises Refused when the operator sent no list, Unreadable when it cannot be read."""
        raise Refused(f"{self.name} offers no list of calls.")


def provider_word(text: str) -> str:
    """Upper case, with `_`, `-` and runs of spaces as one space, so that `no_answer` and `NO ANSWER` are the same word."""
    return " ".join(text.replace("_", " ").replace("-", " ").upper().split())
