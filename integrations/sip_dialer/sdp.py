"""What third-party call control needs of SDP (RFC 8866): the first offer, and our own origin line on the SDP of the other telephone.

No RTP passes through us. Bodies are kept as text, so that one telephone's codecs reach the other unchanged.
"""

import ipaddress
import re
from typing import NamedTuple

CONTENT_TYPE = "application/sdp"
_AUDIO = "m=audio"
_SOUND = re.compile(rf"{_AUDIO}[ \t]+0*[1-9][0-9]*[ \t/]")
_HELD = frozenset({"a=sendonly", "a=recvonly", "a=inactive"})
_SAYS_NOTHING = ("o=", "s=", "t=", "a=sendrecv")
"""Beginnings of lines that do not change the media, or are the default (RFC 8866, 6.7)."""


class Sound(NamedTuple):
    """Where a telephone listens."""

    address: str
    port: int
    payloads: tuple[int, ...]
    "The types of RTP it takes, the preferred one first."


def black_hole(address: str, port: int) -> str:
    """The black-hole SDP: the offer to the first leg until the second one answers. A-law and μ-law only: what the operator's telephone picks is
    offered to the network next, and every network takes these two."""
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
    """One telephone's SDP as our local SDP towards the other: with our origin, the same for the whole dialog, and a version that grows with each
    change (RFC 3264, section 8; RFC 3725, section 9)."""
    origin = f"o=- {session} {version} IN {_family(address)} {address.strip('[]')}"
    return "\r\n".join(origin if line.startswith("o=") else line for line in description.splitlines()) + "\r\n"


def is_same(one: str, other: str) -> bool:
    """Whether two session descriptions have the same media; origin and version do not count."""
    return _media(one) == _media(other)


def resumed(description: str) -> str:
    """The same with `sendrecv`, as before a hold."""
    lines = ("a=sendrecv" if line.strip() in _HELD else line for line in description.splitlines())
    return "\r\n".join(lines) + "\r\n"


def has_audio(description: str) -> bool:
    """Whether there is an audio stream that was not refused (port 0)."""
    return any(_SOUND.match(line) for line in description.splitlines())


def sound_of(description: str) -> Sound | None:
    """Where its first audio stream over plain RTP is received; None where it is not, or at no address that can be read."""
    session, *sections = re.split(r"^(?=m=)", description, flags=re.MULTILINE)
    section = next((each for each in sections if _SOUND.match(each)), "")
    offered = re.match(rf"{_AUDIO}[ \t]+0*([0-9]{{1,5}})[^ \t]*[ \t]+RTP/AVPF?((?:[ \t]+[0-9]{{1,3}})+)", section)
    direction = _last(r"a=(sendrecv|sendonly|recvonly|inactive)\b", session, section)
    address = _last(r"c=IN[ \t]+IP[46][ \t]+([0-9A-Fa-f.:]+)", session, section)
    if offered is None or direction in ("sendonly", "inactive"):
        return None
    try:
        is_silenced = ipaddress.ip_address(address).is_unspecified
    except ValueError:
        return None
    port = int(offered[1])
    return Sound(address, port, tuple(map(int, offered[2].split()))) if not is_silenced and 0 < port < 65536 else None


def _last(pattern: str, *parts: str) -> str:
    """From the last part that has such a line: a media section's own line overrides the session's (RFC 8866, 5.7)."""
    values = [found[1] for part in parts for found in re.finditer(rf"^{pattern}", part, re.MULTILINE)]
    return values[-1] if values else ""


def _media(description: str) -> list[str]:
    return [line.strip() for line in description.splitlines() if line.strip() and not line.startswith(_SAYS_NOTHING)]


def _family(address: str) -> str:
    return "IP6" if ":" in address else "IP4"
