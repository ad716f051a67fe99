import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import make
import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from staff import sign_in, staff, superuser, told

from autocalls.models import Attempt, AttemptOutcome
from sips.models import Sip, Voip
from widgets.models import Widget

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 3, 2, 11, tzinfo=UTC)
ANNA, BEN = "+48501502503", "+48601602603"


@pytest.fixture(autouse=True)
def monday() -> Any:
    with time_machine.travel(NOON + timedelta(hours=3), tick=False):
        yield


@pytest.fixture
def day() -> None:
    voip = make.voip()
    line, widget = make.sip(voip=voip, name="Reception"), make.widget(voip=voip)
    missed = {"kind": "incoming", "status": "BUSY", "reason": "operator_busy", "sip": line, "voip": voip}
    make.call(customer_number=ANNA, start_time=NOON, **missed)
    make.call(customer_number=BEN, start_time=NOON, **missed)
    talk = {
        "status": "ANSWERED",
        "customer_number": ANNA,
        "duration": 75,
        "voip": voip,
        "start_time": NOON + timedelta(minutes=9),
    }
    call = make.call(kind="outgoing", **talk)
    make.call(kind="incoming", answered_at=NOON + timedelta(minutes=9, seconds=8), **talk)
    row = make.autocall(widget=widget)
    Attempt.objects.create(autocall=row, number=1, call=call, outcome=AttemptOutcome.ANSWERED)


def links(html: str) -> dict[str, int]:
    """Of every figure that is a count and leads to a list: the address and the count."""
    found = re.findall(r'<a href="([^"]*changelist[^"]*|/admin/[^"]*\?[^"]*)"[^>]*>(.*?)</a>', html, re.DOTALL)
    counts = {}
    for address, content in found:
        words = told(content).split()
        if words and words[0].isdigit():
            counts[unescape(address)] = int(words[0])
    return counts


def listed(client: Client, address: str) -> int:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return int(answer.context["cl"].result_count)


@pytest.mark.usefixtures("day")
def test_every_figure_leads_to_exactly_its_rows() -> None:
    client = superuser()
    page = client.get("/admin/figures/?period=today")

    counts = links(page.content.decode())

    shown = {address: count for address, count in counts.items() if count or "weekday" not in address}
    assert len(shown) > 25
    assert shown == {address: listed(client, address) for address in shown}


@pytest.mark.usefixtures("day")
@pytest.mark.parametrize("name", ["voip_id", "sip_id", "widget_id"])
def test_a_narrowed_figure_leads_to_narrowed_rows(name: str) -> None:
    client = superuser()
    chosen = {"voip_id": Voip, "sip_id": Sip, "widget_id": Widget}[name]._default_manager.first()
    assert chosen is not None

    counts = links(
        client.get("/admin/figures/", {"period": "today", name: str(chosen.pk), "from": ""}).content.decode()
    )

    first = dict(list(counts.items())[:6])
    assert first == {address: listed(client, address) for address in first}
    assert f"{name}={chosen.pk}" in next(iter(first))


@pytest.mark.usefixtures("day")
def test_the_page_tells_the_day() -> None:
    words = told(superuser().get("/admin/figures/?period=today").content.decode())

    for sentence in (
        "1 Missed and not returned",
        "33% Answer rate",
        "0:08 Time to answer, median",
        "Busy: the operator was busy 2",
    ):
        assert sentence in words


def test_what_cannot_be_read_is_told_and_the_page_is_shown() -> None:
    answer = superuser().get("/admin/figures/?from=never")

    assert answer.status_code == 200
    assert "from: Give a day such as 2026-11-01" in told(answer.content.decode())


def test_a_condition_that_cannot_be_read_finds_nothing() -> None:
    make.call()
    answer = superuser().get("/admin/calls/call/?weekday=9")

    assert answer.context["cl"].result_count == 0
    assert "weekday:" in told(answer.content.decode())


@pytest.mark.usefixtures("day")
@pytest.mark.parametrize(
    ("right", "seen", "unseen"),
    [
        ("calls.view_call", "By hour of the week", "Asked for"),
        ("autocalls.view_autocall", "Asked for", "By hour of the week"),
    ],
)
def test_each_part_is_shown_to_who_may_see_its_list(right: str, seen: str, unseen: str) -> None:
    words = told(staff(right).get("/admin/figures/?period=today").content.decode())

    assert seen in words
    assert unseen not in words


def test_nobody_else_sees_figures() -> None:
    clerk = sign_in(User.objects.create_user("nobody", is_staff=True))

    assert clerk.get("/admin/figures/").status_code == 403
    assert Client().get("/admin/figures/").status_code == 302
