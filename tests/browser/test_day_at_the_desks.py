"""A whole day: sixty calls at two operators' desks, who have a line each and one in common."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from statistics import median
from typing import Any

import make
import pytest
from browser.visit import Visit
from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer
from roles import in_role
from staff import sign_in

from calls.models import Call
from calls.statuses import Kind, Status
from integrations.management.commands.simulated_provider import deliver
from integrations.outbound import dialing
from integrations.outbound.addresses import parse_allowed
from integrations.providers.simulator import tell_story
from integrations.simulated_provider import serve
from sips.models import Sip
from voipcrm.desk import pulse

pytestmark = pytest.mark.django_db(transaction=True)

RESULTS = (Status.NO_ANSWER, Status.ANSWERED, Status.BUSY)
IN_VAIN = "03"
"""The simulated operator lets a number with this end ring for ever."""
WATCH = """
const plainFetch = window.fetch;
window.polls = []; window.seen = {};
window.fetch = (address, options) => {
    if (String(address).includes("/desk/changes")) polls.push(Date.now());
    return plainFetch(address, options);
};
new MutationObserver(() => {
    for (const row of document.querySelectorAll("[data-rings]")) seen[row.dataset.rings] ??= [Date.now(), polls.at(-1)];
}).observe(document, { childList: true, subtree: true });
"""


@dataclass
class Operator:
    user: User
    line: Sip
    visit: Visit

    @property
    def page(self) -> Any:
        return self.visit.page

    def listed(self) -> list[str]:
        rows = self.page.locator("[data-entry]")
        return [str(number) for number in rows.evaluate_all("rows => rows.map((row) => row.dataset.entry)")]

    def click_call(self, number: str) -> None:
        """Twice, as people do."""
        self.page.evaluate(
            """number => {
                const button = document.querySelector(`[data-entry="${number}"] button[value=call]`);
                button.click();
                button.click();
            }""",
            number,
        )

    def is_answered_about(self, number: str) -> None:
        shown = f"{number[:3]} {number[3:6]} {number[6:9]} {number[9:]}"
        expect(self.page.locator("#desk-caller-title")).to_contain_text(shown)


@pytest.fixture
def provider_url(settings: Any, live_server: LiveServer) -> Iterator[str]:
    settings.OUTBOUND_ALLOWED = parse_allowed(["127.0.0.1"])
    settings.PUBLIC_URL = live_server.url
    with serve(0, deliver, time_factor=0) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join(5)


@pytest.fixture
def office(provider_url: str) -> tuple[Sip, Sip, Sip]:
    voip = make.voip(provider="simulator", number="+48221234500", api_url=provider_url)
    anna, ewa, both = (
        make.sip(voip=voip, sip=sip, name=name) for sip, name in (("101", "Anna"), ("102", "Ewa"), ("100", "Both"))
    )
    return anna, ewa, both


@pytest.fixture
def operators(office: tuple[Sip, Sip, Sip], browser: Browser, live_server: LiveServer) -> Iterator[list[Operator]]:
    pulse.forget()
    found = []
    for name, line in zip(("anna", "ewa"), office, strict=False):
        user = in_role("Operator", line, office[2], username=name)
        context = browser.new_context(locale="en-GB", timezone_id="Europe/Warsaw")
        context.set_default_timeout(60_000)
        session = sign_in(user).cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
        context.add_init_script(WATCH)
        visit = Visit(context.new_page(), context, hears=False)
        visit.page.goto(f"{live_server.url}/admin/desk/", wait_until="load")
        visit.page.locator("#desk-line").select_option(str(line.pk))
        found.append(Operator(user, line, visit))
    yield found
    for operator in found:
        problems = list(operator.visit.problems)  # a request that closing breaks off is none
        operator.visit.context.close()
        assert problems == []


def ring(line: Sip, place: int) -> tuple[str, list[bytes]]:
    """A call comes in. Its number, and what is still to be told of it."""
    end = IN_VAIN if place in (0, 9) else f"{50 + place}"
    number = f"+48601{int(line.sip):03}0{end}"
    assert line.voip is not None
    story = tell_story(
        call_id=f"in-{line.sip}-{place}", started_at=timezone.now(), number_from=number, number_to=line.voip.number,
        line=line.sip, kind=Kind.INCOMING, result=RESULTS[place % 3], ring_seconds=2, talk_seconds=1,
    )  # fmt: skip
    for body in story[:2]:
        deliver(line.voip.webhook_url, body)
    return number, story[2:]


def wait_until_seen(operator: Operator, numbers: list[str]) -> dict[str, Any]:
    operator.page.wait_for_function(
        "numbers => numbers.every((number) => number in window.seen)", arg=numbers, timeout=60_000
    )
    return dict(operator.page.evaluate("() => window.seen"))


def polls_missed(operator: Operator, stored: float, brought: float) -> int:
    """Questions asked after the call could be told, and before the one that brought it."""
    polls = operator.page.evaluate("() => window.polls")
    return sum(stored + pulse.SHARED_FOR * 1000 < at < brought for at in polls)


def incoming(operators: list[Operator], office: tuple[Sip, Sip, Sip]) -> list[float]:
    """Thirty-six calls, six ringing at a time. Seconds until each was on the screen of each whose telephone rang."""
    waits = []
    for batch in range(6):
        ringing = {}
        for line, place in ((line, 2 * batch + more) for line in office for more in range(2)):
            number, rest = ring(line, place)
            ringing[number] = line, timezone.now().timestamp() * 1000, rest
        for operator in operators:
            mine = [number for number, (line, *_rest) in ringing.items() if line in (operator.line, office[2])]
            seen = wait_until_seen(operator, mine)
            assert not (set(ringing) - set(mine)) & set(seen), "somebody else's call was shown"
            for number in mine:
                at, brought = seen[number]
                assert polls_missed(operator, ringing[number][1], brought) == 0, number
                waits.append((at - ringing[number][1]) / 1000)
        for line, _stored, rest in ringing.values():
            for body in rest:
                deliver(line.voip.webhook_url, body)  # type: ignore[union-attr]  # all have one
    return waits


def unreturned(operator: Operator) -> set[str]:
    return set(Call.objects.visible_to(operator.user).unreturned().values_list("customer_number", flat=True))


def outgoing(operators: list[Operator], office: tuple[Sip, Sip, Sip]) -> None:
    """Sixteen missed calls are returned, those of the common line by both at once; eight numbers are typed."""
    common = {number for number in unreturned(operators[0]) if "601100" in number}
    for operator in operators:
        for number in sorted(unreturned(operator) - common)[:5]:
            expect(operator.page.locator(f'[data-entry="{number}"]')).to_have_count(1)
            operator.click_call(number)
            operator.is_answered_about(number)
            dial_what_waits()
    for number in sorted(common)[:6]:
        for operator in operators:
            expect(operator.page.locator(f'[data-entry="{number}"] button[value=call]')).to_have_count(1)
        for operator in operators:
            operator.click_call(number)
        for operator in operators:
            operator.is_answered_about(number)
        dial_what_waits()
    for place, operator in enumerate(chain(*[operators] * 4)):
        operator.page.locator("#desk-number").fill(f"601 900 1{place}1")
        operator.page.locator("#desk-number").press("Enter")
        operator.is_answered_about(f"+486019001{place}1")
        dial_what_waits()


def dial_what_waits() -> None:
    """As the worker would."""
    for call in Call.objects.filter(status=Status.QUEUED).exclude(reference=""):
        dialing.dial(call.pk)


def test_a_day_at_two_desks(operators: list[Operator], office: tuple[Sip, Sip, Sip], record_property: Any) -> None:
    waits = incoming(operators, office)
    outgoing(operators, office)

    called = list(Call.objects.filter(kind=Kind.OUTGOING).values_list("number_to", flat=True))
    assert len(called) == len(set(called)) == 24, "a number was dialed twice"
    assert Call.objects.count() == 60
    for operator in operators:
        waiting = unreturned(operator)
        assert waiting
        expect(operator.page.locator("[data-entry]")).to_have_count(len(waiting))
        expect(operator.page.locator("[data-call]")).to_have_count(0)
        assert sorted(operator.listed()) == sorted(waiting)
        expect(operator.page.locator("#desk-entries")).to_contain_text("Called back in vain")
    found = {"calls": len(waits), "median": round(median(waits), 2), "slowest": round(max(waits), 2)}
    record_property("seconds_to_the_screen", json.dumps(found))
    print(f"\nincoming calls on screens: {found}")  # noqa: T201 - measured, for who asks for it with -s
