"""Failing to log in, again and again."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt, AccessLog
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from voipcrm import logins

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"


@pytest.fixture
def admin() -> User:
    return User.objects.create_superuser("admin", password=PASSWORD)


def log_in(name: str, password: str = "wrong", *, address: str = "192.0.2.1", **more: Any) -> int:
    """The status of the answer: 200 the form again, 302 logged in, 429 locked out."""
    given = {"username": name, "password": password, **more}
    return Client(REMOTE_ADDR=address).post("/admin/login/?next=/admin/", given).status_code


def rows() -> list[dict[str, Any]]:
    return list(AccessAttempt.objects.order_by("id").values())


def test_nothing_that_was_sent_is_kept_but_the_address() -> None:
    client = Client(REMOTE_ADDR="192.0.2.1", HTTP_USER_AGENT="609555444", HTTP_ACCEPT="609555444")
    client.post("/admin/login/?q=609555444", {"username": "609555444", "password": "609555444", "x": "609555444"})

    [row] = rows()
    assert "609555444" not in str(row)
    assert (row["ip_address"], row["get_data"], row["post_data"]) == ("192.0.2.1", "", "")


def test_a_name_is_locked_out_where_it_failed_and_nowhere_else(admin: User) -> None:
    told = [log_in("admin") for _ in range(logins.MOST_OF_A_NAME)]

    assert told == [200] * (logins.MOST_OF_A_NAME - 1) + [429]
    assert log_in("admin", PASSWORD) == 429
    assert log_in("admin", PASSWORD, address="192.0.2.2") == 302


def test_attempts_while_locked_out_are_not_stored(admin: User) -> None:
    for _ in range(logins.MOST_OF_A_NAME):
        log_in("admin")
    before = rows()

    assert [log_in("admin", note="x" * 10_000) for _ in range(5)] == [429] * 5
    assert rows() == before


def test_an_address_is_locked_out_whatever_names_it_tries(admin: User) -> None:
    for number in range(logins.MOST_OF_AN_ADDRESS):
        log_in(f"name-{number}")
    kept = AccessAttempt.objects.count()

    assert log_in("another", "wrong") == 429
    assert log_in("admin", PASSWORD) == 429
    assert AccessAttempt.objects.count() == kept == logins.MOST_OF_AN_ADDRESS
    assert log_in("admin", PASSWORD, address="192.0.2.2") == 302


def test_the_addresses_of_one_customer_are_one() -> None:
    for number in range(logins.MOST_OF_AN_ADDRESS):
        log_in(f"name-{number}", address=f"2001:db8::{number + 1:x}")

    assert log_in("another", address="2001:db8::ffff") == 429
    assert log_in("another", address="2001:db8:0:1::1") == 200


def test_a_lock_ends_however_often_it_was_tried_meanwhile(admin: User) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(logins.MOST_OF_A_NAME):
            log_in("admin")
        clock.shift(logins.WINDOW - timedelta(seconds=1))
        assert log_in("admin", PASSWORD) == 429
        clock.shift(timedelta(seconds=2))

        assert log_in("admin", PASSWORD) == 302


def test_failures_of_another_day_are_not_counted_on(admin: User) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        for _ in range(logins.MOST_OF_A_NAME - 1):
            log_in("admin")
        clock.shift(timedelta(days=1))

        assert [log_in("admin"), log_in("admin")] == [200, 200]


@pytest.mark.parametrize(
    "name", ["x" * 151, "x" * 256, "x" * 70_000, "ż" * 255, "", " ", "\ud83d\ude00" * 90, "a\x00b"]
)
def test_any_name_is_answered_with_the_form(name: str) -> None:
    name = name.encode("utf-16", "surrogatepass").decode("utf-16")

    assert log_in(name) == 200


def test_logging_in_leaves_no_log_of_addresses(admin: User) -> None:
    assert log_in("admin", PASSWORD) == 302
    assert not AccessLog.objects.exists()


def test_old_failures_and_expired_sessions_are_forgotten(admin: User) -> None:
    log_in("admin", address="192.0.2.9")
    AccessLog.objects.create(username="admin", user_agent="Kept by an older version", ip_address="192.0.2.1")
    log_in("admin", PASSWORD)
    with time_machine.travel(timezone.now() + timedelta(days=15)):
        log_in("admin")
        log_in("admin", PASSWORD)

        assert logins.forget() == 2
        assert (AccessAttempt.objects.count(), AccessLog.objects.count(), Session.objects.count()) == (1, 0, 1)
