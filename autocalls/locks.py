"""Advisory locks of the database by name, held until the end of the transaction."""

import hashlib

from django.db import connection, transaction


def hold(*names: str) -> None:
    """Wait for all of these locks. They are always taken in the same order, so that there is no deadlock."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("A lock is held until the end of a transaction; there is none.")
    keys = sorted(
        {int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True) for name in names}
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS key", [keys])
