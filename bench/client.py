"""A load generator for machines without wrk: asyncio on raw sockets, because a client library costs as much as the server."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.stories import Sent


@dataclass(slots=True)
class Report:
    sent_by: list[int]
    "Per sender; every one was answered with 200."
    latencies: list[float] = field(default_factory=list)
    "Milliseconds."


def send(tales: Sequence[Sequence[Sent]], *, port: int, path: str, seconds: float, connections: int) -> Report:
    """`connections` is per sender. Raises ConnectionError for anything but a 200."""
    return asyncio.run(_send(tales, port=port, path=path, seconds=seconds, connections=connections))


async def _send(tales: Sequence[Sequence[Sent]], *, port: int, path: str, seconds: float, connections: int) -> Report:
    report = Report([0] * len(tales))
    ends_at = time.perf_counter() + seconds

    async def speak(sender: int) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while time.perf_counter() < ends_at:
            request = _request(tales[sender][report.sent_by[sender]], path)
            report.sent_by[sender] += 1
            began = time.perf_counter()
            writer.write(request)
            await _read_ok(reader)
            report.latencies.append((time.perf_counter() - began) * 1000)
        writer.close()
        await writer.wait_closed()

    await asyncio.gather(*(speak(sender) for sender in range(len(tales)) for _ in range(connections)))
    return report


def _request(sent: Sent, path: str) -> bytes:
    body = sent.body.encode()
    head = f"POST {path}{sent.event} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _read_ok(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200 "):
        raise ConnectionError(head.decode("latin-1"))
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    await reader.readexactly(int(lengths[0].partition(b":")[2]))
