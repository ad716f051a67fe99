"""Tests of lines: claims a test, queries the line's registrar, and stores the result. The SIP thread never waits for the database."""

import logging
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from queue import SimpleQueue
from typing import ClassVar, Protocol

from django.db import Error as DatabaseError
from django.db import connections

from calls.sentences import Sentence
from integrations import connection_tests
from integrations.connection_tests import Finding
from integrations.sip_dialer import registrar_findings as findings
from integrations.sip_dialer.destinations import ForbiddenDestination, NoDestination
from integrations.sip_dialer.order_intake import host_of
from integrations.sip_dialer.orders import SipOrder
from integrations.sip_dialer.registrar_findings import NO_RESPONSE, RegistrarAnswer
from sips.encryption import DecryptionError
from sips.models import Sip

logger = logging.getLogger(__name__)

SECONDS = 10.0
"""Time for a response of the registrar; enough for five retransmissions."""
TCP_SECONDS = 2.0
RETRY, TRIES = 0.5, 20


class Registrars(Protocol):
    """The part of the engine that line tests need."""

    def inquire(self, login: SipOrder, report: Callable[[RegistrarAnswer, str, int], None], *, seconds: float) -> None:
        """Query the login's registrar. `report` is called in the engine's thread, which waits for it, with the answer and the address and port
        that were queried. Raises NoDestination, ForbiddenDestination."""


class LineTests:
    current: ClassVar["LineTests | None"] = None
    "Of this process."

    def __init__(self, engine: Registrars, *, seconds: float = SECONDS) -> None:
        self._engine, self._seconds = engine, seconds
        self._answers: SimpleQueue[Callable[[], None]] = SimpleQueue()
        threading.Thread(target=self._write_all, name="sip line tests", daemon=True).start()

    def test(self, test_id: int, number: int) -> None:
        """Query once; the result is stored when it arrives."""
        test = connection_tests.claim(test_id, number)
        if test is None or test.sip_id is None:
            return
        line = Sip.objects.select_related("voip").get(pk=test.sip_id)
        finish = partial(connection_tests.finish, test_id, number)
        try:
            login = login_of(line)
            self._engine.inquire(login, partial(self._queue, finish, login), seconds=self._seconds)
        except (ValueError, DecryptionError):
            finish(Finding("incomplete", Sentence(findings.INCOMPLETE)))
        except NoDestination as problem:
            finish(_no_destination(login, problem))
        except ForbiddenDestination:
            finish(Finding("forbidden_network", Sentence(findings.FORBIDDEN, host=login.next_hop[0])))

    def _queue(
        self, finish: Callable[[Finding], None], login: SipOrder, answer: RegistrarAnswer, address: str, port: int
    ) -> None:
        """In the SIP thread: only queues the result."""
        self._answers.put(lambda: finish(self._find(answer, address, port)))

    def _find(self, answer: RegistrarAnswer, address: str, port: int) -> Finding:
        if answer.code == NO_RESPONSE and answer.words:
            return Finding("unreachable", Sentence(findings.UNREACHABLE, said=answer.words))
        if answer.code == NO_RESPONSE and _listens_by_tcp(address, port):
            return Finding("tcp_only", Sentence(findings.TCP_ONLY))
        return findings.of_answer(answer, seconds=self._seconds)

    def _write_all(self) -> None:
        while True:
            write = self._answers.get()
            for _attempt in range(TRIES):
                try:
                    write()
                except DatabaseError:
                    logger.warning("line_test_delayed", exc_info=True)
                    connections.close_all()
                    time.sleep(RETRY)
                except Exception:
                    logger.exception("line_test_lost")
                    break
                else:
                    break
            connections.close_all()


def login_of(line: Sip) -> SipOrder:
    """The account and server to query. Raises ValueError for missing values or text that SIP cannot carry, DecryptionError."""
    voip = line.voip
    if voip is None or not (voip.address and line.username and line.password):
        raise ValueError("something is missing")
    return SipOrder(
        reference=f"test-{line.pk}-{time.time_ns():x}",
        host=host_of(voip),
        port=int(voip.port) if voip.port else None,
        proxy=voip.outbound_proxy,
        username=line.username,
        auth_username=line.auth_username,
        password=line.password,
        operator=line.username,
        number=line.username,
    )


def _no_destination(login: SipOrder, problem: NoDestination) -> Finding:
    host = login.next_hop[0]
    if problem.offered:
        offered = ", ".join(problem.offered)
        return Finding("tcp_only", Sentence(findings.ONLY_TCP_OFFERED, host=host, offered=offered))
    return Finding("no_address", Sentence(findings.NO_ADDRESS, host=host))


def _listens_by_tcp(address: str, port: int) -> bool:
    """Connects only to an address that was found allowed before."""
    try:
        with socket.create_connection((address.strip("[]"), port), TCP_SECONDS):
            return True
    except OSError:
        return False


def test_line(test_id: int, number: int) -> None:
    if LineTests.current is None:
        raise RuntimeError("Lines are tested by the sip_dialer process; let no other worker take the queue “sip”.")
    LineTests.current.test(test_id, number)
