"""Stores a visitor's call-back together with the job that starts it, in one statement: a visitor waits for it."""

import re
from datetime import datetime
from functools import cache

from django.db import connection

from autocalls.models import Autocall
from calls.sql import Statement, fetch_one

_COLUMNS = [field for field in Autocall._meta.concrete_fields if not field.primary_key]
_SIZE = re.compile(r"\(\d+\)")
"""Of a text: a cast to `varchar(255)` would cut what is too long, where storing refuses it."""


@cache
def _statement() -> Statement:
    written = ", ".join(f'"{field.attname}"' for field in _COLUMNS)
    given = ", ".join(f"%({field.attname})s::{_SIZE.sub('', field.db_type(connection) or '')}" for field in _COLUMNS)
    return Statement(f"""
WITH stored AS (INSERT INTO autocalls_autocall ({written}) SELECT {given} RETURNING id), deferred AS (
    SELECT procrastinate_defer_jobs_v1(ARRAY[
        ('default', 'autocalls.run_due', 0, NULL, NULL, '{{}}'::jsonb, %(wake_at)s::timestamptz)::procrastinate_job_to_defer_v1]) FROM stored
)
SELECT id, (SELECT count(*) FROM deferred) FROM stored""")


def store(made: Autocall, *, wake_at: datetime | None) -> None:
    """Insert this new row, which nobody who is known has asked for. wake_at: when it is due; None: now."""
    values = {field.attname: _plain(field.pre_save(made, add=True)) for field in _COLUMNS}
    row = fetch_one(_statement(), {**values, "wake_at": wake_at})
    assert row is not None
    made.pk = row[0]
    made._state.adding, made._state.db = False, connection.alias


def _plain(value: object) -> object:
    """A word of an enumeration as text."""
    return str(value) if isinstance(value, str) else value
