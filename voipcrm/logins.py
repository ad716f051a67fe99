"""Limits failed logins, by name and address and by address alone."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib import import_module

from axes.handlers.base import AbstractAxesHandler, AxesBaseHandler
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from axes.signals import user_locked_out
from django.conf import settings
from django.db import connection
from django.db.models import Q, Sum
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from voipcrm.audit.signing_in import locked_out
from voipcrm.networks import subscriber

logger = logging.getLogger(__name__)

WINDOW = timedelta(minutes=10)
"""How long a failure counts, and a lock lasts."""
MOST_OF_A_NAME = 10
MOST_OF_AN_ADDRESS = 50
"""An office may share an address; each password check costs a quarter of a second of CPU time."""
KEPT = timedelta(days=1)

_COUNT = """
INSERT INTO axes_accessattempt
    (username, ip_address, user_agent, http_accept, path_info, get_data, post_data, attempt_time, failures_since_start)
VALUES (%(name)s, %(address)s, '', '', '', '', '', %(now)s, 1)
ON CONFLICT (username, ip_address, user_agent) DO UPDATE SET attempt_time = EXCLUDED.attempt_time, failures_since_start =
    CASE WHEN axes_accessattempt.attempt_time < %(start)s THEN 1 ELSE axes_accessattempt.failures_since_start + 1 END
"""


class FailedLogins(AxesBaseHandler, AbstractAxesHandler):
    """Replaces axes' handler, which stores what was posted, adds to it with each failure, also during lockouts, and deletes nothing.

    A name is stored as a keyed digest, because what is typed there is often a password.
    """

    def is_locked(self, request: HttpRequest, credentials: Mapping[str, object] | None = None) -> bool:
        name, address = _who(request, credentials)
        failures = AccessAttempt.objects.filter(
            ip_address=address, attempt_time__gte=timezone.now() - WINDOW
        ).aggregate(
            of_name=Sum("failures_since_start", filter=Q(username=name)), of_address=Sum("failures_since_start")
        )
        return (failures["of_name"] or 0) >= MOST_OF_A_NAME or (failures["of_address"] or 0) >= MOST_OF_AN_ADDRESS

    def user_login_failed(
        self, sender: object, credentials: Mapping[str, object], request: HttpRequest | None = None, **_more: object
    ) -> None:
        """Attempts during a lockout are not stored, so that they neither fill the disk nor prolong the lockout."""
        if request is None:
            return
        if not getattr(request, "axes_locked_out", False):  # axes sets it on each request
            _count(*_who(request, credentials), timezone.now())
            if not self.is_locked(request, credentials):
                return
            request.axes_locked_out = True  # type: ignore[attr-defined]  # axes reads it
            locked_out(request, str((credentials or {}).get("username") or ""))
            logger.warning("logins_locked_out", extra={"address": request.META["REMOTE_ADDR"]})
        user_locked_out.send("axes", request=request, username="", ip_address=request.META["REMOTE_ADDR"])

    def user_logged_in(self, *_args: object, **_more: object) -> None:
        """Nothing to store: Django writes `last_login`."""

    def user_logged_out(self, *_args: object, **_more: object) -> None:
        """Nothing to store."""

    def get_failures(self, request: HttpRequest, credentials: Mapping[str, object] | None = None) -> int:
        raise NotImplementedError("There are two counts; use is_locked.")

    def post_save_access_attempt(self, *_args: object, **_more: object) -> None:
        """Only for axes' handlers with a cache."""

    def post_delete_access_attempt(self, *_args: object, **_more: object) -> None:
        """Only for axes' handlers with a cache."""


def _who(request: HttpRequest, credentials: Mapping[str, object] | None) -> tuple[str, str]:
    """Digest of the name, and address, under which a failure is counted."""
    typed = str((credentials or {}).get("username") or "")
    return salted_hmac(__name__, typed, algorithm="sha256").hexdigest(), subscriber(request.META["REMOTE_ADDR"])


def _count(name: str, address: str, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, {"name": name, "address": address, "now": now, "start": now - WINDOW})


def forget() -> int:
    """Delete expired failures, rows of older versions, and expired sessions. Returns how many failures."""
    old = timezone.now() - KEPT
    forgotten = 0
    for model in (AccessAttempt, AccessFailureLog, AccessLog):
        forgotten += model.objects.filter(attempt_time__lt=old).delete()[0]
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    return forgotten
