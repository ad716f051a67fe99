"""What the dialer is asked to do (`SipOrder`), and the interface of what does it (`Engine`)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from calls.events import CallEvent

Report = Callable[[CallEvent], None]
"""Takes one event of one call. Called from the SIP thread, so it must only queue the event."""

CallerIdHeader = Literal["from", "p-asserted-identity", "remote-party-id"]
"""Where a server looks for the number to show: From (RFC 3261), P-Asserted-Identity (RFC 3325), Remote-Party-ID (older exchanges)."""
_TEXTS = ("reference", "host", "proxy", "username", "auth_username", "operator", "number", "display", "caller_id")


@dataclass(frozen=True, slots=True, kw_only=True)
class RingLimits:
    """How long the dialer waits, in seconds."""

    operator_ring: float = 30
    "For the operator to answer."
    number_ring: float = 60
    "For the number to answer."
    no_response: float = 20
    "For any response of the server. RFC 3261 would wait 32 s (timer B), longer than people do. Six retransmissions fit in."
    keepalive: float = 30
    "Between two keepalives to a telephone. They also keep the NAT binding open."
    first_keepalive: float = 5
    "From the answer to the first keepalive; the pauses then double."
    keepalive_retry: float = 10
    "After a miss. Shorter where `keepalive` is."
    talk: float = 4 * 3600
    "A longer call is ended: one that nobody hung up must not cost money for a weekend."
    glare: tuple[float, float] = (2.1, 4.0)
    "Before an offer refused by 491 is repeated: drawn from this range (RFC 3261, 14.1, for the owner of the Call-ID)."


@dataclass(frozen=True, slots=True, kw_only=True)
class SipOrder:
    """Ring the operator, then the number, and join them. Raises ValueError for text that SIP cannot carry."""

    reference: str
    "Our id of the call. The two dialogs' Call-IDs are this and `-operator` or `-number`, so that a provider's records can be matched."
    host: str
    "The server's name or address; IPv6 in brackets. Domain of our account, and without `proxy` where everything is sent."
    port: int | None = None
    "None: that of the name's SRV records, or 5060."
    proxy: str = ""
    "Outbound proxy, where requests go instead; with a port or without."
    username: str
    auth_username: str = ""
    "In credentials, where that is another."
    password: str = field(repr=False)
    operator: str
    "User part of our own telephone's address, which is rung first."
    number: str
    customer_first: bool = False
    "Ring the number before the operator."
    display: str = ""
    "Shown by the operator's telephone as the caller: whom they are about to talk to."
    caller_id: str = ""
    "The number that the number's telephone is to show; the account's own where it is blank."
    caller_id_header: CallerIdHeader = "p-asserted-identity"
    hands_free: bool = False
    "Ask the operator's telephone to answer by itself."
    limits: RingLimits = RingLimits()

    def __post_init__(self) -> None:
        for name in _TEXTS:
            if not getattr(self, name).isprintable():  # a line break would begin a header of its own
                raise ValueError(f"{name} holds characters that SIP cannot carry.")
        for name in ("reference", "host", "username", "operator", "number"):
            if not getattr(self, name) or " " in getattr(self, name):
                raise ValueError(f"{name} must be given, without spaces.")
        for port in (self.port, self.next_hop[1]):
            if port is not None and not 0 < port < 65536:
                raise ValueError("port must be between 1 and 65535.")

    @property
    def next_hop(self) -> tuple[str, int | None]:
        """Name or address and port of the machine that requests are sent to."""
        if not self.proxy:
            return self.host, self.port
        host, colon, port = self.proxy.rpartition(":")
        return (
            (host, int(port))
            if colon and port.isdigit() and (":" not in host or host.endswith("]"))
            else (self.proxy, None)
        )

    @property
    def server(self) -> str:
        """The same as text."""
        host, port = self.next_hop
        return host if port is None else f"{host}:{port}"


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
