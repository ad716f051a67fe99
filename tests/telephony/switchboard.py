"""A SIP server that misbehaves as a test wants: whole messages in, whole messages out, nothing hidden by a stack."""

import re
import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from telephony.bed import wait_until

SDP = "v=0\r\no=x 1 {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n{more}"


def sdp(port: int = 7000, *, version: int = 1, more: str = "") -> str:
    return SDP.format(port=port, version=version, more=more)


@dataclass
class Message:
    text: str
    source: tuple[str, int]

    @property
    def first_line(self) -> str:
        return self.text.split("\r\n", 1)[0]

    @property
    def method(self) -> str:
        return self.first_line.split()[0]

    @property
    def user(self) -> str:
        """Of the request's address."""
        found = re.match(r"\S+ sip:([^@]*)@", self.first_line)
        return found.group(1) if found else ""

    @property
    def body(self) -> str:
        return self.text.split("\r\n\r\n", 1)[1]

    def header(self, name: str) -> str:
        found = re.search(rf"^{name}: (.*)$", self.text, re.IGNORECASE | re.MULTILINE)
        return found.group(1).strip() if found else ""

    @property
    def is_within_a_dialog(self) -> bool:
        return "tag=" in self.header("To")


Answer = Callable[["Switchboard", Message], None]


@dataclass
class Switchboard:
    """`answers` by (method, user) or by method; what has none gets a 200. Everything is written down in `heard`."""

    answers: dict[object, Answer] = field(default_factory=dict)
    heard: list[Message] = field(default_factory=list)
    address: str = "127.0.0.1"

    def __post_init__(self) -> None:
        is_v6 = ":" in self.address
        self._socket = socket.socket(socket.AF_INET6 if is_v6 else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((self.address, 0))
        self._host = f"[{self.address}]" if is_v6 else self.address
        self._socket.settimeout(0.1)
        self.port: int = self._socket.getsockname()[1]
        self._stopping = False
        self._thread = threading.Thread(target=self._listen, daemon=True)
        self._thread.start()

    def reply(
        self,
        request: Message,
        status: str,
        *,
        tag: str = "",
        body: str = "",
        headers: Sequence[str] = (),
        content_type: str = "application/sdp",
        instead: Mapping[str, str] | None = None,
    ) -> None:
        """status: such as "200 OK". tag: of the telephone; by default one for each user. instead: lines in place of the header of that name."""
        own = tag or f"of-{request.user or 'peer'}"
        to = request.header("To")
        to = to if "tag=" in to else f"{to};tag={own}"
        lines = [f"SIP/2.0 {status}"]
        lines += [f"Via: {via}" for via in re.findall(r"^Via: (.*?)\r?$", request.text, re.MULTILINE)]
        lines += [f"From: {request.header('From')}", f"To: {to}", f"Call-ID: {request.header('Call-ID')}"]
        lines += [
            f"CSeq: {request.header('CSeq')}",
            f"Contact: <sip:{request.user or 'peer'}@{self._host}:{self.port}>",
            *headers,
        ]
        self._send(lines, body, request.source, content_type=content_type, instead=instead or {})

    def request(
        self,
        method: str,
        invite: Message,
        *,
        cseq: int,
        body: str = "",
        tag: str = "",
        content_type: str = "application/sdp",
        headers: Sequence[str] = (),
        instead: Mapping[str, str] | None = None,
    ) -> None:
        """A request of the telephone that was called by that INVITE."""
        own = tag or f"of-{invite.user}"
        lines = [f"{method} sip:crm@{self._host}:{invite.source[1]} SIP/2.0"]
        lines += [f"Via: SIP/2.0/UDP {self._host}:{self.port};branch=z9hG4bK-{method}-{cseq}-{own}", "Max-Forwards: 70"]
        to = invite.header("To").split(";tag=")[0]
        lines += [f"From: {to};tag={own}", f"To: {invite.header('From')}", f"Call-ID: {invite.header('Call-ID')}"]
        lines += [f"CSeq: {cseq} {method}", f"Contact: <sip:{invite.user}@{self._host}:{self.port}>"]
        self._send([*lines, *headers], body, invite.source, content_type=content_type, instead=instead or {})

    def all(self, method: str, user: str | None = None) -> list[Message]:
        return [m for m in list(self.heard) if m.method == method and user in (None, m.user)]

    def wait_for(self, method: str, user: str | None = None, *, count: int = 1, seconds: float = 8) -> Message:
        wait_until(
            lambda: len(self.all(method, user)) >= count, seconds=seconds, what=f"{method} {user or ''} × {count}"
        )
        return self.all(method, user)[count - 1]

    def wait_for_response(self, code: int, method: str, *, seconds: float = 8) -> Message:
        def found() -> list[Message]:
            return [
                m
                for m in list(self.heard)
                if m.first_line.startswith(f"SIP/2.0 {code} ") and m.header("CSeq").endswith(method)
            ]

        wait_until(lambda: bool(found()), seconds=seconds, what=f"{code} to {method}")
        return found()[-1]

    def stop(self) -> None:
        self._stopping = True
        self._thread.join(5)
        self._socket.close()

    def _listen(self) -> None:
        while not self._stopping:
            try:
                datagram, source = self._socket.recvfrom(65535)
            except TimeoutError:
                continue
            message = Message(datagram.decode(), source)
            self.heard.append(message)
            if message.method in ("SIP/2.0", "ACK"):
                continue
            answer = self.answers.get((message.method, message.user)) or self.answers.get(message.method)
            (answer or ok)(self, message)

    def _send(
        self, lines: list[str], body: str, to: tuple[str, int], *, content_type: str, instead: Mapping[str, str]
    ) -> None:
        sent = body.encode(errors="surrogateescape")
        lines = [*lines, *([f"Content-Type: {content_type}"] if body else []), f"Content-Length: {len(sent)}"]
        kept = [line for line in lines if line.partition(":")[0] not in instead]
        head = "\r\n".join([*kept, *filter(None, instead.values()), "", ""])
        self._socket.sendto(head.encode(errors="surrogateescape") + sent, to)


def ok(board: Switchboard, request: Message) -> None:
    """Take every call and every change; the media port is the operator's or the number's own."""
    body = sdp(7000 if request.user == "100" else 8000) if request.method == "INVITE" else ""
    board.reply(request, "200 OK", body=body)


def says(status: str, **parts: Any) -> Answer:
    """parts: as `Switchboard.reply` takes them."""
    return lambda board, request: board.reply(request, status, **parts)


def rings(board: Switchboard, request: Message) -> None:
    board.reply(request, "180 Ringing")


def silent(_board: Switchboard, _request: Message) -> None:
    """Say nothing at all."""


def in_turn(*answers: Answer) -> Answer:
    """Each request the next answer; the last one for all that follow. Retransmissions get what their request got."""
    given: dict[str, Answer] = {}
    waiting = list(answers)

    def answer(board: Switchboard, request: Message) -> None:
        branch = request.header("Via")
        if branch not in given:
            given[branch] = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        given[branch](board, request)

    return answer
