"""What two telephones tell each other of their media (SDP, RFC 4566), as far as somebody between them must touch it. Plain text in and out."""

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

CONTENT_TYPE = "application/sdp"

_DIRECTIONS = {"sendrecv": "sendrecv", "sendonly": "recvonly", "recvonly": "sendonly", "inactive": "inactive"}
"Each direction and what it is from the other end."
_PLAIN_RTP = ("RTP/AVP", "RTP/AVPF")


class Stream(NamedTuple):
    """Where one kind of media is to be sent and who may send."""

    kind: str
    address: str
    port: str
    transport: str
    direction: str


def silence(address: str, port: int) -> str:
    """An offer of plain telephone sound at a place where nobody listens: a telephone rings for it as for any other call.

    G.711 A-law comes first: a telephone that answers with one codec only then picks the one every European network speaks.
    """
    return _join(
        [
            *_opening(address),
            f"m=audio {port} RTP/AVP 8 0 101",
            "a=rtpmap:8 PCMA/8000",
            "a=rtpmap:0 PCMU/8000",
            "a=rtpmap:101 telephone-event/8000",
            "a=fmtp:101 0-15",
            "a=sendrecv",
        ]
    )


def silent_answer(offer: str, address: str, port: int) -> str:
    """An answer that takes the first plain audio stream of an offer to that place, and refuses the rest."""
    lines = _opening(address)
    taken = False
    for section in _sections(offer)[1:]:
        kind, _port, transport, *formats = section[0].removeprefix("m=").split()
        if taken or kind != "audio" or transport not in _PLAIN_RTP:
            lines.append(f"m={kind} 0 {transport} {' '.join(formats)}")
            continue
        taken = True
        lines.append(f"m=audio {port} {transport} {' '.join(formats)}")
        lines += [line for line in section if line.startswith(("a=rtpmap:", "a=fmtp:"))]
        lines.append(f"a={_DIRECTIONS[_direction(section) or _direction(_sections(offer)[0]) or 'sendrecv']}")
    return _join(lines)


def with_origin(description: str, *, session: int, version: int, address: str) -> str:
    """The description as one of our own session: who passes on another's must keep to one origin line per dialog (RFC 3725, section 5).

    Letters beyond ASCII, of use in a session's name only, become question marks: sippy counts characters where SIP counts bytes.
    """
    origin = f"o=- {session} {version} IN IP4 {address}"
    return _join([origin if line.startswith("o=") else line for line in _lines(description)])


def streams(description: str) -> list[Stream]:
    session, *sections = _sections(description)
    return [_stream(section, session) for section in sections]


def same_media(one: str, other: str) -> bool:
    """Whether both lead the sound to the same places. A shorter list of codecs is no difference: an answer may always drop some."""
    return streams(one) == streams(other)


def unchanged(one: str, other: str) -> bool:
    """Whether one description repeats the other: a telephone refreshing its session changes nothing but, perhaps, the version."""
    return [line for line in _lines(one) if line[:2] != "o="] == [line for line in _lines(other) if line[:2] != "o="]


def _opening(address: str) -> list[str]:
    return ["v=0", f"o=- 1 1 IN IP4 {address}", "s=-", f"c=IN IP4 {address}", "t=0 0"]


def _lines(description: str) -> list[str]:
    return [line for line in description.encode("ascii", "replace").decode().splitlines() if line]


def _join(lines: list[str]) -> str:
    return "".join(f"{line}\r\n" for line in lines)


def _sections(description: str) -> list[list[str]]:
    """The session's own lines, then those of each stream."""
    lines = _lines(description)
    starts = [0, *(at for at, line in enumerate(lines) if line.startswith("m=")), len(lines)]
    return [lines[start:end] for start, end in pairwise(starts)]


def _stream(section: list[str], session: list[str]) -> Stream:
    kind, port, transport, *_formats = [*section[0].removeprefix("m=").split(), "", ""]
    address = next(_values("c=", section, session), "").rpartition(" ")[2]
    direction = _direction(section) or _direction(session) or "sendrecv"
    return Stream(kind=kind, address=address, port=port, transport=transport, direction=direction)


def _direction(section: list[str]) -> str:
    return next((value for value in _values("a=", section) if value in _DIRECTIONS), "")


def _values(prefix: str, *sections: list[str]) -> Iterator[str]:
    return (line[len(prefix) :].strip() for section in sections for line in section if line.startswith(prefix))
