"""Running the few statements written by hand: bound on the server and prepared once per connection, which Django's own cursor does not do."""

import re
from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connection

_PARAMETER = re.compile(r"%\((\w+)\)s")


class Statement:
    """SQL with parameters by name, `%(name)s`, and every other percent sign doubled; numbered here once, and not each time it is run."""

    def __init__(self, text: str) -> None:
        self.names = tuple(dict.fromkeys(_PARAMETER.findall(text)))
        self.text = _PARAMETER.sub(lambda found: f"${self.names.index(found[1]) + 1}", text).replace("%%", "%")


def fetch_one(statement: Statement, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Run it on Django's connection, within its transaction; the first row or None. Raises Django's own database errors."""
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors, psycopg.RawCursor(connection.connection) as cursor:
        cursor.execute(statement.text, [parameters[name] for name in statement.names], prepare=True)
        return cursor.fetchone()
