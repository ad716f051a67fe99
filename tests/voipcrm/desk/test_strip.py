"""The supervisors' strip: every figure is the length of the list to which it leads."""

import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import make
import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from roles import in_role
from staff import sign_in, told

from calls.models import Call
from sips.models import Sip

pytestmark = pytest.mark.django_db
NOW = datetime.fromisoformat("2026-11-26T12:00:00+00:00")


@pytest.fixture(autouse=True)
def clock() -> Any:
    with time_machine.travel(NOW, tick=False) as clock, timezone.override("Europe/Warsaw"):
        yield clock


def call(line: Sip, *, days: int = 0, minutes: int = 30, wait: int | None = None, **fields: Any) -> Call:
    """Of so long ago; answered after so many seconds, or missed."""
    start = NOW - timedelta(days=days, minutes=minutes)
    number = f"+4850150{Call.objects.count():04}"
    answered = {} if wait is None else {"answered_at": start + timedelta(seconds=wait), "duration": 60}
    made = {"kind": "incoming", "status": "NO ANSWER" if wait is None else "ANSWERED", "precedence": 80}
    return make.call(
        **made
        | answered
        | {"start_time": start, "sip": line, "number_from": number, "customer_number": number}
        | fields
    )


@pytest.fixture
def client() -> Client:
    line = make.sip(name="Reception")
    for wait in (4, 9, 20, None):
        call(line, wait=wait)
    for week in (1, 2, 3, 4):
        call(line, days=7 * week, wait=6)
        call(line, days=7 * week + 1)
    call(line, days=7)
    return sign_in(in_role("Supervisor"))


def strip_of(client: Client) -> str:
    html = client.get("/admin/desk/").content.decode()
    return html[html.index('id="desk-strip"') : html.index('id="desk-tabs"')]


def test_todays_figures_stand_beside_those_of_the_usual_weekday(client: Client) -> None:
    shown = told(strip_of(client))

    assert "Incoming 4 Thursday, usually: 1" in shown
    assert "Answered 75% of 4 Thursday, usually: 80%" in shown
    assert "Time to answer, median 9 s Thursday, usually: 6 s" in shown
    assert "Missed and not returned 1 Thursday, usually: 0" in shown
    assert "100 Reception 4 3 1" in shown


def test_each_figure_leads_to_the_calls_that_it_counts(client: Client) -> None:
    links = re.findall(r'<a href="(/admin/calls/call/\?[^"]*)"[^>]*>(\d+)</a>', strip_of(client))

    todays = [(unescape(link), int(figure)) for link, figure in links if "weekday" not in link]

    assert len(todays) == 6
    for link, figure in todays:
        assert client.get(link).context["cl"].result_count == figure, link


def test_what_is_usual_leads_to_the_days_it_was_taken_from(client: Client) -> None:
    links = re.findall(r'<a href="(/admin/calls/call/\?[^"]*weekday[^"]*)"', strip_of(client))

    counts = [client.get(unescape(link)).context["cl"].result_count for link in links]

    assert counts == [5, 4, 4, 1]


@pytest.mark.parametrize("role", ["Operator", "Administrator"])
def test_the_strip_is_for_supervisors(role: str) -> None:
    shown = 'class="desk-strip"' in sign_in(in_role(role)).get("/admin/desk/").content.decode()

    assert shown is (role == "Administrator")


def test_an_empty_day_has_no_rates() -> None:
    shown = told(strip_of(sign_in(in_role("Supervisor"))))

    assert "Answered – of 0 Thursday, usually: –" in shown
