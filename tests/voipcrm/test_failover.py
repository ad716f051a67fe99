"""The primary dies under load, the standby takes its place: with synchronous replication nothing that was acknowledged is lost."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import clusters
import product_process
import pytest
from clusters import Server
from django.conf import settings
from steady_provider import SteadyProvider
from telephony.bed import wait_until
from web_process import web

PATIENCE = 100
MAKE_DESK = "from sips.models import Voip; print(Voip.objects.create(name='Office', provider='simulator').webhook_url)"


@pytest.fixture(scope="module")
def programs() -> Path:
    return clusters.require_programs()


@pytest.fixture
def pair(programs: Path) -> Iterator[list[Server]]:
    """A primary with the product's tables, and the standby that every commit waits for."""
    with clusters.running(programs, fsync="off") as servers:
        primary = servers.primary()
        manage(environment([primary]), "migrate", "--verbosity=0")
        standby = servers.standby_of(primary)
        primary.wait_for("standby")
        yield [primary, standby]


def environment(servers: list[Server]) -> dict[str, str]:
    return os.environ | product_process.secrets() | {"DATABASE_URL": clusters.address(servers)}


def manage(environment: dict[str, str], *command: str) -> str:
    return subprocess.check_output(
        [sys.executable, "manage.py", *command], cwd=settings.BASE_DIR, env=environment, text=True
    )


@pytest.mark.timeout(300)
def test_no_acknowledged_delivery_is_lost_in_a_failover(pair: list[Server]) -> None:
    primary, standby = pair
    url = manage(environment(pair), "shell", "--verbosity=0", "--command", MAKE_DESK).strip()
    path = url.removeprefix(settings.PUBLIC_URL)

    with web(environment(pair)) as port, SteadyProvider([port], path, rate=100) as provider:
        wait_until(lambda: len(provider.acknowledged) > 100, seconds=PATIENCE, what="deliveries")
        primary.kill()
        before = set(provider.acknowledged)
        standby.promote()
        stored = {call for (call,) in standby.ask("SELECT provider_call_id FROM integrations_webhookdelivery")}
        wait_until(lambda: len(provider.acknowledged) > len(before) + 100, seconds=PATIENCE, what="deliveries after it")

    assert before - stored == set()
    counted = dict(standby.ask("SELECT provider_call_id, count(*) FROM integrations_webhookdelivery GROUP BY 1"))
    assert set(provider.acknowledged) - set(counted) == set()
    assert set(counted.values()) == {1}
