"""Bounds what one page of a list may cost the database.

Every filter of a list has an index that serves it alone. Two that each match much and together nothing have none: PostgreSQL then goes through all
that the one matches for what the other leaves. That is broken off, with a sentence that says what helps.
"""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from django.db import OperationalError, connection, transaction
from django.utils.translation import gettext_lazy as _

LONGEST = 5_000
"""Milliseconds of one statement: hundreds of times what a page takes from an index, and still no burden to the others."""
ADVICE = _("This search goes through too many records. Narrow the period, or add a filter that few records match.")


class TooMuchToSearch(Exception):
    """The database would have to search for too long."""


@contextmanager
def bounded_search() -> Iterator[None]:
    """Raises TooMuchToSearch once a statement within it takes longer than LONGEST."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            # Compiling a statement takes longer than a page of a list does.
            cursor.execute(
                "SELECT set_config('statement_timeout', %s, true), set_config('jit', 'off', true)", [str(LONGEST)]
            )
            yield
            # A transaction around this one goes on without them.
            cursor.execute("SET LOCAL statement_timeout TO DEFAULT; SET LOCAL jit TO DEFAULT")
    except OperationalError as problem:
        if isinstance(problem.__cause__, psycopg.errors.QueryCanceled):
            raise TooMuchToSearch from problem
        raise
