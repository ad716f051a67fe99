"""What every test stands on: no network but the loopback, and actors by name.

Alice may do everything with the API, Bob may only read, Charlie has a token and no rights.
"""

import ipaddress
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from voipcrm.models import ApiToken

_connect = socket.socket.connect


def pytest_xdist_auto_num_workers() -> int:
    """Three for two cores: much of the time tests wait, for telephones, pages and processes."""
    return max(1, (os.cpu_count() or 1) * 3 // 2)


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not ipaddress.ip_address(address[0]).is_loopback:
            raise AssertionError(f"a test tried to reach {address[0]}")
        _connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    settings.WHITENOISE_AUTOREFRESH = settings.WHITENOISE_USE_FINDERS = True  # static files straight from the sources
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def no_jobs_left(request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The tables of jobs are not Django's own, so a test that commits would leave them filled."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if marker is not None and marker.kwargs.get("transaction"):
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_events, procrastinate_periodic_defers")


def _client(user: User) -> APIClient:
    _token, secret = ApiToken.objects.issue(user, name="test")
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def _rights(*verbs: str) -> list[Permission]:
    apps = ("calls", "sips", "widgets", "autocalls")
    return [
        right
        for right in Permission.objects.filter(content_type__app_label__in=apps)
        if right.codename.split("_")[0] in verbs
    ]


@pytest.fixture
def alice(db: None) -> APIClient:
    user = User.objects.create_user("alice")
    user.user_permissions.set(_rights("view", "add", "change", "delete"))
    return _client(user)


@pytest.fixture
def bob(db: None) -> APIClient:
    user = User.objects.create_user("bob")
    user.user_permissions.set(_rights("view"))
    return _client(user)


@pytest.fixture
def charlie(db: None) -> APIClient:
    return _client(User.objects.create_user("charlie"))


@pytest.fixture
def stranger() -> APIClient:
    return APIClient()


@pytest.fixture
def product(db: None, plain_static_files: None) -> Iterator[Callable[..., Any]]:
    """The WSGI application as the server loads it, inside the test's transaction.

    The test client makes requests of its own and therefore knows nothing of what `voipcrm.wsgi` changes in them.
    """
    from voipcrm.wsgi import application  # noqa: PLC0415 - its middleware reads the settings of the tests

    for signal in (request_started, request_finished):  # else a served request would close the test's connection
        signal.disconnect(close_old_connections)
    yield application
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
