"""Keeps a thread's database connection from one webhook to the next."""

import time

from django.db import connection
from django.http import HttpRequest, HttpResponse

from voipcrm.databases import has_pending_data
from voipcrm.steps import GetResponse

LONGEST = 600.0
"""Seconds; then it is returned to the pool, which closes old connections."""


def keep_connection(get_response: GetResponse) -> GetResponse:
    """Return an unusable connection to the pool before anything is sent; use any other without asking.

    Checking it would take a round trip, half the time of storing a delivery. A connection that the server has closed, as in a restart, shows it at
    its socket.
    """

    def process(request: HttpRequest) -> HttpResponse:
        if connection.connection is not None and not connection.in_atomic_block and not _is_usable():
            connection.close()
        return get_response(request)

    return process


def _is_usable() -> bool:
    since = connection.close_at  # when it was fetched; by Django's own rule it may not be kept at all
    is_old = since is not None and time.monotonic() - since > LONGEST
    return not (
        is_old or connection.errors_occurred or connection.connection.closed or has_pending_data(connection.connection)
    )
