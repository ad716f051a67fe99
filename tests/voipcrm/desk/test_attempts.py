"""Nobody is called by two people."""

from datetime import timedelta
from typing import Any

import make
import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from staff import superuser, told

from calls.models import Call

pytestmark = pytest.mark.django_db
NUMBER = "+48501502503"


def call(kind: str, status: str, *, minutes: int, **fields: Any) -> Call:
    side = "number_from" if kind == "incoming" else "number_to"
    start = timezone.now() - timedelta(minutes=minutes)
    return make.call(
        **{"kind": kind, "status": status, side: NUMBER, "customer_number": NUMBER, "start_time": start} | fields
    )


def text(client: Client) -> str:
    return told(client.get("/admin/desk/").content.decode())


def test_an_attempt_to_call_back_is_told_until_the_customer_calls_again() -> None:
    call("incoming", "NO ANSWER", minutes=10)
    call("outgoing", "BUSY", minutes=5)
    client = superuser()

    assert "Called back in vain at" in text(client)
    assert "(busy)" in text(client)
    call("incoming", "NO ANSWER", minutes=1)
    assert "Called back in vain" not in text(client)


def test_a_number_with_which_a_call_is_going_on_has_no_button_to_call_it() -> None:
    call("incoming", "NO ANSWER", minutes=10)
    call("outgoing", "RINGING", minutes=0, precedence=30)

    page = superuser().get("/admin/desk/").content.decode()

    assert "A call with this number is going on" in told(page)
    assert page.count('name="verb" value="call"') == 1  # the dial field's


@pytest.mark.parametrize(("status", "dialed"), [("RINGING", False), ("IN PROGRESS", True)])
def test_a_typed_number_that_a_colleague_is_calling_is_not_called_as_well(status: str, dialed: bool) -> None:
    call("outgoing", status, minutes=0, precedence=30)
    client = superuser()
    line = make.sip()
    make.staff_line(User.objects.get(), line)

    answer = client.post("/admin/desk/dial", {"number": "501 502 503", "line": line.pk}, follow=True)

    assert ("This number is being called just now." in told(answer.content.decode())) is not dialed
    assert Call.objects.filter(status="QUEUED").exists() is dialed
