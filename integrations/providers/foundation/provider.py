"""The interface of a provider file, and its errors."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar, Literal

from calls.sentences import Sentence, _, translate
from calls.statuses import Status
from integrations.providers.foundation.events import (
    Account,
    CallEvent,
    CallPage,
    Delivery,
    DialOrder,
    OutboundRequest,
    OutboundResponse,
)

if TYPE_CHECKING:
    from integrations.providers.foundation.field_map import FieldMap


class ProviderError(Exception):
    """The provider's request or answer, or the configuration, is wrong. The message is for staff and holds no secret."""

    @property
    def sentence(self) -> str:
        """The message; a `Sentence` if it has placeholders."""
        return self.args[0] if self.args and isinstance(self.args[0], str) else str(self)


class Unreadable(ProviderError):
    """The delivery is authentic but cannot be understood (yet): it is kept and can be replayed."""


class Untrusted(ProviderError):
    """The delivery's signature is missing or wrong: it is refused and not stored."""


class Refused(ProviderError):
    """The provider refused a request; the message is for staff, with the provider's own words where there are any."""


class InvalidSettings(ProviderError, ValueError):
    """A configuration's `settings` are not accepted by this provider. `field` names the setting. Shown in the reader's language."""

    def __init__(self, field: str, problem: str, **values: str) -> None:
        """problem: a text that is marked for translation, with a place for each of the values; or a sentence."""
        super().__init__(Sentence("%(field)s: %(problem)s", field=field, problem=Sentence(problem, **values)))
        self.field = field

    def __str__(self) -> str:
        return translate(self.sentence)


class Provider(ABC):
    """A telephone provider. Pure: bytes in, events out; one file, one provider."""

    slug: ClassVar[str]
    "The file's name, and the provider's name in addresses and in the API."
    name: ClassVar[str]
    "The provider's own name."
    evidence: ClassVar[Literal["documented", "observed", "declared"]]
    "Where the webhook format is from: the provider's document, a customer's traffic, or only our own declaration."
    statuses: ClassVar[Mapping[str, Status]]
    "The provider's words for how far a call is or how it ended, normalised by `provider_word`, and ours. The one place they are mapped."
    webhook_events: ClassVar[tuple[str, ...]] = ()
    "For providers that call one address per event: the last parts of those addresses."
    can_dial: ClassVar[bool] = False
    "Whether calls can be placed through the provider's API: `dial` and `read_dialed` are written."
    can_list: ClassVar[bool] = False
    "Whether the provider has a list of past calls: `list_calls` and `read_calls` are written."
    seconds_between_dials: ClassVar[float] = 0
    "The provider's rate limit for dialing, per configuration."
    signed: ClassVar[bool] = False
    "Whether the provider signs its deliveries, so that unsigned ones are refused."
    unused: ClassVar[frozenset[str]] = frozenset()
    "Of api_url, api_login and api_key what this provider's API does not take."
    steps: ClassVar[tuple[str, ...]] = ()
    "What to paste where at the provider, in this order; sentences marked for translation."

    field_map: ClassVar["FieldMap | None"] = None
    "What fields and words mean, for providers whose configurations may say it otherwise. None: the file alone knows."

    @property
    def uses(self) -> frozenset[str]:
        """Fields of a configuration that mean something to this provider, besides those that all have."""
        asks = self.can_dial or self.can_list or self.signed
        api = {"api_url", "api_login", "api_key"} - self.unused if asks else set()
        takes_settings = type(self).validate_settings is not Provider.validate_settings
        return frozenset(api | ({"settings"} if takes_settings else set()))

    def validate_settings(self, settings: Mapping[str, object]) -> None:
        """Raise InvalidSettings unless this provider takes these settings. By default it takes none."""
        for key in settings:
            raise InvalidSettings(key, _("%(name)s has no such setting."), name=self.name)

    def answer_handshake(self, delivery: Delivery) -> str | None:
        """The plain text a provider expects when it checks the address, or None when this is not such a check."""
        return None

    def verify(self, delivery: Delivery, account: Account) -> None:
        """Raise Untrusted unless the delivery is the provider's. Compare in constant time."""
        return

    @abstractmethod
    def parse(self, delivery: Delivery, account: Account) -> Iterable[CallEvent]:
        """What the delivery says; nothing when it is readable but tells of no call. Raises Unreadable."""

    def dial(self, order: DialOrder, account: Account) -> OutboundRequest:
        """The request that places the call. Raises Refused when the configuration lacks something, before anything is sent."""
        raise Refused(f"{self.name} offers no way to place calls.")

    def read_dialed(self, response: OutboundResponse, account: Account) -> str:
        """The provider's id of the call it is placing, or "" where it tells none. Raises Refused unless the provider accepted, and Unreadable
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
        """A page of calls as events of Source.LIST. Raises Refused when the provider sent no list, Unreadable when it cannot be read."""
        raise Refused(f"{self.name} offers no list of calls.")

    def key_test(self, since: datetime, until: datetime, account: Account) -> OutboundRequest | None:
        """A request that changes nothing and is refused without a right login and key; None where none is known. By default the list of calls of
        that time. Raises Refused when the configuration lacks something."""
        return self.list_calls(since, until, account) if self.can_list else None

    def read_key_test(self, response: OutboundResponse, account: Account) -> None:
        """Raises Refused unless the provider has accepted the key, Unreadable when it cannot be told. Not asked where the status says it."""
        self.read_calls(response, account)


def unknown_result(word: str) -> tuple[str, ...]:
    """The note of an event that ended with a word we cannot read (`CallEvent.notes`)."""
    if not word:
        return (_("It is not said how the call ended, and nothing is concluded about it."),)
    template = _("“%(word)s” is not a result we know: the call has ended, and nothing is concluded about how.")
    return (Sentence(template, word=word[:255]),)


@lru_cache(maxsize=1024)
def provider_word(text: str) -> str:
    """Upper case, with `_`, `-` and runs of spaces as one space, so that `no_answer` and `NO ANSWER` are the same word."""
    return " ".join(text.replace("_", " ").replace("-", " ").upper().split())
