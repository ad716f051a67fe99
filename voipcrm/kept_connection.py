"""A thread's connection to the database, kept from one webhook to the next."""

import select
import time

from django.db import connection
from django.http import HttpRequest, HttpResponse

from voipcrm.steps import GetResponse

LONGEST = 600.0
"""Seconds; then it goes back to the pool, which closes old ones."""


def keep_connection(get_response: GetResponse) -> GetResponse:
    """Give a connection that cannot be used any more back to the pool, before anything is sent; every other is used as it is.

    A round trip to ask whether it lives would take as long as half of storing a delivery. One that the server has closed, in a restart, says so at
    its socket.
    """

    def process(request: HttpRequest) -> HttpResponse:
        if connection.connection is not None and not connection.in_atomic_block and not _is_usable():
            connection.close()
        return get_response(request)

    return process


def _is_usable() -> bool:
    since = connection.close_at  # when it was fetched, as it may be kept for no time at all by Django's own rule
    is_old = since is not None and time.monotonic() - since > LONGEST
    return not (is_old or connection.errors_occurred or connection.connection.closed or _has_something_to_say())


def _has_something_to_say() -> bool:
    """Data on an idle connection is the server's message that it closes it."""
    poll = select.poll()
    poll.register(connection.connection.fileno(), select.POLLIN)
    return bool(poll.poll(0))
