"""Advisory locks of the database by name, held until the end of the transaction."""

import hashlib

from django.db import transaction

from calls.sql import Statement, fetch_all

_HOLD = Statement("SELECT pg_advisory_xact_lock(key) FROM unnest(%(keys)s::bigint[]) AS key")


def hold(*names: str) -> None:
    """Wait for all of these locks. They are always taken in the same order, so that there is no deadlock."""
    if not transaction.get_connection().in_atomic_block:
        raise transaction.TransactionManagementError("A lock is held until the end of a transaction; there is none.")
    keys = sorted(
        {int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest(), signed=True) for name in names}
    )
    fetch_all(_HOLD, {"keys": keys})
