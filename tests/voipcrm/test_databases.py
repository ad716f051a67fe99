"""What becomes of DATABASE_URL, and of a connection to a server that takes no writes."""

from pathlib import Path
from typing import Any
from unittest.mock import Mock

import environ
import make
import psycopg
import pytest
from django.db import OperationalError, connection

from sips.models import Voip
from voipcrm import databases


def configured(monkeypatch: pytest.MonkeyPatch, address: str) -> dict[str, Any]:
    monkeypatch.setenv("DATABASE_URL", address)
    return databases.configure(environ.Env(), embedded_in=Path("unused"))


@pytest.mark.parametrize(
    "address", ["postgresql://a@one:5432,two:5433/c", "postgresql://a@/c?host=/one,/two&port=5432,5433"]
)
def test_of_several_hosts_the_primary_is_taken(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    options = configured(monkeypatch, address)["OPTIONS"]

    assert options["target_session_attrs"] == "read-write"


def test_a_single_host_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "target_session_attrs" not in configured(monkeypatch, "postgresql://a@one/c")["OPTIONS"]


def test_a_machine_that_is_gone_is_given_up_within_seconds_unless_the_address_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    options = configured(monkeypatch, "postgresql://a@one,two/c?connect_timeout=2")["OPTIONS"]

    assert (options["connect_timeout"], options["tcp_user_timeout"]) == (2, 20_000)


@pytest.mark.django_db(transaction=True)
def test_a_connection_on_which_nothing_can_be_written_is_closed_and_its_work_may_be_tried_again() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")

    with pytest.raises(OperationalError) as refused:
        make.voip()

    assert isinstance(refused.value.__cause__, psycopg.errors.ReadOnlySqlTransaction)
    connection.close()
    make.voip()
    assert Voip.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_connections_that_the_server_has_closed_are_not_used_and_others_are_without_asking(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As after a restart: all that wait in the pool are closed."""
    make.voip()
    pool = connection.pool  # type: ignore[attr-defined]  # of the PostgreSQL backend
    first, second = (pool.getconn() for _ in range(2))
    with psycopg.connect(first.info.dsn, autocommit=True) as other:
        for closed in (first, second):
            other.execute("SELECT pg_terminate_backend(%s, 20000)", [closed.info.backend_pid])
            pool.putconn(closed)
    connection.close()
    asked = Mock(wraps=psycopg.Connection.execute)
    monkeypatch.setattr(psycopg.Connection, "execute", asked)

    for _use in range(3):
        assert Voip.objects.count() == 1
        connection.close()

    assert not asked.called
