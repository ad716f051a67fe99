"""Asks the product for the paths that come by standard input, within this process, and says what the database took for each.

One line is a login name and a path. One JSON object a line answers it: `status`, and the `milliseconds` of all statements together, as the client of
the database sees them.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.test import Client

from voipcrm.models import ApiToken


class _Stopwatch:
    """Runs the statements of a request, and adds up how long they took."""

    def __init__(self) -> None:
        self.milliseconds = 0.0

    def __call__(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        began = time.perf_counter()
        try:
            return execute(sql, params, many, context)
        finally:
            self.milliseconds += (time.perf_counter() - began) * 1000


def main() -> None:
    clients: dict[str, Client] = {}
    for line in sys.stdin:
        name, _space, path = line.strip().partition(" ")
        if name not in clients:
            clients[name] = _signed_in(User.objects.get(username=name))
        stopwatch = _Stopwatch()
        with connection.execute_wrapper(stopwatch):
            answer = clients[name].get(path)
            answer.getvalue()
        sys.stdout.write(json.dumps({"status": answer.status_code, "milliseconds": stopwatch.milliseconds}) + "\n")
        sys.stdout.flush()


def _signed_in(user: User) -> Client:
    """For the admin by a session, for the API by a token."""
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session.save()
    _token, secret = ApiToken.objects.issue(user, name="bench")
    client = Client(headers={"authorization": f"Bearer {secret}"})
    client.cookies[settings.SESSION_COOKIE_NAME] = str(session.session_key)
    return client
