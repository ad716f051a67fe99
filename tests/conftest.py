"""What every test stands on: no network but the loopback, and actors by name.

Alice may do everything with the API, Bob may only read, Charlie has a token and no rights.
"""

import ipaddress
import os
import socket
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import emptying
import order
import pytest
from django.contrib.auth.models import Permission, User
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, connection
from django.test import TransactionTestCase
from django.utils import translation
from pytest_django import DjangoDbBlocker
from rest_framework.test import APIClient

from voipcrm import embedded_postgres
from voipcrm.models import ApiToken

_connect = socket.socket.connect


def pytest_xdist_auto_num_workers() -> int:
    """Three for two cores: much of the time tests wait, for telephones, pages and processes."""
    return max(1, (os.cpu_count() or 1) * 3 // 2)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=order.rank)


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and not ipaddress.ip_address(address[0]).is_loopback:
            raise AssertionError(f"a test tried to reach {address[0]}")
        _connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture(autouse=True)
def in_english() -> None:
    """A request in another language leaves its thread in that language until the next request."""
    translation.activate("en")


@pytest.fixture(scope="session", autouse=True)
def _emptied_quickly() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", emptying.empty)
        yield


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """The tests' own server is started before a connection would start it, so that it does not wait for the disk."""
    if folder := connection.settings_dict.get("EMBEDDED_IN"):
        with mock.patch.dict(embedded_postgres.SETTINGS, fsync="off", full_page_writes="off"):
            embedded_postgres.ensure_running(folder)


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        emptying.remember()
    yield
    with django_db_blocker.unblock():
        emptying.send_home()


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
def product(db: None) -> Iterator[Callable[..., Any]]:
    """The WSGI application as the server loads it, inside the test's transaction.

    The test client makes requests of its own and therefore knows nothing of what `voipcrm.wsgi` changes in them.
    """
    from voipcrm.wsgi import application  # noqa: PLC0415 - its middleware reads the settings of the tests

    for signal in (request_started, request_finished):  # else a served request would close the test's connection
        signal.disconnect(close_old_connections)
    yield application
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)
