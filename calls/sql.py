"""Runs the few hand-written statements: bound on the server and prepared once per connection, which Django's cursor does not do."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Protocol, TypeVar

import psycopg
from django.db import connection

Row = tuple[Any, ...]
Result = TypeVar("Result")
_PARAMETER = re.compile(r"%\((\w+)\)s")


class Statement:
    """SQL with named parameters, `%(name)s`, and every other percent sign doubled; converted to numbered ones once."""

    def __init__(self, text: str) -> None:
        self.names = tuple(dict.fromkeys(_PARAMETER.findall(text)))
        self.text = _PARAMETER.sub(lambda found: f"${self.names.index(found[1]) + 1}", text).replace("%%", "%")
        self.encoded = self.text.encode()
        """The text that is sent; always the same object, so that psycopg need not encode and hash it again to find the prepared statement."""


def may_be_repeated(problem: Exception) -> bool:
    """Whether a statement failed for reasons outside itself: the connection was closed by the server, or a deadlock was resolved at its expense."""
    is_lost = connection.connection is None or bool(connection.connection.closed)
    return is_lost or isinstance(problem.__cause__, psycopg.errors.DeadlockDetected)


def fetch_one(statement: Statement, parameters: Mapping[str, object]) -> Row | None:
    """Run it on Django's connection, within its transaction; the first row or None. Raises Django's own database errors."""
    rows = fetch_all(statement, parameters)
    return rows[0] if rows else None


def fetch_all(statement: Statement, parameters: Mapping[str, object]) -> list[Row]:
    """The same, with all rows."""
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors, psycopg.RawCursor(connection.connection) as cursor:
        cursor.execute(statement.encoded, [parameters[name] for name in statement.names], prepare=True)
        return cursor.fetchall()


class EventLoop(Protocol):
    """How to wait on the event loop."""

    async def fetch_one(self, statement: Statement, parameters: Mapping[str, object]) -> Row | None:
        """Run a statement, committed when this returns; the first row."""

    async def in_thread(self, function: Callable[[], Result]) -> Result:
        """Run what waits, as everything does that uses Django's connection."""
