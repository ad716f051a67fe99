"""Lists, figures and exports are read from a replica that follows the primary closely, else from the primary. Nothing else is, and nothing is ever
written there: whoever has just written reads the primary."""

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, cast

from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connections
from django.db.models import Model, QuerySet
from rest_framework import viewsets
from rest_framework.request import Request
from rest_framework.response import Response

logger = logging.getLogger(__name__)

PRIMARY, REPLICA = "default", "replica"
HEADER = "Replica-Lag"
LOOK = 1.0
"""Seconds between two looks of a process at how far the replica is."""
_REMEMBERED = 1000

_PRIMARY_IS_AT = "SELECT pg_postmaster_start_time(), (pg_current_wal_flush_lsn() - '0/0')::bigint"
_REPLICA_IS_AT = "SELECT pg_postmaster_start_time(), (pg_last_wal_replay_lsn() - '0/0')::bigint, pg_is_in_recovery()"

Answer = TypeVar("Answer")
_Model = TypeVar("_Model", bound=Model)


class WritesGoToThePrimary:
    """Django's router, for a record that was read from the replica."""

    def db_for_write(self, model: type[Model], **hints: object) -> str:
        return PRIMARY

    def allow_relation(self, one: Model, other: Model, **hints: object) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Finding:
    state: str
    """ok, late, unreachable, or no_replica: a server that follows no other and is not the primary."""
    lag: float | None = None
    """Seconds; at most so old is what it shows."""


class Watch:
    """How far the replica lags behind: compared with the primary, as a replica that has lost it does not know that it lags."""

    def __init__(self, primary: str = PRIMARY, replica: str = REPLICA) -> None:
        self._primary, self._replica = primary, replica
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._finding = Finding("late")
        self._positions: deque[tuple[float, int]] = deque(maxlen=_REMEMBERED)

    def find(self) -> Finding | None:
        """None while another thread looks. A look that takes long, because nothing answers, keeps nobody else."""
        if time.monotonic() - self._looked_at <= LOOK:
            return self._finding
        if not self._lock.acquire(blocking=False):
            return None
        try:
            self._finding = self._look()
            self._looked_at = time.monotonic()
        finally:
            self._lock.release()
        return self._finding

    def fail(self) -> None:
        self._finding = Finding("unreachable")
        self._looked_at = time.monotonic()

    def _look(self) -> Finding:
        try:
            server, written = self._ask(self._primary, _PRIMARY_IS_AT)
            self._positions.append((time.monotonic(), written))
            other, replayed, follows = self._ask(self._replica, _REPLICA_IS_AT)
        except (DatabaseError, InterfaceError) as problem:
            logger.warning("replica_unreachable", extra={"problem": str(problem)})
            connections[self._replica].close()
            return Finding("unreachable")
        if other == server:  # it has become the primary
            return Finding("ok", 0.0)
        return self._compare(replayed) if follows else Finding("no_replica")

    def _compare(self, replayed: int) -> Finding:
        """What the primary had written when it was looked at last, and the replica has replayed, is as old as that look."""
        now = self._positions[-1][0]
        while len(self._positions) > 1 and self._positions[1][1] <= replayed:
            self._positions.popleft()
        at, written = self._positions[0]
        lag = round(now - at, 1) if written <= replayed else None
        is_close = lag is not None and lag <= settings.REPLICA_LAG.total_seconds()
        return Finding("ok" if is_close else "late", lag)

    def _ask(self, alias: str, query: str) -> Any:
        with connections[alias].cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchone()


watch = Watch()


def find() -> Finding | None:
    """What is known of the replica; None where there is none, or where somebody is asking it just now."""
    return watch.find() if REPLICA in connections.databases else None


def read(question: Callable[[str], Answer]) -> Answer:
    """question: asks the database of that alias. It is asked again, of the primary, where the replica fails."""
    finding = find()
    if finding is None or finding.state != "ok":
        return question(PRIMARY)
    try:
        return question(REPLICA)
    except (OperationalError, InterfaceError) as problem:
        logger.warning("replica_failed", extra={"problem": str(problem)})
        connections[REPLICA].close()
        watch.fail()
        return question(PRIMARY)


def respond(request: Request, question: Callable[[str], Response]) -> Response:
    """`read`, telling how old the answer may be. A client that must see what it has just written says `Cache-Control: no-cache`."""

    def with_lag(alias: str) -> Response:
        response, finding = question(alias), find()
        if alias == REPLICA and finding is not None and finding.lag is not None:
            response[HEADER] = f"{finding.lag:.1f}"
        return response

    return question(PRIMARY) if "no-cache" in request.headers.get("Cache-Control", "") else read(with_lag)


class _Lists(Protocol):
    """The view that comes next among the bases."""

    def list(self, request: Request, *args: object, **options: object) -> Response: ...


class ListsFromReplica(viewsets.GenericViewSet[_Model]):
    """Its lists are read from the replica, single records from the primary. To be named first."""

    _source = PRIMARY

    def get_queryset(self) -> QuerySet[_Model]:
        rows = super().get_queryset()
        return rows if self._source == PRIMARY else rows.using(self._source)

    def list(self, request: Request, *args: object, **options: object) -> Response:
        inherited = cast("_Lists", super())

        def question(alias: str) -> Response:
            self._source = alias
            return inherited.list(request, *args, **options)

        return respond(request, question)
