"""The little we must know of session descriptions (RFC 8866): one to begin with, and our own origin line on those we pass on.

No sound passes through us. Bodies are kept as text, so that what a telephone says of its codecs reaches the other one unchanged.
"""

_AUDIO = "m=audio"
_HELD = frozenset({"a=sendonly", "a=recvonly", "a=inactive"})
_SAYS_NOTHING = ("o=", "s=", "t=", "a=sendrecv")
"""Beginnings of lines that are not about the sound, or say what holds without them (RFC 8866, 6.7)."""


def silence(address: str, port: int) -> str:
    """An offer that leads nowhere, for the first leg until the second one answers. A-law and μ-law alone: whatever the operator's telephone
    picks of it is offered to the network next, and every telephone network takes these two."""
    return "\r\n".join(
        (
            "v=0",
            f"o=- 1 1 IN {_family(address)} {address.strip('[]')}",
            "s=-",
            f"c=IN {_family(address)} {address.strip('[]')}",
            "t=0 0",
            f"{_AUDIO} {port} RTP/AVP 8 0 101",
            "a=rtpmap:8 PCMA/8000",
            "a=rtpmap:0 PCMU/8000",
            "a=rtpmap:101 telephone-event/8000",
            "a=fmtp:101 0-15",
            "a=sendrecv",
            "",
        )
    )


def as_ours(description: str, *, address: str, session: int, version: int) -> str:
    """The description of one telephone as we give it to the other: with an origin that stays ours for the whole dialog and whose version
    grows with each change (RFC 3264, section 8; RFC 3725, section 9)."""
    origin = f"o=- {session} {version} IN {_family(address)} {address.strip('[]')}"
    return "\r\n".join(origin if line.startswith("o=") else line for line in description.splitlines()) + "\r\n"


def is_same(one: str, other: str) -> bool:
    """Whether two descriptions say the same about the sound; who says it and in which version is not that."""
    return _media(one) == _media(other)


def resumed(description: str) -> str:
    """The same with sound both ways, as it was before a hold."""
    lines = ("a=sendrecv" if line.strip() in _HELD else line for line in description.splitlines())
    return "\r\n".join(lines) + "\r\n"


def has_audio(description: str) -> bool:
    """Whether there is sound that was not refused (a refused one has port 0)."""
    return any(line.startswith(_AUDIO) and line.split()[1:2] != ["0"] for line in description.splitlines())


def _media(description: str) -> list[str]:
    return [line.strip() for line in description.splitlines() if line.strip() and not line.startswith(_SAYS_NOTHING)]


def _family(address: str) -> str:
    return "IP6" if ":" in address else "IP4"
