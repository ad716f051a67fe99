"""Open desks and a provider, as clients of the product. They do as little work as possible, because they share its processors."""

import asyncio
import gzip
import random
import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import Group, User
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone

from bench.product import HOST
from integrations.providers.simulator import tell_story
from sips.models import Sip, StaffLine

EVERY = 1.5
"""Seconds between two requests of a desk."""
LASTS = (0.0, 0.5, 3.0, 6.0)
"""Seconds from the beginning of a call to each of its deliveries."""


@dataclass(frozen=True)
class Member:
    """A signed-in operator or supervisor."""

    session: str
    line: str
    """Whose calls they see, as `voip id-line`; blank for a supervisor, who sees all lines and has none."""


def sign_in_staff(count: int, *, supervisors: int) -> list[Member]:
    members = []
    lines = iter(Sip.objects.order_by("pk"))
    for place in range(count):
        is_operator = place >= supervisors
        user = User.objects.create_user(f"desk-{place}", is_staff=True)
        user.groups.add(Group.objects.get(name="Operator" if is_operator else "Supervisor"))
        line = next(lines) if is_operator else None
        if line is not None:
            StaffLine.objects.create(user=user, sip=line)
        members.append(Member(_session(user), name_of(line) if line else ""))
    return members


def name_of(line: Sip) -> str:
    return f"{line.voip_id}-{line.sip}"


def _session(user: User) -> str:
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)


@dataclass
class Desk:
    port: int
    member: Member
    since: str = ""
    polls: int = 0
    changed: int = 0
    expected: dict[bytes, float] = field(default_factory=dict)
    "Numbers of calls that are to appear, and when each was stored."
    waits: list[float] = field(default_factory=list)
    "Seconds until each appeared."

    def forget(self) -> None:
        self.polls = self.changed = 0
        self.expected.clear()
        self.waits.clear()

    async def ask(self, connection: "Connection") -> None:
        headers = f"Cookie: {settings.SESSION_COOKIE_NAME}={self.member.session}\r\nAccept-Encoding: gzip\r\n"
        status, answered, body = await connection.send(f"GET /admin/desk/changes?since={self.since} HTTP/1.1", headers)
        if status not in (200, 204):
            raise RuntimeError(f"a desk was answered {status}: {body[:300]!r}")
        self.polls += 1
        self.changed += status == 200
        if found := re.search(rb"x-desk-since: (\S+)", answered, re.IGNORECASE):
            self.since = found[1].decode()
        now = monotonic()
        for number in [number for number in self.expected if number in body]:
            self.waits.append(now - self.expected.pop(number))


class Connection:
    """A persistent HTTP connection to the product."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send(self, request: str, headers: str = "", body: bytes = b"") -> tuple[int, bytes, bytes]:
        """Status, head and body of the answer."""
        length = f"Content-Length: {len(body)}\r\n" if body else ""
        self._writer.write(f"{request}\r\nHost: {HOST}\r\n{headers}{length}\r\n".encode() + body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        status = int(head[9:12])
        found = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        answer = await self._reader.readexactly(int(found[1])) if found else b""
        is_packed = re.search(rb"content-encoding: gzip", head, re.IGNORECASE)
        return status, head, gzip.decompress(answer) if is_packed else answer


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Connection]:
    reader, writer = await asyncio.open_connection(HOST, port, limit=2**22)
    try:
        yield Connection(reader, writer)
    finally:
        writer.close()


@dataclass(frozen=True)
class Reported:
    """A call and the webhooks that report it."""

    line: str
    caller: bytes
    address: str
    bodies: list[bytes]


class Provider:
    """Reports calls of all lines, one after the other."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._lines = list(Sip.objects.select_related("voip").order_by("pk"))
        self._chance = random.Random(14)
        self.answers: list[float] = []
        "Seconds from when each webhook was due to its answer."

    async def play(self, *, rate: int, seconds: float, used: Callable[[], float], desks: Sequence[Desk] = ()) -> float:
        """Send so many webhooks a second, and tell each of these desks which numbers to wait for. Returns the growth of `used`
        per second."""
        waiting = {desk.member.line: desk for desk in desks if desk.member.line}
        began, before = monotonic(), used()
        end = began + seconds
        over = end + EVERY + 1  # what was reported last is to be seen as well
        async with AsyncExitStack() as stack:
            ways = [(await stack.enter_async_context(connected(self._port)), asyncio.Lock()) for _delivery in LASTS]
            calls = await self._tell(rate, end, waiting, ways)
            await asyncio.sleep(over - monotonic())
            share = (used() - before) / (monotonic() - began)
            await asyncio.gather(*calls)  # or they would go on while the next is measured
        return share

    async def _tell(
        self, rate: int, end: float, waiting: Mapping[str, Desk], ways: Sequence[Any]
    ) -> list[asyncio.Task[None]]:
        calls = []
        while monotonic() < end:
            call = self._next()
            calls.append(asyncio.create_task(_tell_call(ways, call, waiting.get(call.line), end, self.answers)))
            await asyncio.sleep(len(LASTS) / rate)
        return calls

    def _next(self) -> Reported:
        line, now = self._chance.choice(self._lines), timezone.now()
        voip = line.voip
        assert voip is not None
        caller = f"+4860{self._chance.randrange(10**7):07}"
        bodies = tell_story(
            call_id=f"desks-{now.timestamp()}", started_at=now, number_from=caller, number_to=voip.number, line=line.sip
        )
        address = f"/voip/webhooks/{voip.provider}/{voip.webhook_secret}/"
        return Reported(name_of(line), caller.encode(), address, bodies)


async def _tell_call(ways: Sequence[Any], call: Reported, desk: Desk | None, end: float, answers: list[float]) -> None:
    """What is stored later than the end has too little time to be seen."""
    before = 0.0
    for place, (after, body) in enumerate(zip(LASTS, call.bodies, strict=True)):
        await asyncio.sleep(after - before)
        before = after
        (connection, lock), due = ways[place], monotonic()
        async with lock:
            request = f"POST {call.address} HTTP/1.1"
            status, _head, told = await connection.send(request, "Content-Type: application/json\r\n", body)
        if status != 200:
            raise RuntimeError(f"a webhook was answered {status}: {told!r}")
        answers.append(monotonic() - due)
        if place == 1 and desk is not None and monotonic() < end:
            desk.expected[call.caller] = monotonic()
