"""The UDP socket under sippy: datagrams are sent by the thread that serves the telephones, in its order, and received by another.

sippy sends by a thread of its own and wakes the loop anew for each datagram that comes; at hundreds of them a second that costs more than reading
them.
"""

import ipaddress
import logging
import socket
import struct
import threading
import time
from collections import deque
from functools import lru_cache

from sippy.Core.EventDispatcher import ED2
from sippy.Network_server import Remote_address
from sippy.Time.MonoTime import MonoTime
from sippy.Udp_server import Udp_server, Udp_server_opts

from integrations.sip_dialer.sippy_messages import Source
from integrations.sip_dialer.sippy_trace import log_refused

logger = logging.getLogger("integrations.sip_dialer")

RECEIVE_BUFFER = 4 * 1024 * 1024
"""Bytes that the kernel is asked to keep for us; without privileges it gives at most `net.core.rmem_max`."""
MOST_WAITING = 4000
"""Datagrams read and not handled yet. The rest is left to the kernel, which drops what does not fit: whoever sent it sends it again, later and later
(RFC 3261, 17.1.1.2), where answering it all would only make us later still."""
LARGEST = 65535
PAUSE = 0.01
"""Seconds, while too many are waiting."""
_RCVBUFFORCE, _MEMINFO, _DROPS = 33, 55, 8
"""Of Linux (asm-generic/socket.h, linux/sock_diag.h); the socket module does not name them."""


class UdpOptions(Udp_server_opts):
    nworkers = 0
    """Neither sippy's senders nor its receivers."""
    flags = 0
    """A port that is taken is an error, not shared."""


class UdpServer(Udp_server):
    def __init__(self, *parameters: object) -> None:
        super().__init__(*parameters)
        self._waiting: deque[tuple[bytes, tuple[str | int, ...]]] = deque()
        self._is_called = self._closing = False
        self._enlarge()
        self._receiver = threading.Thread(target=self._receive, name="sip receiver", daemon=True)
        self._receiver.start()

    def send_to(self, data: bytes | str, address: Source, delayed: bool = False) -> None:
        if not _can_be_sent_to(tuple(address), self.uopts.family):
            log_refused("its address cannot be answered", address)
            return
        host, port = address[0].strip("[]"), int(address[1])
        # only with a zone is there anything to look up
        where = socket.getaddrinfo(host, port, self.uopts.family)[0][4] if "%" in host else (host, port)
        try:
            self.skt.sendto(data if isinstance(data, bytes) else data.encode(), where)
        except OSError as problem:  # as if it were lost on its way
            log_refused(f"cannot be answered: {problem.strerror}", address)

    def shutdown(self) -> None:
        self._closing = True
        super().shutdown()

    def join(self) -> None:
        self._receiver.join()
        super().join()

    @property
    def dropped(self) -> int:
        """Datagrams that the kernel had no room for, so far."""
        try:
            counters = self.skt.getsockopt(socket.SOL_SOCKET, _MEMINFO, 4 * (_DROPS + 1))
        except OSError:  # not Linux
            return 0
        return int(struct.unpack("=9I", counters)[_DROPS]) if len(counters) == 4 * (_DROPS + 1) else 0

    def _enlarge(self) -> None:
        for option in (_RCVBUFFORCE, socket.SO_RCVBUF):
            try:
                self.skt.setsockopt(socket.SOL_SOCKET, option, RECEIVE_BUFFER)
            except OSError:  # not permitted
                continue
            return

    def _receive(self) -> None:
        while not self._closing:
            try:
                self._waiting.append(self.skt.recvfrom(LARGEST))
            except OSError as problem:
                if not self._closing:
                    logger.warning("sip_receiving_failed", extra={"problem": problem.strerror})
                    time.sleep(PAUSE)
                continue
            if not self._is_called and not self._closing:
                self._is_called = True
                ED2.callFromThread(self._handle)
            while len(self._waiting) >= MOST_WAITING and not self._closing:
                time.sleep(PAUSE)

    def _handle(self) -> None:
        """In the loop's thread: what has come until now, so that timers get their turn between."""
        self._is_called = False
        for _datagram in range(len(self._waiting)):
            data, address = self._waiting.popleft()
            host = f"[{address[0]}]" if self.uopts.family == socket.AF_INET6 else address[0]
            self.handle_read(data, Remote_address((host, address[1]), self.transport), MonoTime())


@lru_cache
def _can_be_sent_to(address: Source, family: int) -> bool:
    """Whether that is an IP address of the socket's kind and a port."""
    try:
        found = ipaddress.ip_address(address[0].strip("[]").partition("%")[0])
        port = int(address[1])
    except (TypeError, ValueError):
        return False
    is_v6 = family == socket.AF_INET6
    return found.version == (6 if is_v6 else 4) and address[0].startswith("[") == is_v6 and 0 < port < 65536
