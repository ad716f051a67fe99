"""Silence by RTP (RFC 3550), for the telephone that waits with the black-hole SDP.

A PBX ends a call in which no RTP arrives (Asterisk's `rtp_timeout`, first checked half a second after the answer). The RTP of two people never
passes here.
"""

import socket
import struct
import threading
from collections.abc import Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from secrets import randbits

from integrations.sip_dialer import sdp

INTERVAL = 0.2
"""Seconds between packets. Each has the marker bit, as after a pause (RFC 3551, 4.1), so the gaps do not count as loss."""
SAMPLES = 160
"""Of one packet, 20 ms."""
SILENT_SAMPLE = {0: b"\xff", 8: b"\xd5"}
"""By payload type: μ-law and A-law, the two that are offered."""


@dataclass(slots=True)
class _Stream:
    to: tuple[str, int]
    payload: int
    source: int = field(default_factory=lambda: randbits(32))
    sequence: int = field(default_factory=lambda: randbits(15))
    timestamp: int = field(default_factory=lambda: randbits(31))

    def packet(self) -> bytes:
        self.sequence = (self.sequence + 1) & 0xFFFF
        self.timestamp = (self.timestamp + int(8000 * INTERVAL)) & 0xFFFFFFFF
        head = struct.pack("!BBHII", 0x80, 0x80 | self.payload, self.sequence, self.timestamp, self.source)
        return head + SILENT_SAMPLE[self.payload] * SAMPLES


class SilentSound:
    """Plays to any number of telephones from one socket, in a thread of its own, so that RTP and signalling do not delay each other."""

    def __init__(self, sock: socket.socket, *, may_reach: Callable[[str], bool]) -> None:
        self._socket, self._may_reach = sock, may_reach
        self._streams: dict[Hashable, _Stream] = {}
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def play(self, listener: Hashable, description: str) -> None:
        """Send to where that session description listens; stop where it does not. Called again, the new address replaces the old."""
        sound = sdp.sound_of(description)
        payload = next((each for each in sound.payloads if each in SILENT_SAMPLE), None) if sound else None
        if sound is None or payload is None or not self._may_reach(sound.address):
            self.stop(listener)
            return
        to = (sound.address, sound.port)
        with self._lock:
            known = self._streams.get(listener)
            if known is not None:
                known.to, known.payload = to, payload
                return
            stream = self._streams[listener] = _Stream(to, payload)
            self._send(stream)
        if self._thread is None:
            self._thread = threading.Thread(target=self._play_all, name="silent sound", daemon=True)
            self._thread.start()

    def stop(self, listener: Hashable) -> None:
        with self._lock:
            self._streams.pop(listener, None)

    def close(self) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()

    def _play_all(self) -> None:
        while not self._stopping.wait(INTERVAL):
            with self._lock:
                for stream in self._streams.values():
                    self._send(stream)

    def _send(self, stream: _Stream) -> None:
        with suppress(OSError):  # nowhere to send it to, or no room: the next one comes soon
            self._socket.sendto(stream.packet(), socket.MSG_DONTWAIT, stream.to)
