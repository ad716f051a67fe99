"""Fills the database: configurations, lines, and a call log of the wanted size."""

from pathlib import Path

import psycopg
from django.contrib.auth.models import User

from sips.models import Sip, Voip
from voipcrm.models import ApiToken

FILL = Path(__file__).with_name("calls.sql").read_text()
DELIVERIES = Path(__file__).with_name("deliveries.sql").read_text()
_INDEXES = (
    "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'calls_call' AND indexname <> 'calls_call_pkey'"
)


def make_desks(*, lines: int = 10) -> None:
    """Twelve configurations with so many lines each."""
    for desk in range(12):
        voip = Voip.objects.create(name=f"Office {desk}", number=f"+4822123{desk:02}00", provider="simulator")
        for line in range(lines):
            Sip.objects.create(name=f"Line {line}", sip=f"1{desk:02}{line}", voip=voip)


def make_token() -> str:
    _token, secret = ApiToken.objects.issue(User.objects.create_superuser("bench"), name="bench")
    return secret


def fill(connection: psycopg.Connection, calls: int) -> None:
    """Store so many calls. The indexes are dropped and built afterwards, which is many times faster than updating them row by row."""
    indexes = connection.execute(_INDEXES).fetchall()
    for name, _definition in indexes:
        connection.execute(f"DROP INDEX {name}")
    connection.execute(FILL.replace(":calls", str(calls)))
    connection.execute("SET maintenance_work_mem = '512MB'")
    for _name, definition in indexes:
        connection.execute(definition)
    connection.execute("VACUUM ANALYZE")


def add_deliveries(connection: psycopg.Connection) -> None:
    """Store the deliveries of each call that `fill` has stored."""
    connection.execute(DELIVERIES)
    connection.execute("VACUUM ANALYZE")
