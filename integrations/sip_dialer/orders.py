"""What the dialer is asked to do, and the seam behind which it does it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from calls.events import CallEvent

Report = Callable[[CallEvent], None]
"""Takes one fact about one call. Called from the dialer's own thread, which waits for it: it must only pass the fact on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long the dialer waits, in seconds."""

    operator_ring: float = 30
    "For the operator to answer."
    number_ring: float = 60
    "For the number to answer."
    no_response: float = 20
    "For any sign of life of the server. RFC 3261 would wait 32 s (timer B); people have left by then. Six retransmissions fit in."
    check: float = 30
    "Between two questions to a telephone whether it is still in the call. Also keeps the way through a NAT open."
    talk: float = 4 * 3600
    "No conversation is longer: a call that cost money for a weekend because nobody hung up is worse than one cut."
    glare: tuple[float, float] = (2.1, 4.0)
    "Before a change of media that met another is tried again: drawn from this range (RFC 3261, 14.1, for the owner of the Call-ID)."


@dataclass(frozen=True, slots=True, kw_only=True)
class SipOrder:
    """Ring the operator, then the number, and join them. Raises ValueError for text that SIP cannot carry."""

    reference: str
    "Our id of the call. The two dialogs' Call-IDs are this and `-operator` or `-number`, so that a provider's records can be matched."
    host: str
    "The server's name or address: domain of our account, and where everything is sent."
    port: int = 5060
    username: str
    password: str = field(repr=False)
    operator: str
    "User part of our own telephone's address, which is rung first."
    number: str
    customer_first: bool = False
    "Ring the number before the operator."
    display: str = ""
    "Shown by the operator's telephone as the caller: whom they are about to talk to."
    limits: Limits = Limits()

    def __post_init__(self) -> None:
        for name in ("reference", "host", "username", "operator", "number", "display"):
            if not getattr(self, name).isprintable():  # a line break would begin a header of its own
                raise ValueError(f"{name} holds characters that SIP cannot carry.")
        for name in ("reference", "host", "username", "operator", "number"):
            if not getattr(self, name) or " " in getattr(self, name):
                raise ValueError(f"{name} must be given, without spaces.")
        if not 0 < self.port < 65536:
            raise ValueError("port must be between 1 and 65535.")


class Engine(Protocol):
    """Places calls by SIP and reports on them. Every method but `run` may be called from any thread and returns at once."""

    @property
    def live(self) -> int:
        """Calls that have not ended."""

    def place(self, order: SipOrder) -> None:
        """Begin the call; everything that happens is reported. A reference that is being dialed already is left alone."""

    def hang_up(self, reference: str) -> None:
        """End the call on both sides, whatever it is doing. An unknown reference has ended already."""

    def drain(self, seconds: float) -> None:
        """Take no more orders, end all calls, and make `run` return once the far sides agree, at the latest after that many seconds."""

    def run(self) -> None:
        """Do the work, in this thread, until drained."""
