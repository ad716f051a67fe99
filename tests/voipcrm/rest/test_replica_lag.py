"""How far a real standby lags behind its primary."""

from collections.abc import Iterator
from datetime import timedelta

import clusters
import pytest
from clusters import Server
from django.conf import LazySettings
from django.db import connections
from pytest_django import DjangoDbBlocker
from telephony.bed import wait_until

from voipcrm import databases
from voipcrm.rest import replica
from voipcrm.rest.replica import Watch


@pytest.fixture
def pair() -> Iterator[tuple[Server, Server]]:
    """Each test's own: one ends as no pair."""
    with clusters.running(clusters.require_programs(), fsync="off") as servers:
        primary = servers.primary()
        primary.ask("CREATE TABLE written (number int)")
        yield primary, servers.standby_of(primary)


@pytest.fixture
def watch(
    pair: tuple[Server, Server], monkeypatch: pytest.MonkeyPatch, django_db_blocker: DjangoDbBlocker
) -> Iterator[Watch]:
    """Of a real primary and its standby; it looks whenever it is asked."""
    monkeypatch.setattr(replica, "LOOK", 0.0)
    for alias, server in zip(("one", "two"), pair, strict=True):
        place = {"HOST": "127.0.0.1", "PORT": str(server.port), "NAME": "voipcrm", "USER": "app", "OPTIONS": {}}
        connections.databases[alias] = connections["default"].settings_dict | place | {"ENGINE": databases.PRIMARY}
    with django_db_blocker.unblock():
        yield Watch("one", "two")
    for alias in ("one", "two"):
        connections[alias].close()
        del connections[alias]
        del connections.databases[alias]


def state(watch: Watch) -> str:
    finding = watch.find()
    return finding.state if finding else ""


def test_a_standby_is_read_while_it_follows_and_not_while_it_lags(
    watch: Watch, pair: tuple[Server, Server], settings: LazySettings
) -> None:
    primary, standby = pair
    settings.REPLICA_LAG = timedelta(seconds=1)
    wait_until(lambda: state(watch) == "ok", seconds=240, what="a standby that follows")

    standby.ask("SELECT pg_wal_replay_pause()", "postgres")
    primary.ask("INSERT INTO written VALUES (1)")

    wait_until(lambda: state(watch) == "late", seconds=60, what="a standby that lags")
    standby.ask("SELECT pg_wal_replay_resume()", "postgres")
    wait_until(lambda: state(watch) == "ok", seconds=60, what="a standby that has caught up")


def test_a_standby_that_is_gone_is_unreachable_and_one_that_was_promoted_alone_is_none(
    watch: Watch, pair: tuple[Server, Server]
) -> None:
    _primary, standby = pair
    standby.promote()
    assert state(watch) == "no_replica"

    standby.kill()

    assert state(watch) == "unreachable"
