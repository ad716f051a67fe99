"""Who acts. Determined by the first statement that changes an audited table, and passed to the database for the rest of the transaction.

Without an actor (webhooks, visitors, workers) nothing is passed, and the triggers of `migrations/0005_audit.py` do nothing.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Protocol, cast

from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import TextChoices
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:  # commands ask before the apps are ready
    from django.contrib.auth.models import AnonymousUser, User

TABLES = frozenset({
    "sips_voip", "sips_sip", "sips_staffline", "widgets_widget", "widgets_widget_lines", "calls_call", "calls_note", "calls_followup",
    "calls_outcome", "autocalls_autocall", "autocalls_refusal", "voipcrm_apitoken", "auth_user", "auth_user_groups",
    "auth_user_user_permissions", "auth_group", "auth_group_permissions",
})  # fmt: skip
"""Tables with an audit trigger."""

UNATTENDED = frozenset(
    {"worker", "sip_dialer", "simulated_provider", "migrate", "runserver", "test", "quickstart", "demo_calls"}
)
"""Commands of `manage.py` that run unattended or before there are users; what other commands change, a person has changed."""

_WRITES = re.compile(rf"\s*(?:INSERT|UPDATE|DELETE|WITH)\b.*\b(?:{'|'.join(sorted(TABLES))})\b", re.DOTALL)
LONGEST = 150


class By(TextChoices):
    """The channel through which somebody acts."""

    ADMIN = "admin", _("admin")
    DESK = "desk", _("desk")
    API = "api", _("API")
    COMMAND = "command", _("command line")


@dataclass(frozen=True, slots=True)
class Actor:
    by: str
    user_id: int | None = None
    who: str = ""
    token: str = ""
    """For the API the token's name and last characters; for the command line the command."""
    address: str | None = None


class Acting(Protocol):
    def __call__(self) -> Actor | None:
        """Called when something is written, because only then it is certain who has signed in."""


_acting: ContextVar[Acting | None] = ContextVar("acting", default=None)


def actor() -> Actor | None:
    acting = _acting.get()
    return acting() if acting is not None else None


@contextmanager
def acting_as(acting: Acting) -> Iterator[None]:
    before = _acting.set(acting)
    try:
        yield
    finally:
        _acting.reset(before)


def attribute_changes(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Changes made by a request are attributed to the signed-in user or the user of the token."""

    def process(request: HttpRequest) -> HttpResponse:
        with acting_as(lambda: _of(request)):
            return get_response(request)

    return process


def _of(request: HttpRequest) -> Actor | None:
    user, token = getattr(request, "user", None), getattr(request, "auth", None)
    return of_user(user, request, token) if user is not None and user.pk is not None else None


def of_user(user: "User | AnonymousUser", request: HttpRequest, token: object = None) -> Actor:
    place = By.DESK if request.path.startswith("/admin/desk/") else By.ADMIN
    by = By.API if token is not None else place
    token_name = str(token or "")[:LONGEST]
    return Actor(by, user.pk, user.get_username(), token_name, request.META.get("REMOTE_ADDR"))


def of_command(name: str) -> Actor | None:
    return None if name in UNATTENDED else Actor(By.COMMAND, token=name[:LONGEST])


def set_actor_in_database(
    execute: Callable[..., object], sql: str, params: object, many: bool, context: dict[str, object]
) -> object:
    """Runs before each statement, because rolling back a savepoint resets it. Valid only for the transaction: connections are shared."""
    if _acting.get() is None or not _WRITES.match(sql) or (who := actor()) is None:
        return execute(sql, params, many, context)
    connection = cast("BaseDatabaseWrapper", context["connection"])
    with transaction.atomic(using=connection.alias):
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('voipcrm.actor', %s, true)", [json.dumps(asdict(who))])
        return execute(sql, params, many, context)


def watch(*_args: object, connection: BaseDatabaseWrapper, **_more: object) -> None:
    """Installed on each new connection, as the first wrapper: temporary wrappers are removed from the end."""
    if set_actor_in_database not in connection.execute_wrappers:
        connection.execute_wrappers.insert(0, set_actor_in_database)


def watch_all() -> None:
    for opened in connections.all(initialized_only=True):
        watch(connection=opened)
