"""Locks by name, of the database, so that they hold across processes; a transaction that ends or dies lets them go."""

import hashlib

from django.db import connection, transaction


def hold(*names: str) -> None:
    """Wait for all of these locks and keep them until the transaction ends. Always taken in the same order, so that nobody waits in a circle."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("A lock is held until the end of a transaction; there is none.")
    keys = sorted(
        {int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True) for name in names}
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [keys])
