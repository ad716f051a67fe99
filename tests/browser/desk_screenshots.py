"""The pictures of the operators' desk in the documents, always of the same moment:

    .venv/bin/python -m pytest tests/browser/desk_screenshots.py

No test by its name, so that it runs only when it is asked for.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import make
import pytest
import time_machine
from django.conf import settings
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer
from roles import in_role
from staff import sign_in

from calls.models import Call
from sips.models import Sip
from voipcrm.desk import faults, parts, pulse, strip

pytestmark = pytest.mark.django_db(transaction=True)

IMAGES = Path(__file__).parents[2] / "docs" / "images"
NOW = datetime(2026, 3, 10, 9, 5, tzinfo=UTC)
DESKTOP, TELEPHONE = {"width": 1440, "height": 860}, {"width": 390, "height": 844}
CUSTOMER = "+48501502503"
WORDS = {
    "en": (
        ("Sold", "Wants an offer", "No interest"),
        "Wants two lamps for the hall, and asks when they can be delivered.",
    ),
    "pl": (
        ("Sprzedaż", "Prosi o ofertę", "Bez zainteresowania"),
        "Chce dwie lampy do przedpokoju i pyta o termin dostawy.",
    ),
}


@pytest.fixture(autouse=True)
def moment() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        for shared in (pulse, parts, strip, faults):
            shared.forget()
        yield


def ago(minutes: int) -> datetime:
    return NOW - timedelta(minutes=minutes)


def call(line: Sip, number: str, status: str, minutes: int, *, kind: str = "incoming", **fields: Any) -> Call:
    side = "number_from" if kind == "incoming" else "number_to"
    made = {"kind": kind, "status": status, "precedence": 80, side: number, "customer_number": number}
    return make.call(**made | {"sip": line, "voip": line.voip, "start_time": ago(minutes)} | fields)


@pytest.fixture
def lines() -> tuple[Sip, Sip]:
    voip = make.voip(name="Warsaw office", provider="simulator", number="+48221234500", api_url="http://127.0.0.1:8001")
    return make.sip(voip=voip, sip="101", name="Anna Nowak"), make.sip(voip=voip, sip="102", name="Piotr Zieliński")


def fill(lines: tuple[Sip, Sip], language: str) -> None:
    anna, piotr = lines
    outcomes, note = WORDS[language]
    for name in outcomes:
        make.outcome(name)
    talk = call(anna, CUSTOMER, "ANSWERED", 1500, answered_at=ago(1499), duration=184, client_id=1007)
    make.note(call=talk, text=note, created_at=ago(1490))
    call(anna, CUSTOMER, "RINGING", 0, precedence=30)
    call(piotr, "+48602135855", "IN PROGRESS", 6, kind="outgoing", precedence=40, answered_at=ago(5))
    for minutes in (12, 41, 69):
        call(anna, "+48693127936", "NO ANSWER", minutes)
    call(anna, "+48693127936", "BUSY", 8, kind="outgoing")
    call(anna, "+48733222964", "NO ANSWER", 95)
    make.autocall(number="+48601143774", name="Zofia Bąk", voip=anna.voip, sip=anna, call_at=ago(50))
    make.autocall(
        number=CUSTOMER,
        name="Marek Lis",
        voip=anna.voip,
        sip=anna,
        status="done",
        call_at=ago(2000),
        finished_at=ago(1990),
    )
    make.follow_up(number="+48501151693", voip=anna.voip, state="taken", assignee_id=None, taken_at=ago(20))


def fill_weeks(lines: tuple[Sip, Sip]) -> None:
    """Today's calls, and those of the same weekday in the four weeks before."""
    for place in range(9):
        call(
            lines[place % 2],
            f"+4850190000{place}",
            "ANSWERED",
            30 + place,
            answered_at=ago(30 + place) + timedelta(seconds=4 + place),
            duration=90,
        )
    for week in (1, 2, 3, 4):
        for place in range(11):
            minutes = week * 7 * 24 * 60 + place
            call(
                lines[place % 2],
                f"+4850180000{place % 10}",
                "ANSWERED",
                minutes,
                answered_at=ago(minutes) + timedelta(seconds=9),
                duration=90,
            )


@pytest.mark.parametrize("language", ["en", "pl"])
@pytest.mark.parametrize(
    ("name", "role", "path", "scheme", "size"),
    [
        ("desk", "Operator", f"?number=%2B{CUSTOMER[1:]}", "light", DESKTOP),
        ("desk-supervisor", "Supervisor", "", "light", DESKTOP),
        ("desk-phone", "Operator", "#desk-to-do", "light", TELEPHONE),
    ],
)  # fmt: skip
def test_the_desk(
    browser: Browser,
    live_server: LiveServer,
    lines: tuple[Sip, Sip],
    language: str,
    name: str,
    role: str,
    path: str,
    scheme: Any,
    size: Any,
) -> None:
    user = in_role(role, *lines[:1] if role == "Operator" else (), username="anna")
    fill(lines, language)
    fill_weeks(lines)
    context = browser.new_context(
        locale=language, timezone_id="Europe/Warsaw", color_scheme=scheme, viewport=size, reduced_motion="reduce"
    )
    session = sign_in(user, language=language).cookies[settings.SESSION_COOKIE_NAME].value
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
    context.clock.set_fixed_time(NOW + timedelta(seconds=7))
    page = context.new_page()
    page.goto(f"{live_server.url}/admin/desk/{path}", wait_until="networkidle")
    expect(page.locator("[data-entry]").first).to_be_attached()
    page.evaluate("document.activeElement.blur()")

    page.screenshot(path=IMAGES / f"{name}-{language}.png", caret="hide")
    context.close()
