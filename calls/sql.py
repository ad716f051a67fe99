"""Running the few statements written by hand: bound on the server and prepared once per connection, which Django's own cursor does not do."""

from collections.abc import Mapping
from typing import Any

import psycopg
from django.db import connection


def fetch_one(statement: str, parameters: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """Run it on Django's connection, within its transaction; the first row or None. Raises Django's own database errors."""
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    with connection.wrap_database_errors, psycopg.Cursor(connection.connection) as cursor:
        cursor.execute(statement, parameters, prepare=True)
        return cursor.fetchone()
